#include "storage/queries/cost_events.h"

#include "base/rfc3339.h"
#include "console/api/money_json.h"
#include "console/api/page.h"
#include "console/api/routes.h"
#include "console/api/scope.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;

[[nodiscard]] json::value tags_json(const std::string& text) {
    boost::system::error_code failed;
    json::value tags = json::parse(text.empty() ? "{}" : text, failed);
    return failed || !tags.is_object() ? json::value(json::object{}) : tags;
}

[[nodiscard]] json::object event_json(const storage::CostEvent& event) {
    return {
        {"id", event.id.to_string()},
        {"occurred_at", rfc3339_micros(event.occurred_at)},
        {"source", event.source},
        {"provider", text_or_null(event.provider)},
        {"service", text_or_null(event.service)},
        {"resource_type", text_or_null(event.resource_type)},
        {"usage_type", text_or_null(event.usage_type)},
        {"charge_type", text_or_null(event.charge_type)},
        {"account", text_or_null(event.account)},
        {"region", text_or_null(event.region)},
        {"team", text_or_null(event.team)},
        {"project", text_or_null(event.project)},
        {"app", text_or_null(event.app)},
        {"client", text_or_null(event.client)},
        {"user", text_or_null(event.user)},
        {"model", text_or_null(event.model)},
        {"key", text_or_null(event.key_id)},
        {"quantity", money_json(event.quantity)},
        {"unit", event.unit},
        {"amount", money_json(event.amount)},
        {"net_amount", money_json(event.net_amount)},
        {"amortized_amount", money_json(event.amortized_amount)},
        {"currency", event.currency},
        {"tags", tags_json(event.tags_json)},
        {"batch_id", text_or_null(event.batch_id)},
        {"request_id", text_or_null(event.request_id)}};
}

[[nodiscard]] Result<HttpResponse> events_of(const Call& call, const RouteParts& parts) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const auto calendar = calendar_of(call, parts.default_time_zone);
    const auto scope = scope_of(call);
    if (!calendar || !scope) {
        return calendar ? scope.error() : calendar.error();
    }
    storage::CostEventSearch search;
    search.time = read_stretch(*query, calendar->zone, call.now);
    search.filter = read_filter(*query);
    search.limit = static_cast<std::size_t>(page_limit(*query));
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
    const auto page = storage::search_cost_events(call.session(), *scope, search);
    if (!page) {
        return page.error();
    }
    json::array events;
    for (const storage::CostEvent& event : page->rows) {
        events.emplace_back(event_json(event));
    }
    return json_response(json::object{
        {"events", std::move(events)},
        {"next", page->next ? json::value(to_string(*page->next)) : json::value(nullptr)}});
}

}  // namespace

Handle list_cost_events(const RouteParts& parts) {
    return [parts](const Call& call) {
        return events_of(call, parts);
    };
}

}  // namespace pulse::console
