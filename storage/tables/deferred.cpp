#include "storage/tables/deferred.h"

#include "storage/detail/known_values.h"
#include "storage/detail/text_list.h"
#include "storage/sql/dialect.h"

#include <optional>

namespace pulse::storage {
namespace {

/// Its row comes with the row of the request that began it.
constexpr std::string_view kInsert =
    "INSERT INTO deferred_work (provider, object_id, api, request_id, state, created_at, next_at,"
    " tries) VALUES ($1, $2, $3, $4, 'waiting', $5, $6, 0) ON CONFLICT DO NOTHING";
/// And ends with the row that bills it.
constexpr std::string_view kEnd =
    "UPDATE deferred_work SET state = $3, billed_id = $4"
    " WHERE provider = $1 AND object_id = $2 AND state = 'waiting'";
constexpr std::string_view kSelectDue =
    "SELECT provider, object_id, api, request_id, created_at, next_at, tries, billed_id"
    " FROM deferred_work WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at LIMIT $2";
/// Two processes that read the same row have one claim between them.
constexpr std::string_view kClaim =
    "UPDATE deferred_work SET next_at = $3, tries = tries + 1"
    " WHERE provider = $1 AND object_id = $2 AND state = 'waiting' AND next_at = $4 AND tries = $5";
constexpr std::string_view kPostpone =
    "UPDATE deferred_work SET next_at = $3"
    " WHERE provider = $1 AND object_id = $2 AND state = 'waiting'";
constexpr std::string_view kNameBill =
    "UPDATE deferred_work SET billed_id = coalesce(billed_id, $3)"
    " WHERE provider = $1 AND object_id = $2 RETURNING billed_id";
constexpr std::string_view kHurry =
    "UPDATE deferred_work SET next_at = CASE WHEN next_at < $3 THEN next_at ELSE $3 END"
    " WHERE provider = $1 AND state = 'waiting' AND object_id IN ";
constexpr std::string_view kCountOpen =
    "SELECT count(*) FROM deferred_work WHERE state = 'waiting'";

[[nodiscard]] std::string_view end_state(const RequestRecord& record) {
    if (record.outcome == Outcome::upstream_failed) {
        return "given_up";
    }
    const bool has_usage = record.usage_source != UsageSource::none;
    return has_usage || record.outcome == Outcome::answered ? "billed" : "failed";
}

[[nodiscard]] Result<void> without_count(const Result<std::int64_t>& changed) {
    return changed ? Result<void>{} : Result<void>{changed.error()};
}

}  // namespace

Result<void> note_deferred(sql::Session& session, const RequestRecord& record) {
    if (record.deferred == Deferred::none || record.object_id.empty()) {
        return {};
    }
    if (record.deferred == Deferred::ended) {
        return without_count(
            session.run(kEnd, {record.provider, record.object_id, end_state(record), record.id}));
    }
    const TimePoint begun_at = record.id.time();
    return without_count(session.run(
        kInsert,
        {record.provider,
         record.object_id,
         to_string(record.api),
         record.id,
         begun_at,
         TimePoint{begun_at + first_wait(record.api)}}));
}

Result<std::vector<DeferredWork>> due_deferred(
    sql::Session& session, TimePoint now, std::size_t limit) {
    std::string no_id;
    auto due = sql::select(session, kSelectDue, {now, limit}, [&](const sql::Row& row) {
        const std::optional<Uuid> request_id = row.uuid(3);
        if (!request_id) {
            no_id = row.text(3);
        }
        return DeferredWork{
            .provider = row.owned(0),
            .object_id = row.owned(1),
            .api = detail::value_named<Api>(row.text(2)),
            .request_id = request_id.value_or(Uuid{}),
            .created_at = row.time(4),
            .next_at = row.time(5),
            .tries = row.integer(6),
            .billed_id = row.uuid(7)};
    });
    if (due && !no_id.empty()) {
        return Error{Errc::storage_unavailable, "deferred_work: `" + no_id + "` is no UUID"};
    }
    return due;
}

Result<bool> claim_deferred(sql::Session& session, const DeferredWork& work, TimePoint until) {
    const Result<std::int64_t> claimed =
        session.run(kClaim, {work.provider, work.object_id, until, work.next_at, work.tries});
    if (!claimed) {
        return claimed.error();
    }
    return *claimed == 1;
}

Result<void> postpone_deferred(sql::Session& session, const DeferredWork& work, TimePoint next_at) {
    return without_count(session.run(kPostpone, {work.provider, work.object_id, next_at}));
}

Result<Uuid> name_deferred_bill(
    sql::Session& session, const DeferredWork& work, const Uuid& proposed) {
    const auto named = sql::select_one(
        session, kNameBill, {work.provider, work.object_id, proposed}, [](const sql::Row& row) {
            return row.uuid(0);
        });
    if (!named) {
        return named.error();
    }
    if (!*named || !**named) {
        return Error{Errc::not_found, "deferred_work: no row of " + work.object_id};
    }
    return ***named;
}

Result<std::int64_t> hurry_deferred(
    sql::Session& session,
    std::string_view provider,
    std::span<const std::string> objects,
    TimePoint now) {
    const std::string statement{std::string{kHurry} + sql::texts_of(session.engine(), "$2")};
    return session.run(statement, {provider, detail::text_list(objects), now});
}

Result<std::int64_t> open_deferred(sql::Session& session) {
    const auto count = sql::select_one(
        session, kCountOpen, {}, [](const sql::Row& row) { return row.integer(0); });
    if (!count) {
        return count.error();
    }
    return count->value_or(0);
}

}  // namespace pulse::storage
