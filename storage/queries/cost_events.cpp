#include "storage/queries/cost_events.h"

#include "storage/queries/detail/cost_sums.h"
#include "storage/queries/detail/scope_sql.h"
#include "storage/queries/detail/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace pulse::storage {
namespace {

constexpr detail::SqlText kColumns{
    "t.id, t.occurred_at, t.source, t.provider, t.service, t.resource_type, t.usage_type,"
    " t.charge_type, t.account, t.region, t.team, t.project, t.app, t.client, t.\"user\", t.model,"
    " t.key_id, t.unit, t.currency, t.tags, t.batch_id, t.request_id, t.quantity, t.amount,"
    " t.net_amount, t.amortized_amount"};

/// The first stretch that is looked through, from the newest event backwards; each further one is
/// twice as long. PostgreSQL keeps no order of times that it could walk along.
constexpr std::chrono::hours kFirstStretch{1};

[[nodiscard]] bool read(const sql::Row& row, CostEvent& event) {
    const std::optional<Uuid> id = row.uuid(0);
    event.id = id.value_or(Uuid{});
    event.occurred_at = row.time(1);
    int column = 2;
    for (std::string* text :
         {&event.source,     &event.provider,    &event.service,  &event.resource_type,
          &event.usage_type, &event.charge_type, &event.account,  &event.region,
          &event.team,       &event.project,     &event.app,      &event.client,
          &event.user,       &event.model,       &event.key_id,   &event.unit,
          &event.currency,   &event.tags_json,   &event.batch_id, &event.request_id}) {
        *text = row.text(column++);
    }
    bool is_sound = id.has_value();
    for (Money* amount :
         {&event.quantity, &event.amount, &event.net_amount, &event.amortized_amount}) {
        const std::optional<Money> stored = row.money(column++);
        is_sound = is_sound && stored.has_value();
        *amount = stored.value_or(Money{});
    }
    return is_sound;
}

[[nodiscard]] detail::Statement statement_of(
    sql::Engine engine,
    const AccessScope& scope,
    const CostEventSearch& search,
    const Stretch& time,
    std::size_t rows) {
    detail::Statement statement{engine};
    statement << "SELECT " << kColumns << " FROM cost_event AS t WHERE ";
    detail::append_scope(statement, scope, "t.org_id");
    (statement << " AND t.occurred_at >= ").value(time.begin);
    (statement << " AND t.occurred_at < ").value(time.end);
    detail::append_event_filter(statement, search.filter);
    if (search.after) {
        (statement << " AND t.occurred_at <= ").value(search.after->ts);
        (statement << " AND (t.occurred_at < ").value(search.after->ts);
        (statement << " OR t.id < ").value(search.after->id) << ")";
    }
    (statement << " ORDER BY t.occurred_at DESC, t.id DESC LIMIT ")
        .value(static_cast<std::int64_t>(rows));
    return statement;
}

[[nodiscard]] Result<void> check(const CostEventSearch& search) {
    if (search.time.begin >= search.time.end) {
        return Error{Errc::invalid_request, "to: must be later than from"};
    }
    if (search.limit == 0 || search.limit > CostEventSearch::kRowsMax) {
        return Error{
            Errc::invalid_request,
            fmt::format("limit: must be between 1 and {}", CostEventSearch::kRowsMax)};
    }
    return check(search.filter);
}

}  // namespace

Result<CostEventPage> search_cost_events(
    sql::Session& session, const AccessScope& scope, const CostEventSearch& search) {
    if (auto checked = check(search); !checked) {
        return checked.error();
    }
    CostEventPage page;
    bool is_sound = true;
    TimePoint end = search.time.end;
    if (search.after) {
        end = std::min(end, search.after->ts + std::chrono::microseconds{1});
    }
    std::chrono::microseconds length = kFirstStretch;
    while (end > search.time.begin && page.rows.size() <= search.limit) {
        const TimePoint begin =
            end - search.time.begin <= length ? search.time.begin : end - length;
        const detail::Statement statement = statement_of(
            session.engine(), scope, search, {begin, end}, search.limit + 1 - page.rows.size());
        const auto done =
            session.each(statement.text(), statement.parameters(), [&](const sql::Row& row) {
                is_sound = read(row, page.rows.emplace_back()) && is_sound;
            });
        if (!done) {
            return done.error();
        }
        end = begin;
        length *= 2;
    }
    if (!is_sound) {
        return Error{
            Errc::storage_unavailable, "costs: a stored id or amount is not what it should be"};
    }
    if (page.rows.size() > search.limit) {
        page.rows.pop_back();
        page.next = RequestCursor{page.rows.back().occurred_at, page.rows.back().id};
    }
    return page;
}

}  // namespace pulse::storage
