#include "policy/limits/scope_counters.h"

#include "base/assert.h"
#include "policy/limits/refusal.h"

#include <algorithm>

namespace pulse::policy {
namespace {

[[nodiscard]] std::size_t index_of(Period period) {
    return static_cast<std::size_t>(period);
}

void set_limit(
    std::unique_ptr<SlidingRate>& rate, const std::optional<std::int64_t>& limit, TimePoint now) {
    if (limit && rate == nullptr) {
        rate = std::make_unique<SlidingRate>(*limit);
    } else if (limit) {
        rate->set_limit(*limit);
    }
    if (rate != nullptr) {
        rate->advance(now);
    }
}

[[nodiscard]] std::chrono::milliseconds until(TimePoint end, TimePoint now) {
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(end - now, (end - end)));
}

}  // namespace

PeriodCounter& ScopeCounters::counter(Period period) {
    const auto found = std::find_if(periods_.begin(), periods_.end(), [&](const auto& known) {
        return known.period == period;
    });
    return found != periods_.end() ? *found : periods_.emplace_back(period);
}

const PeriodCounter& ScopeCounters::counter(Period period) const {
    const auto found = std::find_if(periods_.begin(), periods_.end(), [&](const auto& known) {
        return known.period == period;
    });
    PULSE_ASSERT(found != periods_.end());
    return *found;
}

void ScopeCounters::advance(
    const ScopeLimits& limits, TimePoint now, const WindowCalendar& calendar) {
    set_limit(requests_, limits.requests_per_minute, now);
    set_limit(tokens_, limits.tokens_per_minute, now);
    for (const Budget& budget : limits.budgets) {
        static_cast<void>(counter(budget.period));
    }
    if (limits.requests_per_day || limits.tokens_per_day) {
        static_cast<void>(counter(Period::day));
    }
    for (PeriodCounter& known : periods_) {
        known.advance(now, calendar);
    }
}

std::optional<Verdict> ScopeCounters::find_refusal(
    LimitKind kind, const ScopeLimits& limits, const Need& need) const {
    const ScopeName name{limits.scope, limits.id};
    switch (kind) {
        case LimitKind::budget:
            return find_budget_refusal(limits, need.ceiling);
        case LimitKind::requests_per_day:
            if (limits.requests_per_day &&
                counter(Period::day).requests >= *limits.requests_per_day) {
                const PeriodCounter& day = counter(Period::day);
                return refuse_for_day(
                    name, {"requests", *limits.requests_per_day, day.requests, 1}, day.end);
            }
            return std::nullopt;
        case LimitKind::tokens_per_day:
            if (limits.tokens_per_day &&
                counter(Period::day).tokens + need.tokens > *limits.tokens_per_day) {
                const PeriodCounter& day = counter(Period::day);
                return refuse_for_day(
                    name, {"tokens", *limits.tokens_per_day, day.tokens, need.tokens}, day.end);
            }
            return std::nullopt;
        case LimitKind::tokens_per_minute:
            if (limits.tokens_per_minute && !tokens_->fits(need.tokens)) {
                return refuse_for_minute(
                    name,
                    {"tokens", *limits.tokens_per_minute, tokens_->used(), need.tokens},
                    tokens_->wait_for(need.tokens, need.now));
            }
            return std::nullopt;
        case LimitKind::requests_per_minute:
            if (limits.requests_per_minute && !requests_->fits(1)) {
                return refuse_for_minute(
                    name,
                    {"requests", *limits.requests_per_minute, requests_->used(), 1},
                    requests_->wait_for(1, need.now));
            }
            return std::nullopt;
        case LimitKind::parallel_requests:
            if (limits.max_parallel_requests && running_ >= *limits.max_parallel_requests) {
                return refuse_for_parallel(name, *limits.max_parallel_requests, running_);
            }
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Verdict> ScopeCounters::find_budget_refusal(
    const ScopeLimits& limits, Money ceiling) const {
    for (const Budget& budget : limits.budgets) {
        const PeriodCounter& known = counter(budget.period);
        if (!budget.soft && known.spent + known.reserved + ceiling > budget.limit) {
            return refuse_for_budget(
                budget, {known.spent, known.reserved, ceiling, known.resets_at()});
        }
    }
    return std::nullopt;
}

ScopeHold ScopeCounters::apply(const ScopeLimits& limits, const Need& need) {
    ScopeHold hold;
    ++running_;
    if (limits.requests_per_minute) {
        requests_->add(1);
    }
    if (limits.tokens_per_minute) {
        hold.token_bucket = tokens_->add(need.tokens);
    }
    for (PeriodCounter& known : periods_) {
        known.reserved += need.ceiling;
        known.requests += 1;
        known.tokens += need.tokens;
        hold.windows[index_of(known.period)] = known.serial;
    }
    return hold;
}

void ScopeCounters::settle(
    const ScopeHold& hold, const Need& held, Money cost, std::int64_t tokens, TimePoint now) {
    PULSE_ASSERT(running_ > 0 && cost >= Money{});
    --running_;
    const std::int64_t above = tokens - held.tokens;
    for (PeriodCounter& known : periods_) {
        if (hold.windows[index_of(known.period)] == known.serial) {
            known.reserved -= held.ceiling;
            known.spent += cost;
            known.tokens += above;
        }
    }
    if (hold.token_bucket == ScopeHold::kNotCounted || above == 0) {
        return;
    }
    if (now > TimePoint{}) {
        tokens_->advance(now);
    }
    if (above < 0) {
        tokens_->give_back(hold.token_bucket, -above);
    } else {
        tokens_->owe(above);
    }
}

void ScopeCounters::charge(Money cost) {
    for (PeriodCounter& known : periods_) {
        known.spent += cost;
    }
}

void ScopeCounters::restore(
    Period period, Money spent, TimePoint now, const WindowCalendar& calendar) {
    PeriodCounter& known = counter(period);
    if (known.serial == 0) {
        known.advance(now, calendar);
        known.spent = spent;
    }
}

std::optional<Money> ScopeCounters::affordable(const ScopeLimits& limits) const {
    std::optional<Money> least;
    for (const Budget& budget : limits.budgets) {
        if (!budget.soft) {
            const PeriodCounter& known = counter(budget.period);
            const Money left = left_of(budget.limit, known.spent + known.reserved);
            least = least ? std::min(*least, left) : left;
        }
    }
    return least;
}

bool ScopeCounters::is_soft_budget_passed(const ScopeLimits& limits) const {
    return std::any_of(limits.budgets.begin(), limits.budgets.end(), [&](const Budget& budget) {
        const PeriodCounter& known = counter(budget.period);
        return budget.soft && known.spent + known.reserved > budget.limit;
    });
}

bool ScopeCounters::is_budget_nearly_spent(const ScopeLimits& limits) const {
    return std::any_of(limits.budgets.begin(), limits.budgets.end(), [&](const Budget& budget) {
        const PeriodCounter& known = counter(budget.period);
        return is_nearly(known.spent + known.reserved, budget.limit);
    });
}

RateState ScopeCounters::rates(const ScopeLimits& limits, TimePoint now) const {
    RateState state;
    if (limits.requests_per_minute) {
        state.requests_limit = requests_->limit();
        state.requests_remaining = requests_->remaining();
        state.requests_reset = requests_->wait_until_clear(now);
    } else if (limits.requests_per_day) {
        const PeriodCounter& day = counter(Period::day);
        state.requests_limit = *limits.requests_per_day;
        state.requests_remaining = std::max<std::int64_t>(0, state.requests_limit - day.requests);
        state.requests_reset = until(day.end, now);
    }
    if (limits.tokens_per_minute) {
        state.tokens_limit = tokens_->limit();
        state.tokens_remaining = tokens_->remaining();
        state.tokens_reset = tokens_->wait_until_clear(now);
    } else if (limits.tokens_per_day) {
        const PeriodCounter& day = counter(Period::day);
        state.tokens_limit = *limits.tokens_per_day;
        state.tokens_remaining = std::max<std::int64_t>(0, state.tokens_limit - day.tokens);
        state.tokens_reset = until(day.end, now);
    }
    return state;
}

std::vector<BudgetStanding> ScopeCounters::budgets(const ScopeLimits& limits) const {
    std::vector<BudgetStanding> standings;
    for (const Budget& budget : limits.budgets) {
        const PeriodCounter& known = counter(budget.period);
        standings.push_back(
            {budget,
             known.spent,
             known.reserved,
             left_of(budget.limit, known.spent + known.reserved),
             known.resets_at()});
    }
    return standings;
}

bool ScopeCounters::is_idle(TimePoint now) const {
    const auto is_empty = [&](const std::unique_ptr<SlidingRate>& rate) {
        if (rate == nullptr) {
            return true;
        }
        SlidingRate by_now = *rate;
        by_now.advance(now);
        return by_now.used() == 0;
    };
    return running_ == 0 && is_empty(requests_) && is_empty(tokens_) &&
           std::all_of(periods_.begin(), periods_.end(), [&](const PeriodCounter& known) {
               return known.is_forgettable(now);
           });
}

}  // namespace pulse::policy
