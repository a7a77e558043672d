#include "storage/queries/kpis.h"

#include "base/rfc3339.h"
#include "console/api/money_json.h"
#include "console/api/routes.h"
#include "console/api/scope.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::CurrencyKpis;

[[nodiscard]] json::object kpis_json(const CurrencyKpis& kpis) {
    return {
        {"currency", kpis.currency},
        {"today", money_json(kpis.today)},
        {"month_to_date", money_json(kpis.month_to_date)},
        {"last_month_same_days", money_json(kpis.last_month_same_days)},
        {"last_month", money_json(kpis.last_month)},
        {"month_over_month",
         json::object{
             {"same_days", change_json(kpis.against_same_days)},
             {"full_month", change_json(kpis.against_last_month)}}},
        {"forecast", money_json(kpis.forecast)},
        {"forecast_over_last_month", change_json(kpis.forecast_against_last_month)}};
}

[[nodiscard]] Result<HttpResponse> kpis_of(const Call& call, const RouteParts& parts) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::CostFilter filter = read_filter(*query);
    const storage::CostType type = read_cost_type(*query);
    const std::string currency = query->text("currency", 3);
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    const auto calendar = calendar_of(call, parts.default_time_zone);
    const auto scope = scope_of(call);
    if (!calendar || !scope) {
        return calendar ? scope.error() : calendar.error();
    }
    const auto kpis = storage::cost_kpis(
        call.session(),
        *scope,
        filter,
        type,
        calendar->zone,
        call.now,
        currency.empty() ? std::string{kFallbackCurrency} : currency);
    if (!kpis) {
        return kpis.error();
    }
    std::vector<std::string> currencies;
    json::array all;
    const CurrencyKpis* first = &kpis->currencies.front();
    for (const CurrencyKpis& one : kpis->currencies) {
        currencies.push_back(one.currency);
        all.emplace_back(kpis_json(one));
        first = one.currency == kFallbackCurrency ? &one : first;
    }
    if (auto same = check_currency(currencies, currency); !same) {
        return same.error();
    }
    json::object out = kpis_json(*first);
    out["currencies"] = std::move(all);
    out["as_of"] = rfc3339_seconds(call.now);
    out["time_zone"] = calendar->name;
    return json_response(out);
}

}  // namespace

Handle show_kpis(const RouteParts& parts) {
    return [parts](const Call& call) {
        return kpis_of(call, parts);
    };
}

}  // namespace pulse::console
