#include "gateway/metrics/cells.h"

namespace pulse::gateway {

namespace {

[[nodiscard]] std::uint64_t mix(std::uint64_t hash, std::string_view text) {
    return hash * 0x9e3779b97f4a7c15ULL + std::hash<std::string_view>{}(text);
}

[[nodiscard]] std::uint64_t unsigned_of(std::int64_t value) {
    return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

/// The worker alone inserts, so it may look without the lock; readers and inserts are kept apart by it.
template <class Map, class Same, class Make>
[[nodiscard]] auto& find_or_add(Map& map, std::mutex& mutex, std::uint64_t key, Same same, Make make) {
    for (;; ++key) {
        const auto found = map.find(key);
        if (found == map.end()) {
            break;
        }
        if (same(*found->second)) {
            return *found->second;
        }
    }
    auto made = make();
    const std::scoped_lock lock(mutex);
    return *map.emplace(key, std::move(made)).first->second;
}

}  // namespace

ModelCells& WorkerMetrics::model(std::string_view provider, std::string_view model) {
    return find_or_add(
        models_,
        mutex_,
        mix(mix(1, provider), model),
        [&](const ModelCells& cells) { return cells.provider == provider && cells.model == model; },
        [&] {
            auto cells = std::make_unique<ModelCells>();
            cells->provider = provider;
            cells->model = model;
            return cells;
        });
}

StatusCells& WorkerMetrics::status(
    std::string_view dialect, std::string_view provider, std::string_view model, int status) {
    return find_or_add(
        statuses_,
        mutex_,
        mix(mix(mix(2, provider), model), dialect) + static_cast<std::uint64_t>(status),
        [&](const StatusCells& cells) {
            return cells.status == status && cells.provider == provider && cells.model == model &&
                   cells.dialect == dialect;
        },
        [&] {
            auto cells = std::make_unique<StatusCells>();
            cells->dialect = dialect;
            cells->provider = provider;
            cells->model = model;
            cells->status = status;
            return cells;
        });
}

Cell& WorkerMetrics::named(std::string_view family, std::string_view first, std::string_view second) {
    return find_or_add(
               named_,
               mutex_,
               mix(mix(mix(3, family), first), second),
               [&](const NamedCell& cell) {
                   return cell.family == family && cell.first == first && cell.second == second;
               },
               [&] {
                   auto cell = std::make_unique<NamedCell>();
                   cell->family = family;
                   cell->first = first;
                   cell->second = second;
                   return cell;
               })
        .count;
}

Cell& WorkerMetrics::denied(std::string_view reason) { return named("denied", reason, {}); }

Cell& WorkerMetrics::rejected(std::string_view reason) { return named("rejected", reason, {}); }

Cell& WorkerMetrics::attempts(std::string_view provider, std::string_view outcome) {
    return named("attempts", provider, outcome);
}

void WorkerMetrics::add_usage(ModelCells& cells, const Usage& usage, Money cost) {
    const std::array<std::int64_t, 6> counts{
        usage.input_uncached,
        usage.cached_read,
        usage.cache_write_5m + usage.cache_write_1h + usage.cache_write_unsplit,
        usage.output_total,
        usage.of_which_reasoning,
        usage.input_audio_extra};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0) {
            cells.tokens[i].add(unsigned_of(counts[i]));
        }
    }
    if (cost.pico() > 0) {
        cells.cost_pico.add(static_cast<std::uint64_t>(cost.pico()));
    }
}

}  // namespace pulse::gateway
