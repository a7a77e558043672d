#include "policy/limits/admission.h"

#include "base/assert.h"

#include <algorithm>

namespace pulse::policy {
namespace {

constexpr std::int64_t kTokensMax = 1'000'000'000'000'000;

void advance(std::span<const CountedScope> scopes, TimePoint now, const WindowCalendar& calendar) {
    for (const CountedScope& scope : scopes) {
        scope.counters->advance(
            *scope.limits, now, scope.limits->calendar ? *scope.limits->calendar : calendar);
    }
}

[[nodiscard]] RateState rates_of(std::span<const CountedScope> scopes, TimePoint now) {
    RateState rates;
    for (const CountedScope& scope : scopes) {
        take_tighter(rates, scope.counters->rates(*scope.limits, now));
    }
    return rates;
}

[[nodiscard]] std::optional<Verdict> find_refusal(
    std::span<const CountedScope> scopes, const Need& need) {
    for (const LimitKind kind : kLimitKinds) {
        for (const CountedScope& scope : scopes) {
            if (auto refusal = scope.counters->find_refusal(kind, *scope.limits, need)) {
                return refusal;
            }
        }
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<Money> affordable(std::span<const CountedScope> scopes) {
    std::optional<Money> least;
    for (const CountedScope& scope : scopes) {
        if (const auto left = scope.counters->affordable(*scope.limits)) {
            least = least ? std::min(*least, *left) : left;
        }
    }
    return least;
}

}  // namespace

std::int64_t bounded_tokens(std::int64_t tokens) {
    return std::clamp<std::int64_t>(tokens, 0, kTokensMax);
}

void take_tighter(RateState& rates, const RateState& other) {
    if (other.requests_limit >= 0 &&
        (rates.requests_limit < 0 || other.requests_remaining < rates.requests_remaining)) {
        rates.requests_limit = other.requests_limit;
        rates.requests_remaining = other.requests_remaining;
        rates.requests_reset = other.requests_reset;
    }
    if (other.tokens_limit >= 0 &&
        (rates.tokens_limit < 0 || other.tokens_remaining < rates.tokens_remaining)) {
        rates.tokens_limit = other.tokens_limit;
        rates.tokens_remaining = other.tokens_remaining;
        rates.tokens_reset = other.tokens_reset;
    }
}

Verdict admit(
    std::span<const CountedScope> scopes,
    const Need& need,
    const WindowCalendar& calendar,
    std::span<ScopeHold> holds) {
    PULSE_ASSERT(need.ceiling >= Money{} && holds.size() >= scopes.size());
    advance(scopes, need.now, calendar);
    if (std::optional<Verdict> refusal = find_refusal(scopes, need)) {
        if (refusal->code == Errc::budget_exhausted) {
            refusal->affordable = affordable(scopes);
        }
        refusal->rates = rates_of(scopes, need.now);
        return *std::move(refusal);
    }
    Verdict verdict;
    verdict.admitted = true;
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const auto& [limits, counters] = scopes[i];
        holds[i] = counters->apply(*limits, need);
        verdict.soft_budget_passed |= counters->is_soft_budget_passed(*limits);
        verdict.budget_nearly_spent |= counters->is_budget_nearly_spent(*limits);
    }
    verdict.rates = rates_of(scopes, need.now);
    return verdict;
}

Standing standing_of(
    std::span<const CountedScope> scopes, TimePoint now, const WindowCalendar& calendar) {
    advance(scopes, now, calendar);
    Standing standing;
    standing.rates = rates_of(scopes, now);
    if (!scopes.empty()) {
        standing.parallel_requests = scopes.front().counters->running();
    }
    for (const CountedScope& scope : scopes) {
        std::vector<BudgetStanding> budgets = scope.counters->budgets(*scope.limits);
        standing.budgets.insert(standing.budgets.end(), budgets.begin(), budgets.end());
    }
    return standing;
}

}  // namespace pulse::policy
