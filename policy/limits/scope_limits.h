#pragma once

#include "policy/access/policy.h"
#include "policy/limits/window.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulse::policy {

/// What one counter is held against: all that applies to one team, one key, one model …, from
/// policies and budgets alike, the strictest of each. Immutable once in a directory.
struct ScopeLimits {
    Scope scope = Scope::key;
    std::string org;
    std::string id;  ///< within the organisation; of an organisation empty
    std::optional<std::int64_t> requests_per_minute;
    std::optional<std::int64_t> requests_per_day;
    std::optional<std::int64_t> tokens_per_minute;
    std::optional<std::int64_t> tokens_per_day;
    std::optional<std::int64_t> max_parallel_requests;
    std::vector<Budget> budgets;
    /// Of the organisation's time zone; null: the store's own.
    std::shared_ptr<const WindowCalendar> calendar;

    /// Takes a policy's limits and those of its budgets that are of this scope.
    void add(const Policy& policy);
    [[nodiscard]] bool is_empty() const;
    friend bool operator==(const ScopeLimits&, const ScopeLimits&) = default;
};

}  // namespace pulse::policy
