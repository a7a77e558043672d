#include "app/serve/rerate.h"

#include "gateway/rating.h"
#include "storage/tables/rerating.h"

#include <algorithm>
#include <optional>

namespace pulse::app {

namespace {

/// A page is a transaction: short enough for a gateway that writes beside it.
constexpr std::size_t kPageRows = 500;
/// Model names come from callers. Those behind these are summed up under one.
constexpr std::size_t kNamesKept = 1000;

/// What the attempt costs now. Nothing where its provider is neither configured any more nor known
/// to the catalogue with that model: an estimate by other providers would be worse than what is
/// there.
[[nodiscard]] std::optional<pricing::CostTotal> cost_now(
    const gateway::Routes& routes, const storage::BilledAttempt& attempt) {
    const gateway::Provider* const configured = routes.provider_named(attempt.provider);
    gateway::Provider gone;
    gone.name = attempt.provider;
    gone.kind = attempt.provider;
    const gateway::Provider& provider = configured == nullptr ? gone : *configured;
    const pricing::Found found = routes.price(provider, attempt.model);
    if (configured == nullptr && found.model == nullptr &&
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
         .region = attempt.region.empty() ? provider.price_region : attempt.region,
         .usage = attempt.usage,
         .is_guess = attempt.usage_source != UsageSource::provider,
         .at = attempt.place.request_id.time(),
         .payer = {.org = attempt.org, .team = attempt.team, .key = attempt.key_id}});
}

/// Where price and version are the same, only the status could differ, and the call itself knew
/// better: it saw whether the provider's numbers contradicted themselves.
[[nodiscard]] bool is_change(
    const storage::BilledAttempt& before, const pricing::CostTotal& now, std::string_view version) {
    return now.total != before.cost || now.is_price_missing != before.is_price_missing ||
           (to_string(now.status) != before.cost_status && version != before.price_version);
}

/// The pages of one re-rating. Borrows what it is made of.
class Run {
public:
    Run(storage::Database& database, const gateway::Routes& routes, const RerateAsk& ask)
        : database_(database), routes_(routes), ask_(ask) {
        report_.period = ask.period;
        report_.price_version = routes.catalog().version();
        report_.is_dry_run = ask.is_dry_run;
    }

    [[nodiscard]] Result<RerateReport> run(const std::atomic<bool>& stopping) {
        // Not what a running gateway writes meanwhile: its prices are these, and there may be no
        // end.
        const Uuid end = storage::first_id_at(std::min(ask_.period.to, now_));
        storage::AttemptPlace after{storage::first_id_at(ask_.period.from), 0};
        while (!stopping) {
            auto page = storage::billed_attempts(database_.session(), ask_.kind, after, end, kPageRows);
            if (!page) {
                return page.error();
            }
            if (page->empty()) {
                break;
            }
            after = page->back().place;
            if (auto written = write(rate(*std::move(page))); !written) {
                return written.error();
            }
        }
        return std::move(report_);
    }

private:
    [[nodiscard]] storage::ReratingBatch rate(std::vector<storage::BilledAttempt> page) {
        const std::string& version = report_.price_version;
        storage::ReratingBatch batch{.rerated_at = now_, .price_version = version, .changes = {}};
        for (storage::BilledAttempt& attempt : page) {
            const auto cost = cost_now(routes_, attempt);
            if (!cost) {
                report_.add_unknown(attempt.provider);
            }
            const bool is_wanted =
                cost && (ask_.kind == storage::BilledKind::all || !cost->is_price_missing);
            ++report_.rows;
            report_.before += attempt.cost;
            report_.after += is_wanted ? cost->total : attempt.cost;
            if (is_wanted && is_change(attempt, *cost, version)) {
                batch.changes.push_back(
                    {.before = std::move(attempt),
                     .cost = cost->total,
                     .cost_status = std::string(to_string(cost->status)),
                     .is_price_missing = cost->is_price_missing});
                report_.add(batch.changes.back());
            }
        }
        return batch;
    }

    [[nodiscard]] Result<void> write(const storage::ReratingBatch& batch) {
        if (ask_.is_dry_run || batch.changes.empty()) {
            return {};
        }
        const auto written = storage::apply_rerating(database_.session(), batch);
        if (!written) {
            return written.error();
        }
        const std::uint64_t passed_over = batch.changes.size() - *written;
        report_.passed_over += passed_over;
        report_.changed -= passed_over;
        return {};
    }

    storage::Database& database_;
    const gateway::Routes& routes_;
    const RerateAsk& ask_;
    const TimePoint now_ = system_clock().now();
    RerateReport report_;
};

}  // namespace

void RerateChanges::add(const storage::Rerating& change) {
    ++rows;
    before += change.before.cost;
    after += change.cost;
}

void RerateReport::add(const storage::Rerating& change) {
    ++changed;
    std::pair model{change.before.provider, change.before.model};
    if (models.size() >= kNamesKept && !models.contains(model)) {
        model = {"other", "other"};
    }
    models[std::move(model)].add(change);
}

void RerateReport::add_unknown(const std::string& provider) {
    ++unknown;
    if (unknown_providers.size() < kNamesKept) {
        unknown_providers.insert(provider);
    }
}

Result<RerateReport> rerate(
    storage::Database& database,
    const gateway::Routes& routes,
    const RerateAsk& ask,
    const std::atomic<bool>& stopping) {
    return Run{database, routes, ask}.run(stopping);
}

}  // namespace pulse::app
