#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/assert.h"
#include "base/money.h"
#include "base/usage.h"

namespace pulse::gateway {

/// A counter that one worker writes and the scrape thread reads: no locked instruction.
class Cell {
public:
    void add(std::uint64_t by = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t by = 1) {
        value_.store(value_.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Upper bounds in microseconds, the last bucket is +Inf.
template <std::size_t N>
class HistogramCells {
public:
    explicit HistogramCells(const std::array<std::int64_t, N>& bounds_us) : bounds_us_(bounds_us) {}
    void observe(std::int64_t us) {
        std::size_t i = 0;
        while (i < N && us > bounds_us_[i]) {
            ++i;
        }
        counts_[i].add();
        sum_us_.add(us > 0 ? static_cast<std::uint64_t>(us) : 0);
    }
    [[nodiscard]] const std::array<std::int64_t, N>& bounds_us() const { return bounds_us_; }
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return counts_[bucket].value(); }
    [[nodiscard]] std::uint64_t sum_us() const { return sum_us_.value(); }

private:
    const std::array<std::int64_t, N>& bounds_us_;
    std::array<Cell, N + 1> counts_;
    Cell sum_us_;
};

inline constexpr std::array<std::int64_t, 12> kDurationBoundsUs{
    5'000, 25'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000, 300'000'000};
inline constexpr std::array<std::int64_t, 10> kOverheadBoundsUs{
    25, 50, 100, 200, 500, 1'000, 2'500, 10'000, 50'000, 250'000};
inline constexpr std::array<std::int64_t, 10> kPerTokenBoundsUs{
    1'000, 2'500, 5'000, 10'000, 20'000, 40'000, 80'000, 150'000, 400'000, 1'000'000};

/// One provider and model.
struct ModelCells {
    std::string provider;
    std::string model;
    std::array<Cell, 6> tokens;  ///< kTokenClassNames
    Cell cost_pico;
    Cell unpriced;
    HistogramCells<12> duration{kDurationBoundsUs};
    HistogramCells<12> first_token{kDurationBoundsUs};
    HistogramCells<10> per_token{kPerTokenBoundsUs};
};
inline constexpr std::array<std::string_view, 6> kTokenClassNames{
    "input_uncached", "cached_read", "cache_write", "output", "reasoning", "input_audio_extra"};

/// One status of one provider and model.
struct StatusCells {
    std::string dialect;
    std::string provider;
    std::string model;
    int status = 0;
    Cell requests;
};

/// One worker's numbers. Written by the worker, read by the scrape thread under `mutex`, which the worker takes only when a
/// label set is new. Label values are providers of the configuration and models of the catalogue, never a caller's text.
class WorkerMetrics {
public:
    [[nodiscard]] ModelCells& model(std::string_view provider, std::string_view model);
    [[nodiscard]] StatusCells& status(
        std::string_view dialect, std::string_view provider, std::string_view model, int status);
    [[nodiscard]] Cell& denied(std::string_view reason);
    [[nodiscard]] Cell& attempts(std::string_view provider, std::string_view outcome);
    /// Bad input by kind: "bad_head", "not_json", …
    [[nodiscard]] Cell& rejected(std::string_view reason);

    /// Counts a priced answer.
    void add_usage(ModelCells& cells, const Usage& usage, Money cost);

    HistogramCells<10> overhead{kOverheadBoundsUs};
    HistogramCells<10> policy_latency{kOverheadBoundsUs};
    Cell inflight;
    Cell callers_gone;
    Cell spool_refusals;

    /// Calls `visit` for every cell of a kind, for the scrape.
    template <class Visit>
    void visit_models(Visit visit) const {
        const std::scoped_lock lock(mutex_);
        for (const auto& [key, cells] : models_) {
            visit(*cells);
        }
    }
    template <class Visit>
    void visit_statuses(Visit visit) const {
        const std::scoped_lock lock(mutex_);
        for (const auto& [key, cells] : statuses_) {
            visit(*cells);
        }
    }
    /// visit(name, first label, second label, value): "denied" reason; "rejected" reason; "attempts" provider, outcome.
    template <class Visit>
    void visit_named(Visit visit) const {
        const std::scoped_lock lock(mutex_);
        for (const auto& [key, cell] : named_) {
            visit(cell->family, cell->first, cell->second, cell->count.value());
        }
    }

private:
    struct NamedCell {
        std::string family;
        std::string first;
        std::string second;
        Cell count;
    };
    [[nodiscard]] Cell& named(std::string_view family, std::string_view first, std::string_view second);

    mutable std::mutex mutex_;
    // Keyed by a hash of the labels; the labels in the cell decide, a collision gets the next key.
    std::unordered_map<std::uint64_t, std::unique_ptr<ModelCells>> models_ PULSE_GUARDED_BY(mutex_);
    std::unordered_map<std::uint64_t, std::unique_ptr<StatusCells>> statuses_ PULSE_GUARDED_BY(mutex_);
    std::unordered_map<std::uint64_t, std::unique_ptr<NamedCell>> named_ PULSE_GUARDED_BY(mutex_);
};

}  // namespace pulse::gateway
