#include "policy/limits/scope_limits.h"

#include <algorithm>

namespace pulse::policy {
namespace {

void lower(std::optional<std::int64_t>& limit, const std::optional<std::int64_t>& other) {
    if (other) {
        limit = limit ? std::min(*limit, *other) : *other;
    }
}

}  // namespace

void ScopeLimits::add(const Policy& policy) {
    lower(requests_per_minute, policy.requests_per_minute);
    lower(requests_per_day, policy.requests_per_day);
    lower(tokens_per_minute, policy.tokens_per_minute);
    lower(tokens_per_day, policy.tokens_per_day);
    lower(max_parallel_requests, policy.max_parallel_requests);
    for (const Budget& budget : policy.budgets) {
        if (budget.scope == scope && (budget.scope_id.empty() || budget.scope_id == id)) {
            budgets.push_back(budget);
            budgets.back().scope_id = id;
        }
    }
}

bool ScopeLimits::is_empty() const {
    return !requests_per_minute && !tokens_per_minute && !requests_per_day && !tokens_per_day &&
           !max_parallel_requests && budgets.empty();
}

}  // namespace pulse::policy
