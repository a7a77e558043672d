#include "policy/access/policy.h"

#include <algorithm>

namespace pulse::policy {

std::string_view to_string(Period period) {
    switch (period) {
        case Period::hour:
            return "hour";
        case Period::day:
            return "day";
        case Period::week:
            return "week";
        case Period::month:
            return "month";
        case Period::total:
            return "total";
    }
    return "unknown";
}

std::string_view to_string(Scope scope) {
    switch (scope) {
        case Scope::organisation:
            return "organisation";
        case Scope::team:
            return "team";
        case Scope::project:
            return "project";
        case Scope::user:
            return "user";
        case Scope::app:
            return "app";
        case Scope::client:
            return "client";
        case Scope::key:
            return "key";
        case Scope::model:
            return "model";
        case Scope::tag:
            return "tag";
    }
    return "unknown";
}

std::string_view to_string(UnknownPrice rule) {
    return rule == UnknownPrice::block ? "block" : "estimate";
}

std::string_view to_string(OnStoreFailure rule) {
    switch (rule) {
        case OnStoreFailure::inherit:
            return "inherit";
        case OnStoreFailure::lease:
            return "lease";
        case OnStoreFailure::open:
            return "open";
        case OnStoreFailure::closed:
            return "closed";
    }
    return "unknown";
}

bool Policy::has_hard_budget() const {
    return std::any_of(
        budgets.begin(), budgets.end(), [](const Budget& budget) { return !budget.soft; });
}

bool Policy::has_limits() const {
    return requests_per_minute || tokens_per_minute || requests_per_day || tokens_per_day ||
           max_parallel_requests || !budgets.empty();
}

}  // namespace pulse::policy
