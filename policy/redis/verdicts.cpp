#include "policy/redis/verdicts.h"

#include "policy/limits/admission.h"
#include "policy/limits/refusal.h"

#include <algorithm>

namespace pulse::policy::redis {
namespace {

using std::chrono::milliseconds;

[[nodiscard]] RateState read_rates(NumberReader& answer) {
    RateState rates;
    if (answer.is_at_end()) {
        return rates;
    }
    rates.requests_limit = answer.whole();
    rates.requests_remaining = answer.whole();
    rates.requests_reset = milliseconds{answer.whole()};
    rates.tokens_limit = answer.whole();
    rates.tokens_remaining = answer.whole();
    rates.tokens_reset = milliseconds{answer.whole()};
    return rates;
}

[[nodiscard]] Verdict word_refusal(
    LimitKind kind,
    const ScopeLimits& limits,
    std::size_t budget_index,
    const Ask& ask,
    NumberReader& answer) {
    const ScopeName name{limits.scope, limits.id};
    const std::int64_t tokens = bounded_tokens(ask.tokens);
    if (kind == LimitKind::budget && budget_index < limits.budgets.size()) {
        const Budget& budget = limits.budgets[budget_index];
        const Money spent = answer.money();
        const Money reserved = answer.money();
        const TimePoint end = answer.time();
        return refuse_for_budget(
            budget,
            {spent,
             reserved,
             ask.ceiling,
             budget.period == Period::total ? std::nullopt : std::optional{end}});
    }
    const std::int64_t used = answer.whole();
    answer.skip(3);
    switch (kind) {
        case LimitKind::requests_per_day:
            return refuse_for_day(
                name, {"requests", limits.requests_per_day.value_or(0), used, 1}, answer.time());
        case LimitKind::tokens_per_day:
            return refuse_for_day(
                name, {"tokens", limits.tokens_per_day.value_or(0), used, tokens}, answer.time());
        case LimitKind::tokens_per_minute:
        case LimitKind::requests_per_minute: {
            const bool is_tokens = kind == LimitKind::tokens_per_minute;
            const std::int64_t wait = answer.whole();
            return refuse_for_minute(
                name,
                {is_tokens ? "tokens" : "requests",
                 (is_tokens ? limits.tokens_per_minute : limits.requests_per_minute).value_or(0),
                 used,
                 is_tokens ? tokens : 1},
                wait < 0 ? std::nullopt : std::optional{milliseconds{wait}});
        }
        case LimitKind::budget:
        case LimitKind::parallel_requests:
            break;
    }
    answer.skip(1);
    return refuse_for_parallel(name, limits.max_parallel_requests.value_or(0), used);
}

}  // namespace

Verdict read_admitted(NumberReader& answer) {
    Verdict verdict;
    verdict.admitted = true;
    verdict.soft_budget_passed = answer.whole() == 1;
    verdict.budget_nearly_spent = answer.whole() == 1;
    verdict.rates = read_rates(answer);
    return verdict;
}

Refused read_refused(const Ask& ask, NumberReader& answer) {
    const std::int64_t kind = std::clamp<std::int64_t>(answer.whole(), 0, kLimitKinds.size() - 1);
    const std::int64_t scope =
        std::clamp<std::int64_t>(answer.whole(), 0, std::ssize(ask.scopes) - 1);
    const std::int64_t budget = std::max<std::int64_t>(0, answer.whole());
    Verdict verdict = word_refusal(
        kLimitKinds[static_cast<std::size_t>(kind)],
        *ask.scopes[static_cast<std::size_t>(scope)],
        static_cast<std::size_t>(budget),
        ask,
        answer);
    const Money affordable = answer.money();
    if (verdict.code == Errc::budget_exhausted) {
        verdict.affordable = affordable;
    }
    const bool is_held_ahead = answer.whole() == 1;
    verdict.rates = read_rates(answer);
    return {verdict, is_held_ahead};
}

Standing read_standing(std::span<const ScopeLimits* const> scopes, NumberReader& answer) {
    Standing standing;
    standing.rates = read_rates(answer);
    standing.parallel_requests = answer.whole();
    for (const ScopeLimits* limits : scopes) {
        for (const Budget& budget : limits->budgets) {
            BudgetStanding one;
            one.budget = budget;
            one.spent = answer.money();
            one.reserved = answer.money();
            one.remaining = left_of(budget.limit, one.spent + one.reserved);
            const TimePoint end = answer.time();
            if (budget.period != Period::total) {
                one.resets_at = end;
            }
            standing.budgets.push_back(one);
        }
    }
    return standing;
}

}  // namespace pulse::policy::redis
