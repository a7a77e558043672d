#include "app/commands/prices.h"
#include "app/commands/rerate_report.h"
#include "app/serve/prices_in_force.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "gateway/rating.h"
#include "gateway/snapshot.h"
#include "storage/rerating.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pulse::app {

namespace {

/// A page is a transaction: short enough for a gateway that writes beside it.
constexpr std::size_t kPageRows = 500;

[[nodiscard]] Result<TimePoint> parse_time(const char* option, const std::string& text) {
    const auto time = parse_rfc3339(text);
    if (!time) {
        return Error(
            Errc::invalid_request,
            std::string(option) +
                " takes a date (2026-11-01) or a time (2026-11-01T12:00:00Z), not `" + text + "`");
    }
    return *time;
}

[[nodiscard]] Result<RatedPeriod> period_of(const PricesOptions& wanted) {
    const auto from = parse_time("--from", wanted.from);
    const auto to = parse_time("--to", wanted.to);
    if (!from || !to) {
        return from ? to.error() : from.error();
    }
    if (*from >= *to) {
        return Error(
            Errc::invalid_request, "--to must be later than --from: it is not in the time");
    }
    return RatedPeriod{*from, *to};
}

[[nodiscard]] Result<std::shared_ptr<const gateway::Routes>> open_routes(const Config& config) {
    auto catalog = prices_in_force(config);
    if (!catalog) {
        return catalog.error();
    }
    gateway::GatewaySettings settings = config.gateway;
    for (gateway::ProviderSettings& provider : settings.providers) {
        if (provider.sandbox) {
            provider.base_url = "http://127.0.0.1/v1";  // it listens in a running gateway only
        }
    }
    return gateway::make_routes(settings, *std::move(catalog));
}

/// What the attempt costs now. Nothing where its provider is neither configured any more nor known
/// to the catalogue with that model: an estimate by other providers would be worse than what is
/// there.
[[nodiscard]] std::optional<pricing::CostTotal> cost_now(
    const gateway::Routes& routes, const storage::BilledAttempt& attempt) {
    const auto& providers = routes.providers();
    const auto configured = std::ranges::find_if(
        providers, [&](const auto& provider) { return provider->name == attempt.provider; });
    gateway::Provider gone;
    gone.name = attempt.provider;
    gone.kind = attempt.provider;
    const gateway::Provider& provider = configured == providers.end() ? gone : **configured;
    const pricing::Found found = routes.price(provider, attempt.model);
    if (configured == providers.end() && found.model == nullptr &&
        routes.price(provider, attempt.model_served).model == nullptr) {
        return std::nullopt;
    }
    return gateway::rate(
        routes,
        provider,
        {.found = found,
         .model = attempt.model,
         .model_served = attempt.model_served,
         .tier = attempt.service_tier,
         .usage = attempt.usage,
         .is_guess = attempt.usage_source != UsageSource::provider,
         .at = attempt.place.request_id.time()});
}

/// Where price and version are the same, only the status could differ, and the call itself knew
/// better: it saw whether the provider's numbers contradicted themselves.
[[nodiscard]] bool is_change(
    const storage::BilledAttempt& before, const pricing::CostTotal& now, std::string_view version) {
    return now.total != before.cost ||
           (to_string(now.status) != before.cost_status && version != before.price_version);
}

[[nodiscard]] storage::ReratingBatch rate_page(
    const gateway::Routes& routes,
    std::vector<storage::BilledAttempt> page,
    TimePoint now,
    RerateReport& report) {
    const std::string& version = routes.catalog().version();
    storage::ReratingBatch batch{.rerated_at = now, .price_version = version, .changes = {}};
    for (storage::BilledAttempt& attempt : page) {
        const auto cost = cost_now(routes, attempt);
        if (!cost) {
            report.add_unknown(attempt.provider);
        }
        ++report.rows;
        report.before += attempt.cost;
        report.after += cost ? cost->total : attempt.cost;
        if (cost && is_change(attempt, *cost, version)) {
            batch.changes.push_back(
                {.before = std::move(attempt),
                 .cost = cost->total,
                 .cost_status = std::string(to_string(cost->status))});
            report.add(batch.changes.back());
        }
    }
    return batch;
}

[[nodiscard]] Result<RerateReport> rerate(
    storage::Database& database,
    const gateway::Routes& routes,
    const RatedPeriod& period,
    bool is_dry_run) {
    const TimePoint now = system_clock().now();
    RerateReport report{
        .period = period, .price_version = routes.catalog().version(), .is_dry_run = is_dry_run};
    // Not what a running gateway writes meanwhile: its prices are these, and there may be no end.
    const Uuid end = storage::first_id_at(std::min(period.to, now));
    storage::AttemptPlace after{storage::first_id_at(period.from), 0};
    while (true) {
        auto page = database.billed_attempts(after, end, kPageRows);
        if (!page) {
            return page.error();
        }
        if (page->empty()) {
            return report;
        }
        after = page->back().place;
        const storage::ReratingBatch batch = rate_page(routes, *std::move(page), now, report);
        if (is_dry_run || batch.changes.empty()) {
            continue;
        }
        const auto written = database.apply_rerating(batch);
        if (!written) {
            return written.error();
        }
        const std::uint64_t passed_over = batch.changes.size() - *written;
        report.passed_over += passed_over;
        report.changed -= passed_over;
    }
}

}  // namespace

int rerate_prices(const CommonOptions& options, const PricesOptions& wanted) {
    const auto period = period_of(wanted);
    if (!period) {
        return fail(period.error());
    }
    const auto config = read_config(options);
    if (!config) {
        return fail(config.error());
    }
    const auto routes = open_routes(*config);
    if (!routes) {
        return fail(routes.error());
    }
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    const auto report = rerate(**database, **routes, *period, wanted.dry_run);
    if (!report) {
        return fail(Error(
            report.error().code(),
            report.error().detail() +
                "; what was written before stays, run the command again for the rest"));
    }
    print(*report, options.json);
    return kExitDone;
}

}  // namespace pulse::app
