#include "storage/queries/request_detail.h"

#include "storage/queries/detail/scope_sql.h"

namespace pulse::storage {
namespace {

[[nodiscard]] Result<bool> may_see(
    sql::Session& session, const AccessScope& scope, const Uuid& id) {
    detail::Statement statement{session.engine()};
    (statement << "SELECT 1 FROM ai_request_log AS t WHERE t.id = ").value(id);
    // A row's time is the time in its id, and says which partition it is in.
    (statement << " AND t.ts = ").value(id.time());
    statement << " AND ";
    detail::append_scope(statement, scope, "t.org");
    bool found = false;
    const auto done = session.each(
        statement.text(), statement.parameters(), [&](const sql::Row& /*row*/) { found = true; });
    return done ? Result<bool>{found} : Result<bool>{done.error()};
}

[[nodiscard]] Result<std::vector<RequestRerating>> reratings_of(
    sql::Session& session, const Uuid& id) {
    constexpr std::string_view kSelect =
        "SELECT attempt, rerated_at, cost_before, cost_after, status_before, status_after,"
        " price_version_before, price_version_after FROM cost_rerating WHERE request_id = $1"
        " ORDER BY attempt, rerated_at LIMIT 1000";
    bool is_sound = true;
    auto rows = sql::select(session, kSelect, {id}, [&](const sql::Row& row) {
        const std::optional<Money> before = row.money(2);
        const std::optional<Money> after = row.money(3);
        is_sound = is_sound && before && after;
        return RequestRerating{
            row.integer(0),
            row.time(1),
            before.value_or(Money{}),
            after.value_or(Money{}),
            row.owned(4),
            row.owned(5),
            row.owned(6),
            row.owned(7)};
    });
    if (rows && !is_sound) {
        return Error{Errc::storage_unavailable, "cost_rerating: a stored cost is not an amount"};
    }
    return rows;
}

}  // namespace

Result<RequestDetail> request_detail(
    sql::Session& session, const AccessScope& scope, const Uuid& id) {
    const Error missing{Errc::not_found, "request " + id.to_string() + ": there is none"};
    const Result<bool> visible = may_see(session, scope, id);
    if (!visible) {
        return visible.error();
    }
    if (!*visible) {
        return missing;
    }
    Result<std::unique_ptr<StoredRequest>> stored = request(session, id);
    if (!stored) {
        return stored.error();
    }
    if (*stored == nullptr) {
        return missing;  // retention took it since
    }
    Result<std::vector<RequestRerating>> reratings = reratings_of(session, id);
    if (!reratings) {
        return reratings.error();
    }
    return RequestDetail{std::move(*stored), std::move(*reratings)};
}

}  // namespace pulse::storage
