#include "storage/queries/top_consumers.h"

#include "storage/queries/change.h"
#include "storage/queries/detail/cost_sums.h"
#include "storage/queries/detail/request_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace pulse::storage {
namespace {

[[nodiscard]] bool costs_more(const Consumer& a, const Consumer& b) {
    return a.cost != b.cost ? a.cost > b.cost : a.value < b.value;
}

/// Keeps the best of all that pass by: a heap with the cheapest on top.
void keep_best(std::vector<Consumer>& best, Consumer consumer, std::size_t count) {
    best.push_back(std::move(consumer));
    std::push_heap(best.begin(), best.end(), costs_more);
    if (best.size() > count) {
        std::pop_heap(best.begin(), best.end(), costs_more);
        best.pop_back();
    }
}

/// Requests by value, of the values that are shown.
[[nodiscard]] Result<void> count_requests(
    sql::Session& session,
    const AccessScope& scope,
    Dimension dimension,
    const Stretch& time,
    std::vector<TopConsumers>& tops) {
    std::vector<std::string> values;
    for (const TopConsumers& top : tops) {
        for (const Consumer& consumer : top.consumers) {
            values.push_back(consumer.value.value_or(std::string{}));
        }
    }
    if (values.empty() || !is_of_requests(dimension)) {
        return {};
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    std::map<std::string, std::int64_t, std::less<>> requests;
    const Stretch stretches[] = {time};
    auto done = detail::each_request_sum(
        session,
        {scope, stretches, dimension, dimension, values},
        [&](const detail::RequestSum& sum) { requests[std::string{sum.value}] += sum.requests; });
    if (!done) {
        return done;
    }
    for (TopConsumers& top : tops) {
        for (Consumer& consumer : top.consumers) {
            consumer.requests = requests[consumer.value.value_or(std::string{})];
        }
    }
    return {};
}

}  // namespace

Result<std::vector<TopConsumers>> top_consumers(
    sql::Session& session,
    const AccessScope& scope,
    const CostFilter& filter,
    Dimension dimension,
    const Stretch& time,
    std::size_t count,
    CostType type) {
    if (count == 0 || count > kTopConsumersMax) {
        return Error{
            Errc::invalid_request, fmt::format("must be between 1 and {}", kTopConsumersMax)};
    }
    if (time.begin >= time.end) {
        return Error{Errc::invalid_request, "to: must be later than from"};
    }
    if (auto checked = check(filter); !checked) {
        return checked.error();
    }
    const Stretch stretches[] = {time};
    const detail::SumKey keys[] = {dimension};
    std::map<std::string, TopConsumers, std::less<>> by_currency;
    auto done = detail::each_cost_sum(
        session,
        {scope, filter, stretches, keys, type, std::numeric_limits<std::int64_t>::max()},
        [&](const detail::CostSum& sum) {
            TopConsumers& top = by_currency[std::string{sum.currency}];
            top.total += sum.amount;
            ++top.others;
            Consumer consumer;
            const std::string_view value = sum.values.front();
            consumer.value = value.empty() ? std::nullopt : std::optional{std::string{value}};
            consumer.cost = sum.amount;
            consumer.events = sum.events;
            keep_best(top.consumers, std::move(consumer), count);
        });
    if (!done) {
        return done.error();
    }
    std::vector<TopConsumers> tops;
    for (auto& [currency, top] : by_currency) {
        top.currency = currency;
        top.others -= top.consumers.size();
        std::sort(top.consumers.begin(), top.consumers.end(), costs_more);
        for (Consumer& consumer : top.consumers) {
            consumer.share = percent_of(consumer.cost, top.total);
        }
        tops.push_back(std::move(top));
    }
    if (auto counted = count_requests(session, scope, dimension, time, tops); !counted) {
        return counted.error();
    }
    return tops;
}

}  // namespace pulse::storage
