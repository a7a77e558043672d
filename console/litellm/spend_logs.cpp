#include "base/digest.h"
#include "base/hex.h"
#include "base/rfc3339.h"
#include "console/api/fields.h"
#include "console/api/scope.h"
#include "console/litellm/json_writer.h"
#include "console/litellm/paths.h"
#include "storage/queries/cost_query.h"
#include "storage/queries/request_search.h"
#include "storage/tables/keys.h"

#include <boost/json/object.hpp>

#include <map>

namespace pulse::console::litellm {
namespace {

namespace json = boost::json;
using storage::AccessScope;
using storage::RequestSearch;
using storage::RequestSummary;

/// What the query asks for.
struct Asked {
    std::string key_id;
    std::string user;
    std::string request_id;
    storage::Stretch time;
    bool is_summary = false;
    std::size_t limit = RequestSearch::kRowsMax;
};

[[nodiscard]] HttpResponse with_body(std::string body) {
    HttpResponse response;
    response.body = std::move(body);
    return response;
}

/// The id of a key that is named by itself, its SHA-256 or its id.
[[nodiscard]] Result<std::string> key_id_of(const Call& call, const std::string& asked) {
    for (const std::string& hash : {to_hex(sha256(asked)), asked}) {
        const auto row = storage::find_key_by_hash(call.session(), hash);
        if (!row) {
            return row.error();
        }
        if (*row) {
            return (*row)->id;
        }
    }
    return asked;
}

[[nodiscard]] Result<Asked> read_query(const Call& call, const TimeZone& zone) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    Asked asked;
    const std::string key = query->text("api_key", 256);
    asked.user = query->text("user_id", 256);
    asked.request_id = query->text("request_id", 36);
    const auto from = query->time("start_date");
    const auto to = query->time("end_date");
    const std::string summarize = query->text("summarize");
    if (!summarize.empty() && summarize != "true" && summarize != "false") {
        query->problem("summarize", "takes true or false");
    }
    asked.limit = static_cast<std::size_t>(
        query->number("limit", RequestSearch::kRowsMax, 1, RequestSearch::kRowsMax));
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    // Both days are meant, by the organisation's calendar.
    const auto start_of = [&](TimePoint date) {
        return storage::start_of(zone, std::chrono::floor<std::chrono::days>(date));
    };
    asked.time.begin = from ? start_of(*from) : TimePoint{};
    asked.time.end =
        to ? start_of(*to + std::chrono::days{1}) : call.now + std::chrono::microseconds{1};
    asked.is_summary = from && to && asked.request_id.empty() && summarize != "false";
    if (!key.empty()) {
        auto id = key_id_of(call, key);
        if (!id) {
            return id.error();
        }
        asked.key_id = *std::move(id);
    }
    return asked;
}

[[nodiscard]] std::string row_of(const RequestSummary& row) {
    const auto end = row.ts + std::chrono::microseconds{row.latency_us};
    return JsonWriter{}
        .text("request_id", row.id.to_string())
        .text("call_type", row.api)
        .text("api_key", row.key_id)
        .amount("spend", row.cost)
        .value("total_tokens", row.input_tokens + row.output_tokens)
        .value("prompt_tokens", row.input_tokens)
        .value("completion_tokens", row.output_tokens)
        .text("startTime", rfc3339_micros(row.ts))
        .text("endTime", rfc3339_micros(end))
        .text("model", row.model_served.empty() ? row.model_requested : row.model_served)
        .text("model_group", row.model_requested)
        .text("custom_llm_provider", row.provider)
        .text("user", row.user)
        .text_or_null("team_id", row.team)
        .text_or_null("end_user", row.end_user)
        .text("status", row.outcome == "answered" ? "success" : "failure")
        .raw("metadata", "{}")
        .raw("request_tags", "[]")
        .text("cache_hit", "False")
        .finish();
}

[[nodiscard]] Result<HttpResponse> rows_of(const Call& call, const Asked& asked) {
    RequestSearch search;
    search.time = asked.time;
    search.id = asked.request_id;
    search.limit = asked.limit;
    if (!asked.key_id.empty()) {
        search.keys = {asked.key_id};
    }
    if (!asked.user.empty()) {
        search.users = {asked.user};
    }
    const auto page = storage::search_requests(
        call.session(), AccessScope::organisation(call.access.org), search);
    if (!page) {
        return page.error();
    }
    std::string body = "[";
    for (const RequestSummary& row : page->rows) {
        body.append(body.size() > 1 ? "," : "").append(row_of(row));
    }
    return with_body(body + "]");
}

/// A day's sums: in all, by key, by user, by model.
struct Day {
    Money spend;
    std::map<std::string, Money> keys;
    std::map<std::string, Money> users;
    std::map<std::string, Money> models;
};

[[nodiscard]] std::string sums_of(const std::map<std::string, Money>& sums) {
    JsonWriter out;
    for (const auto& [name, amount] : sums) {
        out.amount(name, amount);
    }
    return out.finish();
}

[[nodiscard]] Result<HttpResponse> days_of(
    const Call& call, const Asked& asked, const TimeZone& zone) {
    storage::CostQuery question;
    question.time = asked.time;
    question.filter.dimensions[storage::Dimension::source] = {"AI"};
    if (!asked.key_id.empty()) {
        question.filter.dimensions[storage::Dimension::key] = {asked.key_id};
    }
    if (!asked.user.empty()) {
        question.filter.dimensions[storage::Dimension::user] = {asked.user};
    }
    for (const std::string_view word : {"day", "key", "user", "model"}) {
        auto key = storage::parse_group_key(word);
        if (!key) {
            return key.error();
        }
        question.group_by.push_back(*std::move(key));
    }
    question.limit = storage::CostQuery::kRowsMax;
    const auto answer = storage::query_costs(
        call.session(), AccessScope::organisation(call.access.org), question, zone);
    if (!answer) {
        return answer.error();
    }
    std::map<std::string, Day> days;
    for (const storage::CostRow& row : answer->rows) {
        const auto value = [&](std::size_t i) {
            return row.values[i].value_or(std::string{});
        };
        Day& day = days[value(0)];
        day.spend += row.amount;
        day.keys[value(1)] += row.amount;
        day.users[value(2)] += row.amount;
        day.models[value(3)] += row.amount;
    }
    std::string body = "[";
    for (const auto& [date, day] : days) {
        JsonWriter out;
        out.text("startTime", date).amount("spend", day.spend);
        for (const auto& [key, amount] : day.keys) {
            out.amount(key, amount);
        }
        out.raw("users", sums_of(day.users)).raw("models", sums_of(day.models));
        body.append(body.size() > 1 ? "," : "").append(out.finish());
    }
    return with_body(body + "]");
}

}  // namespace

Handle spend_logs(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        const auto calendar = calendar_of(call, time_zone);
        if (!calendar) {
            return calendar.error();
        }
        const auto asked = read_query(call, calendar->zone);
        if (!asked) {
            return asked.error();
        }
        return asked->is_summary ? days_of(call, *asked, calendar->zone) : rows_of(call, *asked);
    };
}

}  // namespace pulse::console::litellm
