#include "policy/limits/key_counters.h"

#include "base/assert.h"
#include "policy/limits/refusal.h"

#include <algorithm>

namespace pulse::policy {
namespace {

constexpr std::int64_t kTokensMax = 1'000'000'000'000'000;  // so that sums cannot overflow

[[nodiscard]] std::int64_t bounded(std::int64_t tokens) {
    return std::clamp<std::int64_t>(tokens, 0, kTokensMax);
}

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

PeriodCounter& KeyCounters::counter(Period period) {
    const auto found = std::find_if(periods_.begin(), periods_.end(), [&](const auto& known) {
        return known.period == period;
    });
    return found != periods_.end() ? *found : periods_.emplace_back(period);
}

const PeriodCounter& KeyCounters::counter(Period period) const {
    const auto found = std::find_if(periods_.begin(), periods_.end(), [&](const auto& known) {
        return known.period == period;
    });
    PULSE_ASSERT(found != periods_.end());
    return *found;
}

void KeyCounters::advance(const Policy& policy, TimePoint now, const WindowCalendar& calendar) {
    set_limit(requests_, policy.requests_per_minute, now);
    set_limit(tokens_, policy.tokens_per_minute, now);
    for (const Budget& budget : policy.budgets) {
        static_cast<void>(counter(budget.period));
    }
    if (policy.requests_per_day || policy.tokens_per_day) {
        static_cast<void>(counter(Period::day));
    }
    for (PeriodCounter& known : periods_) {
        known.advance(now, calendar);
    }
}

Verdict KeyCounters::admit(const Ask& ask, const WindowCalendar& calendar, Hold& hold) {
    PULSE_ASSERT(ask.ceiling >= Money{});
    const Policy& policy = ask.key->policy;
    const std::int64_t tokens = bounded(ask.tokens);
    advance(policy, ask.now, calendar);
    if (std::optional<Verdict> refusal = find_refusal(ask, tokens)) {
        refusal->rates = rates(policy, ask.now);
        return *std::move(refusal);
    }
    hold = apply(ask, tokens);
    Verdict verdict;
    verdict.admitted = true;
    for (const Budget& budget : policy.budgets) {
        const PeriodCounter& known = counter(budget.period);
        verdict.soft_budget_passed |= budget.soft && known.spent + known.reserved > budget.limit;
    }
    verdict.rates = rates(policy, ask.now);
    return verdict;
}

std::optional<Verdict> KeyCounters::find_refusal(const Ask& ask, std::int64_t tokens) const {
    const Policy& policy = ask.key->policy;
    for (const Budget& budget : policy.budgets) {
        const PeriodCounter& known = counter(budget.period);
        if (!budget.soft && known.spent + known.reserved + ask.ceiling > budget.limit) {
            return refuse_for_budget(budget, known, ask.ceiling);
        }
    }
    if (policy.requests_per_day) {
        const PeriodCounter& day = counter(Period::day);
        if (day.requests >= *policy.requests_per_day) {
            return refuse_for_day({"requests", *policy.requests_per_day, day.requests, 1}, day.end);
        }
    }
    if (policy.tokens_per_day) {
        const PeriodCounter& day = counter(Period::day);
        if (day.tokens + tokens > *policy.tokens_per_day) {
            return refuse_for_day({"tokens", *policy.tokens_per_day, day.tokens, tokens}, day.end);
        }
    }
    return find_rate_refusal(ask, tokens);
}

std::optional<Verdict> KeyCounters::find_rate_refusal(const Ask& ask, std::int64_t tokens) const {
    const Policy& policy = ask.key->policy;
    if (policy.tokens_per_minute && !tokens_->fits(tokens)) {
        return refuse_for_minute(
            {"tokens", *policy.tokens_per_minute, tokens_->used(), tokens},
            tokens_->wait_for(tokens, ask.now));
    }
    if (policy.requests_per_minute && !requests_->fits(1)) {
        return refuse_for_minute(
            {"requests", *policy.requests_per_minute, requests_->used(), 1},
            requests_->wait_for(1, ask.now));
    }
    if (policy.max_parallel_requests && running_ >= *policy.max_parallel_requests) {
        return refuse_for_parallel(*policy.max_parallel_requests, running_);
    }
    return std::nullopt;
}

Hold KeyCounters::apply(const Ask& ask, std::int64_t tokens) {
    const Policy& policy = ask.key->policy;
    Hold hold;
    hold.ceiling = ask.ceiling;
    hold.tokens = tokens;
    ++running_;
    if (policy.requests_per_minute) {
        requests_->add(1);
    }
    if (policy.tokens_per_minute) {
        hold.token_bucket = tokens_->add(tokens);
    }
    for (PeriodCounter& known : periods_) {
        known.reserved += ask.ceiling;
        known.requests += 1;
        known.tokens += tokens;
        hold.windows[index_of(known.period)] = known.serial;
    }
    return hold;
}

void KeyCounters::settle(const Hold& hold, Money cost, std::int64_t tokens, TimePoint now) {
    PULSE_ASSERT(running_ > 0 && cost >= Money{});
    --running_;
    const std::int64_t above = bounded(tokens) - hold.tokens;
    for (PeriodCounter& known : periods_) {
        if (hold.windows[index_of(known.period)] == known.serial) {
            known.reserved -= hold.ceiling;
            known.spent += cost;
            known.tokens += above;
        }
    }
    if (hold.token_bucket == Hold::kNotCounted || above == 0) {
        return;
    }
    if (above < 0) {
        tokens_->give_back(hold.token_bucket, -above);
    } else {
        tokens_->advance(now);
        tokens_->owe(above);
    }
}

void KeyCounters::release(const Hold& hold) {
    settle(hold, Money{}, 0, TimePoint{});
}

void KeyCounters::restore(
    Period period, Money spent, TimePoint now, const WindowCalendar& calendar) {
    PeriodCounter& known = counter(period);
    known.advance(now, calendar);
    known.spent += spent;
}

RateState KeyCounters::rates(const Policy& policy, TimePoint now) const {
    RateState state;
    if (policy.requests_per_minute) {
        state.requests_limit = requests_->limit();
        state.requests_remaining = requests_->remaining();
        state.requests_reset = requests_->wait_until_clear(now);
    } else if (policy.requests_per_day) {
        const PeriodCounter& day = counter(Period::day);
        state.requests_limit = *policy.requests_per_day;
        state.requests_remaining = std::max<std::int64_t>(0, state.requests_limit - day.requests);
        state.requests_reset = until(day.end, now);
    }
    if (policy.tokens_per_minute) {
        state.tokens_limit = tokens_->limit();
        state.tokens_remaining = tokens_->remaining();
        state.tokens_reset = tokens_->wait_until_clear(now);
    } else if (policy.tokens_per_day) {
        const PeriodCounter& day = counter(Period::day);
        state.tokens_limit = *policy.tokens_per_day;
        state.tokens_remaining = std::max<std::int64_t>(0, state.tokens_limit - day.tokens);
        state.tokens_reset = until(day.end, now);
    }
    return state;
}

Standing KeyCounters::standing(
    const Policy& policy, TimePoint now, const WindowCalendar& calendar) {
    advance(policy, now, calendar);
    Standing standing;
    standing.rates = rates(policy, now);
    standing.parallel_requests = running_;
    for (const Budget& budget : policy.budgets) {
        const PeriodCounter& known = counter(budget.period);
        const Money used = known.spent + known.reserved;
        standing.budgets.push_back(
            {budget,
             known.spent,
             known.reserved,
             used < budget.limit ? budget.limit - used : Money{},
             known.resets_at()});
    }
    return standing;
}

bool KeyCounters::is_idle(TimePoint now) const {
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
