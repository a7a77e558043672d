#include "storage/queries/request_search.h"

#include "storage/queries/detail/request_search_sql.h"
#include "storage/queries/id_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace pulse::storage {
namespace {

using std::chrono::days;

constexpr TimePoint kLatest{
    std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}.time_since_epoch()};

[[nodiscard]] Result<void> check(const RequestSearch& search) {
    if (search.time.begin >= search.time.end) {
        return Error{Errc::invalid_request, "to: must be later than from"};
    }
    if (search.time.begin < TimePoint{} || search.time.end > kLatest) {
        return Error{Errc::invalid_request, "from and to: must lie between 1970 and 9999"};
    }
    if (search.limit == 0 || search.limit > RequestSearch::kRowsMax) {
        return Error{
            Errc::invalid_request,
            fmt::format("limit: must be between 1 and {}", RequestSearch::kRowsMax)};
    }
    std::size_t values = search.statuses.size() + search.outcomes.size();
    for (const auto* list :
         {&search.keys,
          &search.teams,
          &search.projects,
          &search.users,
          &search.apps,
          &search.clients,
          &search.end_users,
          &search.providers,
          &search.models,
          &search.error_codes}) {
        values += list->size();
    }
    if (values > RequestSearch::kValuesMax) {
        return Error{
            Errc::invalid_request,
            fmt::format(
                "{} values to search for: at most {} are allowed",
                values,
                RequestSearch::kValuesMax)};
    }
    return {};
}

/// The columns of detail::request_search_statement(), in its order. Whether the row was sound.
[[nodiscard]] bool read(const sql::Row& row, RequestSummary& summary) {
    const std::optional<Uuid> id = row.uuid(0);
    summary.id = id.value_or(Uuid{});
    summary.ts = row.time(1);
    int column = 2;
    for (std::string* text :
         {&summary.key_id,
          &summary.team,
          &summary.project,
          &summary.user,
          &summary.app,
          &summary.client,
          &summary.end_user,
          &summary.dialect,
          &summary.api,
          &summary.provider,
          &summary.model_requested,
          &summary.model_served,
          &summary.outcome,
          &summary.error_code,
          &summary.cost_status,
          &summary.currency}) {
        *text = row.text(column++);
    }
    const std::optional<Money> cost = row.money(column++);
    summary.cost = cost.value_or(Money{});
    for (std::int64_t* count :
         {&summary.status,
          &summary.attempts,
          &summary.input_tokens,
          &summary.cached_tokens,
          &summary.output_tokens,
          &summary.latency_us}) {
        *count = row.integer(column++);
    }
    if (!row.is_null(column)) {
        summary.ttft_us = row.integer(column);
    }
    summary.stream = row.boolean(column + 1);
    return id && cost;
}

/// Leaves of the time what the id and the cursor leave of it. A row's time is the time in its id.
[[nodiscard]] Result<void> narrow(RequestSearch& search) {
    const auto until = [&](TimePoint last) {
        search.time.end = std::min(search.time.end, last + std::chrono::milliseconds{1});
    };
    if (!search.id.empty()) {
        const Result<IdRange> ids = ids_with_prefix(search.id);
        if (!ids) {
            return ids.error();
        }
        search.time.begin = std::max(search.time.begin, ids->first.time());
        until(ids->last.time());
    }
    if (search.after) {
        until(search.after->ts);
    }
    return {};
}

[[nodiscard]] Result<void> read_window(
    sql::Session& session,
    const AccessScope& scope,
    const RequestSearch& window,
    std::vector<RequestSummary>& rows) {
    const Result<detail::Statement> statement =
        detail::request_search_statement(session.engine(), scope, window);
    if (!statement) {
        return statement.error();
    }
    bool is_sound = true;
    const auto done =
        session.each(statement->text(), statement->parameters(), [&](const sql::Row& row) {
            is_sound = read(row, rows.emplace_back()) && is_sound;
        });
    if (done && !is_sound) {
        return Error{
            Errc::storage_unavailable, "requests: a stored id or amount is not what it should be"};
    }
    return done;
}

/// A page is looked for in the newest day, then in the four before it, the sixteen before those …:
/// most pages are full after the first, and PostgreSQL plans for each partition of the time it is
/// asked for.
constexpr int kGrowth = 4;

}  // namespace

Result<RequestPage> search_requests(
    sql::Session& session, const AccessScope& scope, const RequestSearch& search) {
    if (auto checked = check(search); !checked) {
        return checked.error();
    }
    RequestPage page;
    RequestSearch window = search;
    window.limit = search.limit + 1;
    if (auto narrowed = narrow(window); !narrowed) {
        return narrowed.error();
    }
    const TimePoint oldest = window.time.begin;
    for (days width{1}; window.time.end > oldest; width *= kGrowth) {
        window.time.begin =
            std::max(oldest, TimePoint{std::chrono::ceil<days>(window.time.end) - width});
        if (auto read = read_window(session, scope, window, page.rows); !read) {
            return read.error();
        }
        if (page.rows.size() > search.limit) {
            break;
        }
        window.limit = search.limit + 1 - page.rows.size();
        window.time.end = window.time.begin;
    }
    if (page.rows.size() > search.limit) {
        page.rows.pop_back();
        page.next = RequestCursor{page.rows.back().ts, page.rows.back().id};
    }
    return page;
}

}  // namespace pulse::storage
