#include "storage/tables/requests.h"

#include "base/rfc3339.h"
#include "console/api/money_json.h"
#include "console/api/routes.h"
#include "console/api/scope.h"
#include "storage/queries/request_json.h"
#include "storage/queries/request_search.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::Outcome;
using storage::RequestSearch;
using storage::RequestSummary;

constexpr std::int64_t kRowsOtherwise = 50;

[[nodiscard]] json::object summary_json(const RequestSummary& row) {
    return {
        {"id", row.id.to_string()},
        {"ts", rfc3339_micros(row.ts)},
        {"status", row.status},
        {"outcome", row.outcome},
        {"error_code", text_or_null(row.error_code)},
        {"dialect", row.dialect},
        {"api", row.api},
        {"provider", text_or_null(row.provider)},
        {"model_requested", text_or_null(row.model_requested)},
        {"model_served", text_or_null(row.model_served)},
        {"stream", row.stream},
        {"attempts", row.attempts},
        {"input_tokens", row.input_tokens},
        {"cached_tokens", row.cached_tokens},
        {"output_tokens", row.output_tokens},
        {"cost", money_json(row.cost)},
        {"currency", row.currency},
        {"cost_status", row.cost_status},
        {"key", row.key_id},
        {"team", text_or_null(row.team)},
        {"project", text_or_null(row.project)},
        {"user", text_or_null(row.user)},
        {"app", text_or_null(row.app)},
        {"client", text_or_null(row.client)},
        {"end_user", text_or_null(row.end_user)},
        {"latency_us", row.latency_us},
        {"ttft_us", row.ttft_us ? json::value(*row.ttft_us) : json::value(nullptr)}};
}

[[nodiscard]] std::vector<std::int32_t> read_statuses(QueryFields& query) {
    std::vector<std::int32_t> statuses;
    for (const std::string& text : read_values(query, "status")) {
        std::int32_t status = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
        if (error != std::errc{} || end != text.data() + text.size()) {
            query.problem("status", "takes HTTP statuses such as 200 or 429");
        }
        statuses.push_back(status);
    }
    return statuses;
}

[[nodiscard]] std::optional<Outcome> outcome_of(std::string_view word) {
    for (const Outcome outcome :
         {Outcome::answered,
          Outcome::refused,
          Outcome::provider_error,
          Outcome::upstream_failed,
          Outcome::cut,
          Outcome::caller_gone,
          Outcome::internal_error}) {
        if (word == to_string(outcome)) {
            return outcome;
        }
    }
    return std::nullopt;
}

[[nodiscard]] std::vector<Outcome> read_outcomes(QueryFields& query) {
    std::vector<Outcome> outcomes;
    for (const std::string& text : read_values(query, "outcome")) {
        const auto outcome = outcome_of(text);
        if (outcome) {
            outcomes.push_back(*outcome);
        } else {
            query.problem(
                "outcome",
                "takes answered, refused, provider_error, upstream_failed, cut, caller_gone or "
                "internal_error");
        }
    }
    return outcomes;
}

[[nodiscard]] std::optional<bool> read_stream(QueryFields& query) {
    const std::string stream = query.text("stream");
    if (!stream.empty() && stream != "true" && stream != "false") {
        query.problem("stream", "takes true or false");
    }
    return stream.empty() ? std::nullopt : std::optional{stream == "true"};
}

[[nodiscard]] std::optional<Money> read_least_cost(QueryFields& query) {
    const std::string text = query.text("cost_min");
    if (text.empty()) {
        return std::nullopt;
    }
    const auto cost = Money::parse(text);
    if (!cost) {
        query.problem("cost_min", "takes an amount such as 0.25");
        return std::nullopt;
    }
    return *cost;
}

void read_lists(QueryFields& query, RequestSearch& search) {
    const std::pair<std::string_view, std::vector<std::string>&> lists[] = {
        {"key", search.keys},
        {"team", search.teams},
        {"project", search.projects},
        {"user", search.users},
        {"app", search.apps},
        {"client", search.clients},
        {"end_user", search.end_users},
        {"provider", search.providers},
        {"model", search.models},
        {"error_code", search.error_codes}};
    for (const auto& [name, values] : lists) {
        values = read_values(query, name);
    }
}

[[nodiscard]] Result<HttpResponse> requests_of(const Call& call, const RouteParts& parts) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const auto calendar = calendar_of(call, parts.default_time_zone);
    const auto scope = scope_of(call);
    if (!calendar || !scope) {
        return calendar ? scope.error() : calendar.error();
    }
    RequestSearch search;
    search.time = read_stretch(*query, calendar->zone, call.now);
    read_lists(*query, search);
    search.statuses = read_statuses(*query);
    search.outcomes = read_outcomes(*query);
    search.stream = read_stream(*query);
    search.cost_min = read_least_cost(*query);
    search.id = query->text("id", 36);
    search.limit = static_cast<std::size_t>(
        query->number("limit", kRowsOtherwise, 1, RequestSearch::kRowsMax));
    if (const std::string after = query->text("after"); !after.empty()) {
        const auto cursor = storage::parse_request_cursor(after);
        if (cursor) {
            search.after = *cursor;
        } else {
            query->problem("after", "takes `next` of the page before");
        }
    }
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    const auto page = storage::search_requests(call.session(), *scope, search);
    if (!page) {
        return page.error();
    }
    json::array rows;
    for (const RequestSummary& row : page->rows) {
        rows.emplace_back(summary_json(row));
    }
    return json_response(json::object{
        {"requests", std::move(rows)},
        {"next", page->next ? json::value(to_string(*page->next)) : json::value(nullptr)}});
}

}  // namespace

Handle list_requests(const RouteParts& parts) {
    return [parts](const Call& call) {
        return requests_of(call, parts);
    };
}

Result<HttpResponse> get_request(const Call& call) {
    const Error unknown{Errc::not_found, "there is no request with this id among those you see"};
    const auto id = Uuid::parse(call.parameter("id"));
    if (!id) {
        return unknown;
    }
    const auto scope = scope_of(call);
    if (!scope) {
        return scope.error();
    }
    // The search knows what the scope lets see.
    RequestSearch search;
    search.time = {id->time(), id->time() + std::chrono::milliseconds{1}};
    search.id = id->to_string();
    search.limit = 1;
    const auto seen = storage::search_requests(call.session(), *scope, search);
    if (!seen) {
        return seen.error();
    }
    if (seen->rows.empty()) {
        return unknown;
    }
    const auto stored = storage::request(call.session(), *id);
    if (!stored) {
        return stored.error();
    }
    if (*stored == nullptr) {
        return unknown;
    }
    HttpResponse response;
    response.body = storage::to_json((*stored)->decoded.record);
    return response;
}

}  // namespace pulse::console
