#include "storage/sqlite/deferred.h"

#include "storage/detail/known_values.h"

#include <string>

namespace pulse::storage::sqlite {
namespace {

constexpr std::string_view kSelectDue =
    "SELECT provider, object_id, api, request_id, created_at, next_at, tries, billed_id"
    " FROM deferred_work WHERE state = 'waiting' AND next_at <= ?1 ORDER BY next_at LIMIT ?2";
/// Two processes that read the same row have one claim between them.
constexpr std::string_view kClaim =
    "UPDATE deferred_work SET next_at = ?3, tries = tries + 1"
    " WHERE provider = ?1 AND object_id = ?2 AND state = 'waiting' AND next_at = ?4 AND tries = ?5";
constexpr std::string_view kPostpone =
    "UPDATE deferred_work SET next_at = ?3"
    " WHERE provider = ?1 AND object_id = ?2 AND state = 'waiting'";
constexpr std::string_view kNameBill =
    "UPDATE deferred_work SET billed_id = coalesce(billed_id, ?3)"
    " WHERE provider = ?1 AND object_id = ?2 RETURNING billed_id";
constexpr std::string_view kHurry =
    "UPDATE deferred_work SET next_at = min(next_at, ?3)"
    " WHERE provider = ?1 AND object_id = ?2 AND state = 'waiting'";
constexpr std::string_view kCountOpen =
    "SELECT count(*) FROM deferred_work WHERE state = 'waiting'";

[[nodiscard]] std::int64_t microseconds(TimePoint time) {
    return time.time_since_epoch().count();
}

[[nodiscard]] TimePoint time_of(std::int64_t microseconds) {
    return TimePoint{std::chrono::microseconds{microseconds}};
}

[[nodiscard]] std::string_view end_state(const RequestRecord& record) {
    if (record.outcome == Outcome::upstream_failed) {
        return "given_up";
    }
    const bool has_usage = record.usage_source != UsageSource::none;
    return has_usage || record.outcome == Outcome::answered ? "billed" : "failed";
}

[[nodiscard]] int run(Statement& statement) {
    const int code = statement.step();
    statement.reset();
    return code;
}

}  // namespace

int write_deferred(Statement& insert, Statement& end, const RequestRecord& record) {
    const std::string id = record.id.to_string();
    Statement& statement = record.deferred == Deferred::begun ? insert : end;
    statement.bind(1, record.provider);
    statement.bind(2, record.object_id);
    if (record.deferred == Deferred::begun) {
        statement.bind(3, to_string(record.api));
        statement.bind(4, id);
        statement.bind(5, microseconds(record.id.time()));
        statement.bind(6, microseconds(record.id.time() + first_wait(record.api)));
    } else {
        statement.bind(3, end_state(record));
        statement.bind(4, id);
    }
    return run(statement);
}

Result<std::vector<DeferredWork>> select_due_deferred(
    Connection& connection, TimePoint now, std::size_t limit) {
    Result<Statement> query = connection.prepare(kSelectDue);
    if (!query) {
        return query.error();
    }
    query->bind(1, microseconds(now));
    query->bind(2, static_cast<std::int64_t>(limit));
    std::vector<DeferredWork> due;
    int code = query->step();
    for (; code == SQLITE_ROW; code = query->step()) {
        const auto request_id = Uuid::parse(query->text(3));
        if (!request_id) {
            return Error{
                Errc::storage_unavailable,
                "deferred_work: `" + std::string{query->text(3)} + "` is no UUID"};
        }
        due.push_back(
            {.provider = std::string{query->text(0)},
             .object_id = std::string{query->text(1)},
             .api = detail::value_named<Api>(query->text(2)),
             .request_id = *request_id,
             .created_at = time_of(query->integer(4)),
             .next_at = time_of(query->integer(5)),
             .tries = query->integer(6),
             .billed_id = Uuid::parse(query->text(7))});
    }
    if (code != SQLITE_DONE) {
        return connection.error("read deferred work");
    }
    return due;
}

Result<bool> claim_deferred(Connection& connection, const DeferredWork& work, TimePoint until) {
    Result<Statement> claim = connection.prepare(kClaim);
    if (!claim) {
        return claim.error();
    }
    claim->bind(1, work.provider);
    claim->bind(2, work.object_id);
    claim->bind(3, microseconds(until));
    claim->bind(4, microseconds(work.next_at));
    claim->bind(5, work.tries);
    if (auto written = connection.run(*claim); !written) {
        return written.error();
    }
    return connection.changes() == 1;
}

Result<void> postpone_deferred(
    Connection& connection, const DeferredWork& work, TimePoint next_at) {
    Result<Statement> postpone = connection.prepare(kPostpone);
    if (!postpone) {
        return postpone.error();
    }
    postpone->bind(1, work.provider);
    postpone->bind(2, work.object_id);
    postpone->bind(3, microseconds(next_at));
    return connection.run(*postpone);
}

Result<Uuid> name_deferred_bill(
    Connection& connection, const DeferredWork& work, const Uuid& proposed) {
    Result<Statement> name = connection.prepare(kNameBill);
    if (!name) {
        return name.error();
    }
    const std::string id = proposed.to_string();
    name->bind(1, work.provider);
    name->bind(2, work.object_id);
    name->bind(3, id);
    std::optional<Uuid> named;
    int code = name->step();
    if (code == SQLITE_ROW) {
        named = Uuid::parse(name->text(0));
        code = name->step();
    }
    if (code != SQLITE_DONE) {
        return connection.error("name a bill of deferred work");
    }
    if (!named) {
        return Error{Errc::not_found, "deferred_work: no row of " + work.object_id};
    }
    return *named;
}

Result<std::int64_t> hurry_deferred(
    Connection& connection, std::string_view provider, std::span<const std::string> objects) {
    Result<Statement> hurry = connection.prepare(kHurry);
    if (!hurry) {
        return hurry.error();
    }
    const std::int64_t now = microseconds(system_clock().now());
    std::int64_t waiting = 0;
    for (const std::string& object : objects) {
        hurry->bind(1, provider);
        hurry->bind(2, object);
        hurry->bind(3, now);
        if (auto written = connection.run(*hurry); !written) {
            return written.error();
        }
        waiting += connection.changes();
    }
    return waiting;
}

Result<std::int64_t> count_open_deferred(Connection& connection) {
    Result<Statement> query = connection.prepare(kCountOpen);
    if (!query) {
        return query.error();
    }
    if (query->step() != SQLITE_ROW) {
        return connection.error("count deferred work");
    }
    return query->integer(0);
}

}  // namespace pulse::storage::sqlite
