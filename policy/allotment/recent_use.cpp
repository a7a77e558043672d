#include "policy/allotment/recent_use.h"

#include <algorithm>

namespace pulse::policy {
namespace {

[[nodiscard]] std::int64_t second_of(TimePoint now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

void take_most(Amounts& most, const Amounts& other) {
    most.cost = std::max(most.cost, other.cost);
    most.tokens = std::max(most.tokens, other.tokens);
    most.requests = std::max(most.requests, other.requests);
}

}  // namespace

RecentUse::Second& RecentUse::second(TimePoint now) {
    const std::int64_t at = std::max<std::int64_t>(0, second_of(now));
    Second& place = ring_[static_cast<std::size_t>(at) % ring_.size()];
    if (place.at < at) {
        place = {.at = at, .used = {}, .peak = open_, .largest = {}};
    }
    if (since_ < 0) {
        since_ = at;
    }
    return place;
}

template <class Visit>
void RecentUse::visit_recent(TimePoint now, Visit visit) const {
    const std::int64_t at = second_of(now);
    for (const Second& one : ring_) {
        if (one.at > at - kSpan.count() && one.at <= at) {
            visit(one);
        }
    }
}

void RecentUse::begin(const Need& need) {
    open_.cost += need.ceiling;
    open_.tokens += need.tokens;
    open_.requests += 1;
    Second& current = second(need.now);
    current.used.requests += 1;
    take_most(current.peak, open_);
    take_most(current.largest, {need.ceiling, need.tokens, 1});
}

void RecentUse::end(const Need& need, Money cost, std::int64_t tokens, TimePoint now) {
    open_.cost -= need.ceiling;
    open_.tokens -= need.tokens;
    open_.requests -= 1;
    Second& current = second(now);
    current.used.cost += cost;
    current.used.tokens += tokens;
}

Amounts RecentUse::of(std::chrono::seconds span, TimePoint now) {
    Amounts sum;
    visit_recent(now, [&](const Second& one) {
        sum.cost += one.used.cost;
        sum.tokens += one.used.tokens;
        sum.requests += one.used.requests;
    });
    // A pace that began two seconds ago is that of two seconds.
    const std::int64_t known =
        std::clamp<std::int64_t>(since_ < 0 ? 1 : second_of(now) - since_ + 1, 1, kSpan.count());
    return {
        Money::from_pico(sum.cost.pico() * span.count() / known),
        sum.tokens * span.count() / known,
        (sum.requests * span.count() + known - 1) / known};
}

Amounts RecentUse::peak_open(TimePoint now) {
    Amounts most = open_;
    visit_recent(now, [&](const Second& one) { take_most(most, one.peak); });
    return most;
}

Amounts RecentUse::largest(TimePoint now) {
    Amounts most;
    visit_recent(now, [&](const Second& one) { take_most(most, one.largest); });
    return most;
}

std::int64_t RecentUse::calls(TimePoint now) {
    std::int64_t sum = 0;
    visit_recent(now, [&](const Second& one) { sum += one.used.requests; });
    return sum;
}

}  // namespace pulse::policy
