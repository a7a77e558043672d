#include "storage/detail/cost_event_id.h"
#include "storage/rollup/fields.h"
#include "storage/rollup/rollup.h"
#include "storage/rollup/write.h"
#include "storage/sql/dialect.h"
#include "storage/tables/rerating.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {
namespace {

constexpr std::string_view kInsertPriceVersion =
    "INSERT INTO price_version (id, first_used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

constexpr std::string_view kUpdateAttempt =
    "UPDATE ai_request_attempt SET cost = $4, cost_status = $5, price_missing = $8"
    " WHERE request_id = $1 AND ts = $2 AND attempt = $3 AND cost = $6"
    " AND cost_status IS NOT DISTINCT FROM $7";

constexpr std::string_view kInsertRerating =
    "INSERT INTO cost_rerating (request_id, attempt, rerated_at, cost_before, cost_after,"
    " status_before, status_after, price_version_before, price_version_after)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// With what its rollup is kept by, in the order of CostDimensions.
constexpr std::string_view kUpdateCostEvent =
    "UPDATE cost_event SET amount = $3, net_amount = $3, amortized_amount = $3"
    " WHERE occurred_at = $1 AND id = $2"
    " RETURNING org_id, source, provider, service, account, region, team, project, app, client,"
    " \"user\", model, key_id, usage_type, charge_type, currency";

constexpr std::string_view kSelectRequestCost =
    "SELECT cost FROM ai_request_log WHERE id = $1 AND ts = $2";

/// A request costs what its attempts cost, and is as sure as the least sure of them. What it costs
/// now, and what its rollup is kept by, in the order of RequestDimensions.
[[nodiscard]] std::string update_request(sql::Engine engine) {
    return "UPDATE ai_request_log SET price_version = $3, cost = (SELECT " +
           sql::sum_of(engine, "cost") +
           " FROM ai_request_attempt WHERE request_id = $1 AND ts = $2),"
           " cost_status = (SELECT cost_status FROM ai_request_attempt"
           " WHERE request_id = $1 AND ts = $2"
           " ORDER BY CASE cost_status WHEN 'unpriced' THEN 3 WHEN 'estimated' THEN 2"
           " WHEN 'derived' THEN 1 ELSE 0 END DESC, attempt DESC LIMIT 1)"
           " WHERE id = $1 AND ts = $2"
           " RETURNING cost, org, key_id, team, project, app, client, \"user\", provider,"
           " model_served, currency";
}

/// Writes a batch within a transaction and gathers what it adds to the rollups.
class Writer {
public:
    Writer(sql::Session& session, const ReratingBatch& batch)
        : session_(session), batch_(batch), update_request_(update_request(session.engine())) {}

    /// False where the attempt is not as it was read.
    [[nodiscard]] Result<bool> write(const Rerating& change) {
        const BilledAttempt& before = change.before;
        const Uuid& id = before.place.request_id;
        const Result<std::int64_t> updated = session_.run(
            kUpdateAttempt,
            {id,
             id.time(),
             before.place.attempt,
             change.cost,
             change.cost_status,
             before.cost,
             sql::or_null(before.cost_status),
             change.is_price_missing});
        if (!updated) {
            return updated.error();
        }
        if (*updated == 0) {
            return false;
        }
        const auto kept = session_.run(
            kInsertRerating,
            {id,
             before.place.attempt,
             batch_.rerated_at,
             before.cost,
             change.cost,
             sql::or_null(before.cost_status),
             change.cost_status,
             sql::or_null(before.price_version),
             batch_.price_version});
        if (!kept) {
            return kept.error();
        }
        if (auto written = write_cost_event(change); !written) {
            return written.error();
        }
        if (auto written = write_request(id); !written) {
            return written.error();
        }
        return true;
    }

    [[nodiscard]] Result<void> write_rollups() {
        return add_rollups(session_, rollups_of(requests_, costs_));
    }

private:
    [[nodiscard]] Result<void> write_cost_event(const Rerating& change) {
        const AttemptPlace& place = change.before.place;
        const TimePoint at = place.request_id.time();
        const Money more = change.cost - change.before.cost;
        return session_.each(
            kUpdateCostEvent,
            {at,
             detail::cost_event_id(place.request_id, static_cast<std::size_t>(place.attempt)),
             change.cost},
            [&](const sql::Row& row) {
                if (!more.is_zero()) {
                    costs_.push_back(
                        {at, dimensions<CostDimensions>(row, 0), {0, more, more, more}});
                }
            });
    }

    [[nodiscard]] Result<void> write_request(const Uuid& id) {
        const TimePoint at = id.time();
        const auto money = [](const sql::Row& row) {
            return row.money(0);
        };
        const auto before = sql::select_one(session_, kSelectRequestCost, {id, at}, money);
        if (!before) {
            return before.error();
        }
        bool is_sound = true;
        auto written = session_.each(
            update_request_, {id, at, batch_.price_version}, [&](const sql::Row& row) {
                const std::optional<Money> now = row.money(0);
                is_sound = now && *before && **before;
                if (is_sound && *now != ***before) {
                    RequestSums more;
                    more.cost = *now - ***before;
                    requests_.push_back({at, dimensions<RequestDimensions>(row, 1), more});
                }
            });
        if (written && !is_sound) {
            return Error{
                Errc::storage_unavailable,
                "request " + id.to_string() + ": a stored amount is not a number"};
        }
        return written;
    }

    /// From a row's columns, `first` and those behind it.
    template <class Dimensions>
    [[nodiscard]] Dimensions dimensions(const sql::Row& row, int first) {
        Dimensions of;
        auto read = [&](std::string_view& text) {
            text = texts_.emplace_back(row.text(first++));
        };
        detail::visit_dimensions(of, read);
        return of;
    }

    sql::Session& session_;
    const ReratingBatch& batch_;
    std::string update_request_;
    std::vector<RequestRollup> requests_;
    std::vector<CostRollup> costs_;
    std::deque<std::string> texts_;  ///< what their dimensions point into
};

}  // namespace

Result<std::uint64_t> apply_rerating(sql::Session& session, const ReratingBatch& batch) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto noted = session.run(kInsertPriceVersion, {batch.price_version, batch.rerated_at});
        !noted) {
        return noted.error();
    }
    Writer writer{session, batch};
    std::uint64_t changed = 0;
    for (const Rerating& change : batch.changes) {
        const Result<bool> written = writer.write(change);
        if (!written) {
            return written.error();
        }
        changed += *written ? 1U : 0U;
    }
    if (auto written = writer.write_rollups(); !written) {
        return written.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return changed;
}

}  // namespace pulse::storage
