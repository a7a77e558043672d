#pragma once

#include "base/error.h"
#include "base/money.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy {

enum class Period : std::uint8_t { hour, day, week, month, total };
[[nodiscard]] std::string_view to_string(Period period);

/// What a budget or limit counts for.
enum class Scope : std::uint8_t { organisation, team, project, user, app, client, key, model, tag };
[[nodiscard]] std::string_view to_string(Scope scope);

/// What may be spent of one scope in a window. Budgets that name the same scope share what is
/// spent: each of them is a limit on the same counter.
struct Budget {
    Scope scope = Scope::key;
    Period period = Period::month;
    Money limit;
    std::string currency = "USD";
    bool soft = false;
    /// Of a key's policy: empty for what the key itself belongs to (its team, its project …). Of
    /// `model` a glob over `model` and `provider/model`, of `tag` "NAME=VALUE" (VALUE a glob).
    std::string scope_id = {};
    friend bool operator==(const Budget&, const Budget&) = default;
};

enum class UnknownPrice : std::uint8_t { estimate, block };
[[nodiscard]] std::string_view to_string(UnknownPrice rule);
enum class OnStoreFailure : std::uint8_t { inherit, lease, open, closed };
[[nodiscard]] std::string_view to_string(OnStoreFailure rule);

/// What a key may do, or all keys of a team, project, user, app or organisation. Field names are those of the JSON form (docs/formats/policy.md). Empty lists
/// and absent limits do not limit. Immutable once in a directory.
struct Policy {
    std::vector<std::string> allowed_models;  ///< globs over `model` and `provider/model`
    std::vector<std::string> blocked_models;
    std::vector<std::string> allowed_providers;
    std::optional<std::int64_t> requests_per_minute;
    std::optional<std::int64_t> requests_per_day;
    std::optional<std::int64_t> tokens_per_minute;
    std::optional<std::int64_t> tokens_per_day;
    std::optional<std::int64_t> max_parallel_requests;
    std::optional<std::int64_t> max_tokens_per_request;
    std::optional<Money> max_cost_per_request;
    std::vector<Budget> budgets;
    std::optional<bool> clamp;
    OnStoreFailure on_store_failure = OnStoreFailure::inherit;
    std::optional<UnknownPrice> unknown_price;
    std::vector<std::string>
        require_attribution;  ///< "team", "project", "user", "app", "client", "tag.KEY"
    std::vector<std::string> ip_allowlist;  ///< CIDRs
    std::string downgrade_to;
    bool allow_deferred = false;
    bool allow_attribution_override = true;
    std::string log_content;

    [[nodiscard]] bool has_hard_budget() const;
    /// Is there anything that needs a counter: a rate, a limit per day, of parallel requests, a
    /// budget?
    [[nodiscard]] bool has_limits() const;
    friend bool operator==(const Policy&, const Policy&) = default;
};

/// Reads the JSON object of a policy of `own`; "{}" and "" are the policy without limits. A budget
/// that names no scope is of `own`; above keys it cannot be of another.
/// Errors: invalid_request that names the field, what it may be and, for an unknown one, the known
/// ones.
[[nodiscard]] Result<Policy> parse_policy(std::string_view json, Scope own = Scope::key);

/// The JSON form, only what is set; parse_policy(to_json(p)) equals p.
[[nodiscard]] std::string to_json(const Policy& policy);

}  // namespace pulse::policy
