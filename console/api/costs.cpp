#include "base/rfc3339.h"
#include "console/api/cost_table.h"
#include "console/api/money_json.h"
#include "console/api/routes.h"
#include "console/api/scope.h"
#include "storage/queries/cost_query.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::CostAnswer;

enum class Format : std::uint8_t { json, csv, markdown };

[[nodiscard]] Format read_format(QueryFields& query) {
    const std::string format = query.text("format");
    if (format == "csv") {
        return Format::csv;
    }
    if (format == "md") {
        return Format::markdown;
    }
    if (format == "xlsx") {
        query.problem("format", "xlsx is not served by this version yet; take json, csv or md");
    } else if (!format.empty() && format != "json") {
        query.problem("format", "takes json, csv or md");
    }
    return Format::json;
}

[[nodiscard]] storage::Granularity read_granularity(QueryFields& query) {
    const std::string granularity = query.text("granularity");
    if (granularity == "day") {
        return storage::Granularity::day;
    }
    if (granularity == "month") {
        return storage::Granularity::month;
    }
    if (!granularity.empty() && granularity != "total") {
        query.problem("granularity", "takes total, day or month");
    }
    return storage::Granularity::total;
}

[[nodiscard]] std::vector<storage::GroupKey> read_group_by(QueryFields& query) {
    std::vector<storage::GroupKey> keys;
    for (const std::string& word : read_values(query, "group_by")) {
        const auto key = storage::parse_group_key(word);
        if (!key) {
            query.problem("group_by", key.error().detail());
            return keys;
        }
        keys.push_back(*key);
    }
    return keys;
}

[[nodiscard]] json::value value_or_null(const std::optional<std::string>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

[[nodiscard]] json::object answer_json(const CostAnswer& answer, const std::string& wanted) {
    json::array rows;
    for (const storage::CostRow& row : answer.rows) {
        json::object shown;
        for (std::size_t i = 0; i < answer.keys.size(); ++i) {
            shown[storage::to_string(answer.keys[i])] = value_or_null(row.values[i]);
        }
        shown["amount"] = money_json(row.amount);
        shown["currency"] = row.currency;
        rows.emplace_back(std::move(shown));
    }
    json::array totals;
    for (const storage::CurrencyTotal& total : answer.totals) {
        totals.emplace_back(
            json::object{{"amount", money_json(total.amount)}, {"currency", total.currency}});
    }
    json::object out;
    if (answer.totals.size() > 1) {
        out["total"] = nullptr;  // no sum over currencies
        out["currency"] = nullptr;
    } else if (answer.totals.empty()) {
        out["total"] = "0";
        out["currency"] = wanted.empty() ? std::string{kFallbackCurrency} : wanted;
    } else {
        out["total"] = money_json(answer.totals.front().amount);
        out["currency"] = answer.totals.front().currency;
    }
    out["rows"] = std::move(rows);
    out["totals"] = std::move(totals);
    out["truncated"] = answer.is_truncated;
    return out;
}

[[nodiscard]] HttpResponse as_file(std::string body, std::string_view type, std::string_view name) {
    HttpResponse response;
    response.body = std::move(body);
    response.content_type = type;
    response.fields.emplace_back(
        "content-disposition", "attachment; filename=\"" + std::string{name} + "\"");
    return response;
}

[[nodiscard]] Result<HttpResponse> query_costs_of(const Call& call, const RouteParts& parts) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const auto calendar = calendar_of(call, parts.default_time_zone);
    const auto scope = scope_of(call);
    if (!calendar || !scope) {
        return calendar ? scope.error() : calendar.error();
    }
    storage::CostQuery question;
    question.time = read_stretch(*query, calendar->zone, call.now);
    question.filter = read_filter(*query);
    question.group_by = read_group_by(*query);
    question.granularity = read_granularity(*query);
    question.cost_type = read_cost_type(*query);
    question.limit = static_cast<std::size_t>(
        query->number("limit", storage::CostQuery::kRowsDefault, 1, storage::CostQuery::kRowsMax));
    const std::string currency = query->text("currency", 3);
    const Format format = read_format(*query);
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    const auto answer = storage::query_costs(call.session(), *scope, question, calendar->zone);
    if (!answer) {
        return answer.error();
    }
    std::vector<std::string> currencies;
    for (const storage::CurrencyTotal& total : answer->totals) {
        currencies.push_back(total.currency);
    }
    if (auto same = check_currency(currencies, currency); !same) {
        return same.error();
    }
    switch (format) {
        case Format::csv:
            return as_file(to_csv(*answer), "text/csv; charset=utf-8", "costs.csv");
        case Format::markdown:
            return as_file(to_markdown(*answer), "text/markdown; charset=utf-8", "costs.md");
        case Format::json:
            break;
    }
    return json_response(answer_json(*answer, currency));
}

}  // namespace

Handle query_costs(const RouteParts& parts) {
    return [parts](const Call& call) {
        return query_costs_of(call, parts);
    };
}

}  // namespace pulse::console
