#include "storage/tables/lost_requests.h"

#include "storage/records.h"
#include "storage/rollup/fields.h"
#include "storage/rollup/rollup.h"
#include "storage/rollup/write.h"
#include "storage/tables/requests.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace pulse::storage {
namespace {

constexpr std::string_view kSelectLost =
    "SELECT id FROM ai_request_log WHERE ts >= $1 AND ts <= $2 AND error_code = $3";

/// Of one request, by its id and its time.
constexpr std::string_view kDeletes[] = {
    "DELETE FROM cost_rerating WHERE request_id = $1",
    "DELETE FROM cost_event WHERE request_id = $1 AND occurred_at = $2",
    "DELETE FROM ai_request_attempt WHERE request_id = $1 AND ts = $2",
    "DELETE FROM ai_request_log WHERE id = $1 AND ts = $2",
};

[[nodiscard]] RequestSums negated(const RequestSums& sums) {
    return {
        .requests = -sums.requests,
        .refused = -sums.refused,
        .failed = -sums.failed,
        .input_tokens = -sums.input_tokens,
        .cached_tokens = -sums.cached_tokens,
        .output_tokens = -sums.output_tokens,
        .latency_us = -sums.latency_us,
        .cost = Money::from_pico(-sums.cost.pico())};
}

[[nodiscard]] CostSums negated(const CostSums& sums) {
    return {
        .events = -sums.events,
        .amount = Money::from_pico(-sums.amount.pico()),
        .net_amount = Money::from_pico(-sums.net_amount.pico()),
        .amortized_amount = Money::from_pico(-sums.amortized_amount.pico())};
}

void negate(Rollups& rollups) {
    static_cast<void>(
        detail::visit_tables(rollups, [](const RollupTable& /*table*/, auto& rows) -> Result<void> {
            for (auto& row : rows) {
                row.sums = negated(row.sums);
            }
            return {};
        }));
}

[[nodiscard]] Result<void> take_back(sql::Session& session, const Uuid& id) {
    auto transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto stored = request(session, id);
    if (!stored) {
        return stored.error();
    }
    if (*stored == nullptr || (*stored)->decoded.record.error_code != kGatewayDied) {
        return {};
    }
    const DecodedRecord* const record = &(*stored)->decoded;
    Rollups rollups = rollups_of(std::span{&record, 1});
    negate(rollups);
    for (const std::string_view statement : kDeletes) {
        const bool has_time = statement.find("$2") != std::string_view::npos;
        const auto deleted =
            has_time ? session.run(statement, {id, id.time()}) : session.run(statement, {id});
        if (!deleted) {
            return deleted.error();
        }
    }
    if (auto taken = add_rollups(session, rollups); !taken) {
        return taken;
    }
    return transaction->commit();
}

}  // namespace

Result<std::uint64_t> take_back_lost(sql::Session& session, std::span<const Uuid> ids) {
    if (ids.empty()) {
        return std::uint64_t{0};
    }
    const auto [first, last] = std::minmax_element(ids.begin(), ids.end());
    const auto lost = sql::select(
        session, kSelectLost, {first->time(), last->time(), kGatewayDied}, [](const sql::Row& row) {
            return row.uuid(0).value_or(Uuid{});
        });
    if (!lost) {
        return lost.error();
    }
    const std::set<Uuid> known{lost->begin(), lost->end()};
    std::uint64_t taken = 0;
    for (const Uuid& id : ids) {
        if (known.contains(id)) {
            if (auto one = take_back(session, id); !one) {
                return one.error();
            }
            ++taken;
        }
    }
    return taken;
}

}  // namespace pulse::storage
