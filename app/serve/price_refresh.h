#pragma once

#include "base/assert.h"
#include "base/clock.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/refresh.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>

namespace pulse::app {

/// Where newer prices come from. Off with an empty URL.
struct PriceRefreshSettings {
    std::string url;
    pricing::RefreshRules rules;
    std::filesystem::path kept;  ///< the last good catalogue, for the next start
};

/// What is known of the prices' age.
struct PriceRefreshMetrics {
    bool is_on = false;
    std::array<std::uint64_t, 5> results{};  ///< by pricing::FetchResult
    double age_seconds = 0;                  ///< since they were last fetched or found unchanged
    double failing_seconds = 0;              ///< since the first of the failures in a row; 0: none
    bool is_stale = false;
};

/// Fetches a price catalogue now and then on a thread of its own: every attempt is logged, a
/// broken, shrunken or jumping one changes nothing, and old prices stay in force whatever happens.
/// No request waits for it. Thread-safe.
class PriceRefresh {
public:
    /// False when the prices cannot be used: then they count as not fetched.
    using OnCatalog = std::function<bool(const std::shared_ptr<const pricing::Catalog>&)>;

    /// `current` are the prices in force; a catalogue that goes live is given to `on_catalog` on
    /// the thread.
    PriceRefresh(
        PriceRefreshSettings settings,
        std::shared_ptr<const pricing::Catalog> current,
        OnCatalog on_catalog);
    ~PriceRefresh();
    PriceRefresh(const PriceRefresh&) = delete;
    PriceRefresh& operator=(const PriceRefresh&) = delete;

    [[nodiscard]] PriceRefreshMetrics metrics() const;
    /// Ends the thread; what is known stays.
    void stop();

private:
    void run();
    void refresh();
    [[nodiscard]] pricing::FetchResult attempt();
    [[nodiscard]] pricing::FetchResult take(const std::string& body);
    void note(pricing::FetchResult result);
    /// False when the process ends.
    [[nodiscard]] bool wait(std::chrono::milliseconds time);

    PriceRefreshSettings settings_;
    OnCatalog on_catalog_;
    // Of the thread alone.
    std::shared_ptr<const pricing::Catalog> current_;
    std::shared_ptr<const pricing::Catalog>
        fetched_;  ///< the last one that came, before history was added
    std::string etag_;
    std::mt19937 dice_{std::random_device{}()};

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    PriceRefreshMetrics metrics_ PULSE_GUARDED_BY(mutex_);
    TimePoint success_ PULSE_GUARDED_BY(mutex_);
    std::optional<TimePoint> failing_since_ PULSE_GUARDED_BY(mutex_);
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

/// The prices that a start begins with: those that an earlier refresh kept, else the program's own.
/// A kept file that cannot be read is logged and passed over.
[[nodiscard]] std::shared_ptr<const pricing::Catalog> starting_catalog(
    const PriceRefreshSettings& settings);

}  // namespace pulse::app
