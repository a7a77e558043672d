#include "app/commands/people.h"
#include "app/commands/prices.h"
#include "app/commands/rerate_report.h"
#include "app/serve/prices_in_force.h"
#include "app/serve/rerate.h"
#include "base/rfc3339.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace pulse::app {

namespace {

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

/// A row of the audit log: one before the ledger is changed, one with what was. Nothing for a dry
/// run.
[[nodiscard]] Result<void> note(
    storage::Database& database,
    const PricesOptions& wanted,
    const char* action,
    const boost::json::object& what) {
    if (wanted.dry_run) {
        return {};
    }
    storage::AuditEntry entry = by_the_command_line();
    entry.action = action;
    entry.target_kind = "prices";
    entry.target_id = wanted.from + "/" + wanted.to;
    entry.after = boost::json::serialize(what);
    return storage::append_audit_alone(database.session(), entry);
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
    const auto routes = priced_routes(*config);
    if (!routes) {
        return fail(routes.error());
    }
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    if (auto noted =
            note(**database, wanted, "prices.rerate", {{"from", wanted.from}, {"to", wanted.to}});
        !noted) {
        return fail(noted.error());
    }
    const std::atomic<bool> stopping{false};
    const auto report =
        rerate(**database, **routes, {.period = *period, .is_dry_run = wanted.dry_run}, stopping);
    if (!report) {
        return fail(Error(
            report.error().code(),
            report.error().detail() +
                "; what was written before stays, run the command again for the rest"));
    }
    if (auto noted = note(
            **database,
            wanted,
            "prices.rerated",
            {{"price_version", report->price_version},
             {"rows", report->rows},
             {"changed", report->changed},
             {"before", report->before.to_string()},
             {"after", report->after.to_string()}});
        !noted) {
        return fail(noted.error());
    }
    print(*report, options.json);
    return kExitDone;
}

}  // namespace pulse::app
