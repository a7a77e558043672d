#pragma once

#include "base/attribution.h"
#include "base/error.h"
#include "base/money.h"
#include "policy/access/key_directory.h"
#include "policy/access/policy.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pulse::policy {

/// Shell-style match: `*` any run, `?` one character; case-sensitive. Linear in the text for one
/// star, bounded otherwise.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);

/// The policies that apply to a request, as KeyDirectory::policies_on() gives them: the key's own
/// and those above it. Each has to agree, and a refusal names the one that did not ("this key",
/// "the team `search`").
using AppliedPolicies = std::span<const AppliedPolicy>;

/// How a refusal names it.
[[nodiscard]] std::string name_of(const AppliedPolicy& applied);

/// May `model` at `provider` be called? `asked` is the name as the caller wrote it. Errors:
/// model_not_allowed that names the model and the rule.
[[nodiscard]] Result<void> check_model(
    AppliedPolicies policies,
    std::string_view provider,
    std::string_view model,
    std::string_view asked);

/// May `provider` be used for a call that names no model? Errors: model_not_allowed.
[[nodiscard]] Result<void> check_provider(AppliedPolicies policies, std::string_view provider);

/// The first policy that allows or blocks certain models; null when all models are open.
[[nodiscard]] const AppliedPolicy* find_model_rule(AppliedPolicies policies);

/// Does a policy have a list of addresses?
[[nodiscard]] bool limits_addresses(AppliedPolicies policies);

/// Is the caller's address in every policy's allow list? IPv4 and IPv6 CIDRs; an IPv4-mapped IPv6
/// address counts as IPv4. Errors: ip_not_allowed.
[[nodiscard]] Result<void> check_address(AppliedPolicies policies, std::string_view address);

/// Errors: attribution_required that names the missing field and its header.
[[nodiscard]] Result<void> check_attribution(
    AppliedPolicies policies, const Attribution& attribution);

/// The first policy that lets no header replace the key's attribution; null when headers may.
[[nodiscard]] const AppliedPolicy* find_fixed_attribution(AppliedPolicies policies);

/// Is one request of `tokens` (estimated) and at most `ceiling` small enough, whatever is left?
/// Errors: max_tokens_exceeded, max_cost_exceeded.
[[nodiscard]] Result<void> check_request_size(
    AppliedPolicies policies, std::int64_t tokens, Money ceiling);

/// What several policies and limits say together. Views live as long as the policies.
struct RequestRules {
    /// A budget that is never passed applies, of whatever scope.
    bool has_hard_budget = false;
    /// Of those that say one: closed before lease before open; `inherit` when none does. Never
    /// `open` under a hard budget.
    OnStoreFailure on_store_failure = OnStoreFailure::inherit;
    std::optional<UnknownPrice> unknown_price;  ///< `block` wins; none: no policy says
    bool clamps =
        false;  ///< under a hard budget, unless the nearest policy that says is against it
    bool allows_deferred = false;   ///< the key's own word
    std::string_view downgrade_to;  ///< the nearest policy's that has one; empty: none
    std::string_view log_content;   ///< the least that a policy says; empty: none says
};

[[nodiscard]] RequestRules rules_of(
    AppliedPolicies policies, std::span<const ScopeLimits* const> limits);

}  // namespace pulse::policy
