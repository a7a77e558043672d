#pragma once

#include "base/attribution.h"
#include "base/error.h"
#include "base/money.h"
#include "policy/access/policy.h"

#include <cstdint>
#include <string_view>

namespace pulse::policy {

/// Shell-style match: `*` any run, `?` one character; case-sensitive. Linear in the text for one
/// star, bounded otherwise.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);

/// May a key with this policy call `model` at `provider`? `asked` is the name as the caller wrote
/// it. Errors: model_not_allowed that names the model and the rule.
[[nodiscard]] Result<void> check_model(
    const Policy& policy,
    std::string_view provider,
    std::string_view model,
    std::string_view asked);

/// May a key with this policy use `provider` for a call that names no model? Errors: model_not_allowed.
[[nodiscard]] Result<void> check_provider(const Policy& policy, std::string_view provider);

/// Is the caller's address in the policy's allow list? IPv4 and IPv6 CIDRs; an IPv4-mapped IPv6
/// address counts as IPv4. Errors: forbidden.
[[nodiscard]] Result<void> check_address(const Policy& policy, std::string_view address);

/// Errors: attribution_required that names the missing field and its header.
[[nodiscard]] Result<void> check_attribution(const Policy& policy, const Attribution& attribution);

/// Is one request of `tokens` (estimated) and at most `ceiling` small enough for the key, whatever
/// is left of its limits? Errors: max_tokens_exceeded, max_cost_exceeded, with the limit and what
/// was asked.
[[nodiscard]] Result<void> check_request_size(
    const Policy& policy, std::int64_t tokens, Money ceiling);

}  // namespace pulse::policy
