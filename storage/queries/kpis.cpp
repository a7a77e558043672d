#include "storage/queries/kpis.h"

#include "storage/queries/calendar.h"
#include "storage/queries/detail/cost_sums.h"
#include "storage/queries/forecast.h"

#include <algorithm>
#include <array>
#include <map>

namespace pulse::storage {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// The stretches that all figures are made of, none inside another.
enum Part : std::size_t { last_month_same_days, last_month_rest, full_days, today, kParts };
using Amounts = std::array<Money, kParts>;
using ByCurrency = std::map<std::string, Amounts, std::less<>>;

struct Months {
    sys_days last;   ///< the first of last month
    sys_days first;  ///< the first of this one
    sys_days today;
    sys_days next;
    sys_days same_end;  ///< behind as many days of last month

    explicit Months(sys_days date)
        : last(first_of_month(first_of_month(date) - days{1})),
          first(first_of_month(date)),
          today(date),
          next(first_of_month(first + days{31})),
          same_end(std::min(first, last + (date - first) + days{1})) {}
};

[[nodiscard]] std::array<Stretch, kParts> stretches_of(const Months& months, const TimeZone& zone) {
    const auto between = [&](sys_days begin, sys_days end) {
        return Stretch{start_of(zone, begin), start_of(zone, end)};
    };
    return {
        between(months.last, months.same_end),
        between(months.same_end, months.first),
        between(months.first, months.today),
        between(months.today, months.today + days{1})};
}

[[nodiscard]] CurrencyKpis make_kpis(
    const std::string& currency, const Amounts& amounts, const Months& months) {
    CurrencyKpis kpis;
    kpis.currency = currency;
    kpis.today = amounts[today];
    kpis.month_to_date = amounts[full_days] + amounts[today];
    kpis.last_month_same_days = amounts[last_month_same_days];
    kpis.last_month = amounts[last_month_same_days] + amounts[last_month_rest];
    kpis.against_same_days = change_between(kpis.last_month_same_days, kpis.month_to_date);
    kpis.against_last_month = change_between(kpis.last_month, kpis.month_to_date);
    kpis.forecast = forecast_month(
        {amounts[full_days],
         amounts[today],
         kpis.last_month,
         (months.today - months.first).count() + 1,
         (months.next - months.first).count(),
         (months.first - months.last).count()});
    kpis.forecast_against_last_month = change_between(kpis.last_month, kpis.forecast);
    return kpis;
}

[[nodiscard]] std::vector<CurrencyKpis> make_kpis(
    const ByCurrency& by_currency, const Months& months) {
    std::vector<CurrencyKpis> kpis;
    for (const auto& [currency, amounts] : by_currency) {
        kpis.push_back(make_kpis(currency, amounts, months));
    }
    return kpis;
}

}  // namespace

Result<Kpis> cost_kpis(
    sql::Session& session,
    const AccessScope& scope,
    const CostFilter& filter,
    CostType type,
    const TimeZone& zone,
    TimePoint now,
    const std::string& fallback_currency) {
    if (auto checked = check(filter); !checked) {
        return checked.error();
    }
    const Months months{local_date(zone, now)};
    const std::array<Stretch, kParts> stretches = stretches_of(months, zone);
    const detail::SumKey keys[] = {detail::ByStretch{}, Dimension::source};
    constexpr std::size_t kRowsMax = 100'000;
    ByCurrency of_all;
    std::map<std::string, ByCurrency, std::less<>> of_sources;
    auto done = detail::each_cost_sum(
        session, {scope, filter, stretches, keys, type, kRowsMax}, [&](const detail::CostSum& sum) {
            const std::string currency{sum.currency};
            of_all[currency][sum.stretch] += sum.amount;
            of_sources[std::string{sum.values.front()}][currency][sum.stretch] = sum.amount;
        });
    if (!done) {
        return done.error();
    }
    if (of_all.empty()) {
        of_all[filter.currency.empty() ? fallback_currency : filter.currency] = {};
    }
    Kpis kpis{months.today, (months.next - months.first).count(), make_kpis(of_all, months), {}};
    for (const auto& [source, amounts] : of_sources) {
        kpis.sources.emplace(source, make_kpis(amounts, months));
    }
    return kpis;
}

}  // namespace pulse::storage
