#include "policy/access/access.h"

#include "policy/access/cidr.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pulse::policy {
namespace {

[[nodiscard]] std::string quoted(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '\'';
    out += text;
    out += '\'';
    return out;
}

/// The first pattern that takes the model's name, alone or behind its provider; null when none
/// does.
[[nodiscard]] const std::string* find_match(
    const std::vector<std::string>& patterns, std::string_view model, std::string_view full_name) {
    const auto found =
        std::find_if(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
            return matches_glob(pattern, model) || matches_glob(pattern, full_name);
        });
    return found == patterns.end() ? nullptr : &*found;
}

[[nodiscard]] std::string_view attribution_field(
    const Attribution& attribution, std::string_view field) {
    if (field == "team") {
        return attribution.team;
    }
    if (field == "project") {
        return attribution.project;
    }
    if (field == "user") {
        return attribution.user;
    }
    if (field == "app") {
        return attribution.app;
    }
    return field == "client" ? std::string_view{attribution.client} : std::string_view{};
}

[[nodiscard]] bool has_tag(const Attribution& attribution, std::string_view name) {
    return std::any_of(attribution.tags.begin(), attribution.tags.end(), [&](const auto& tag) {
        return tag.first == name && !tag.second.empty();
    });
}

constexpr std::string_view kTagPrefix = "tag.";

/// "this key's allowed_models", "the team `search`'s allowed_models"
[[nodiscard]] std::string rule_name(const AppliedPolicy& applied, std::string_view field) {
    std::string out = name_of(applied);
    out.append("'s ").append(field);
    return out;
}

[[nodiscard]] bool has_model_rule(const Policy& policy) {
    return !policy.allowed_models.empty() || !policy.blocked_models.empty();
}

[[nodiscard]] bool allows_provider(const Policy& policy, std::string_view provider) {
    const auto& allowed = policy.allowed_providers;
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), provider) != allowed.end();
}

[[nodiscard]] bool allows_address(const Policy& policy, const std::optional<IpAddress>& caller) {
    return policy.ip_allowlist.empty() ||
           (caller && std::any_of(
                          policy.ip_allowlist.begin(),
                          policy.ip_allowlist.end(),
                          [&](const std::string& text) {
                              const Result<Cidr> block = parse_cidr(text);
                              return block && block->contains(*caller);
                          }));
}

/// Errors: attribution_required.
[[nodiscard]] Result<void> check_field(
    const AppliedPolicy& applied, const std::string& field, const Attribution& attribution) {
    const bool is_tag = field.starts_with(kTagPrefix);
    const std::string name = is_tag ? field.substr(kTagPrefix.size()) : field;
    const bool is_there =
        is_tag ? has_tag(attribution, name) : !attribution_field(attribution, field).empty();
    if (is_there) {
        return {};
    }
    std::string detail = name_of(applied);
    if (is_tag) {
        detail.append(" requires the tag ").append(quoted(name));
        detail.append(": send the header x-pulse-tags: ").append(name).append("=VALUE");
    } else {
        detail.append(" requires a ")
            .append(name)
            .append(": send the header x-pulse-")
            .append(name);
    }
    return Error{Errc::attribution_required, std::move(detail)};
}

/// How strict a rule is; those that say nothing are not compared.
[[nodiscard]] int strictness(OnStoreFailure rule) {
    switch (rule) {
        case OnStoreFailure::inherit:
            return 0;
        case OnStoreFailure::open:
            return 1;
        case OnStoreFailure::lease:
            return 2;
        case OnStoreFailure::closed:
            return 3;
    }
    return 0;
}

[[nodiscard]] int strictness_of_content(std::string_view rule) {
    if (rule.empty()) {
        return 0;
    }
    return rule == "full" ? 1 : (rule == "redacted" ? 2 : 3);
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
    constexpr std::size_t kNone = std::string_view::npos;
    std::size_t in_pattern = 0;
    std::size_t in_text = 0;
    std::size_t behind_star = kNone;
    std::size_t star_takes_to = 0;
    while (in_text < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            behind_star = ++in_pattern;
            star_takes_to = in_text;
        } else if (
            in_pattern < pattern.size() &&
            (pattern[in_pattern] == '?' || pattern[in_pattern] == text[in_text])) {
            ++in_pattern;
            ++in_text;
        } else if (behind_star != kNone) {
            // Only the last star ever takes one more: what an earlier one could win, it wins too.
            in_pattern = behind_star;
            in_text = ++star_takes_to;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

std::string name_of(const AppliedPolicy& applied) {
    if (applied.scope == Scope::key) {
        return "this key";
    }
    std::string out = "the ";
    out.append(to_string(applied.scope));
    if (!applied.id.empty()) {
        out.append(" `").append(applied.id).append("`");
    }
    return out;
}

Result<void> check_model(
    AppliedPolicies policies,
    std::string_view provider,
    std::string_view model,
    std::string_view asked) {
    std::string full_name;
    for (const AppliedPolicy& applied : policies) {
        const Policy& policy = *applied.policy;
        if (!allows_provider(policy, provider)) {
            return Error{
                Errc::model_not_allowed,
                "model " + quoted(asked) + " is served by provider " + quoted(provider) +
                    ", which is not among " + rule_name(applied, "allowed_providers")}
                .with_param("model");
        }
        if (!has_model_rule(policy)) {
            continue;
        }
        if (full_name.empty()) {
            full_name.append(provider).append(1, '/').append(model);
        }
        if (const std::string* rule = find_match(policy.blocked_models, model, full_name)) {
            return Error{
                Errc::model_not_allowed,
                "model " + quoted(asked) + " is blocked by " + quoted(*rule) + " in " +
                    rule_name(applied, "blocked_models")}
                .with_param("model");
        }
        if (!policy.allowed_models.empty() &&
            find_match(policy.allowed_models, model, full_name) == nullptr) {
            return Error{
                Errc::model_not_allowed,
                "model " + quoted(asked) + " matches none of " +
                    rule_name(applied, "allowed_models")}
                .with_param("model");
        }
    }
    return {};
}

Result<void> check_provider(AppliedPolicies policies, std::string_view provider) {
    for (const AppliedPolicy& applied : policies) {
        if (!allows_provider(*applied.policy, provider)) {
            return Error{
                Errc::model_not_allowed,
                "provider " + quoted(provider) + " is not among " +
                    rule_name(applied, "allowed_providers")};
        }
    }
    return {};
}

const AppliedPolicy* find_model_rule(AppliedPolicies policies) {
    const auto found = std::find_if(policies.begin(), policies.end(), [](const auto& applied) {
        return has_model_rule(*applied.policy);
    });
    return found == policies.end() ? nullptr : &*found;
}

bool limits_addresses(AppliedPolicies policies) {
    return std::any_of(policies.begin(), policies.end(), [](const AppliedPolicy& applied) {
        return !applied.policy->ip_allowlist.empty();
    });
}

Result<void> check_address(AppliedPolicies policies, std::string_view address) {
    if (!limits_addresses(policies)) {
        return {};
    }
    const std::optional<IpAddress> caller = parse_address(address);
    for (const AppliedPolicy& applied : policies) {
        if (!allows_address(*applied.policy, caller)) {
            return Error{
                Errc::ip_not_allowed,
                "address " + quoted(address) + " is not in " + rule_name(applied, "ip_allowlist")};
        }
    }
    return {};
}

Result<void> check_attribution(AppliedPolicies policies, const Attribution& attribution) {
    for (const AppliedPolicy& applied : policies) {
        for (const std::string& field : applied.policy->require_attribution) {
            if (auto named = check_field(applied, field, attribution); !named) {
                return named;
            }
        }
    }
    return {};
}

const AppliedPolicy* find_fixed_attribution(AppliedPolicies policies) {
    const auto found = std::find_if(policies.begin(), policies.end(), [](const auto& applied) {
        return !applied.policy->allow_attribution_override;
    });
    return found == policies.end() ? nullptr : &*found;
}

Result<void> check_request_size(AppliedPolicies policies, std::int64_t tokens, Money ceiling) {
    for (const AppliedPolicy& applied : policies) {
        const Policy& policy = *applied.policy;
        if (policy.max_tokens_per_request && tokens > *policy.max_tokens_per_request) {
            return Error{
                Errc::max_tokens_exceeded,
                "this request may use " + std::to_string(tokens) + " tokens, and " +
                    name_of(applied) + "'s limit is " +
                    std::to_string(*policy.max_tokens_per_request) +
                    " per request (max_tokens_per_request): shorten it or lower its output limit"};
        }
        if (policy.max_cost_per_request && ceiling > *policy.max_cost_per_request) {
            return Error{
                Errc::max_cost_exceeded,
                "this request may cost " + ceiling.to_string() + " USD, and " + name_of(applied) +
                    "'s limit is " + policy.max_cost_per_request->to_string() +
                    " per request (max_cost_per_request): shorten it, lower its output limit or "
                    "choose a cheaper model"};
        }
    }
    return {};
}

RequestRules rules_of(AppliedPolicies policies, std::span<const ScopeLimits* const> limits) {
    RequestRules rules;
    rules.has_hard_budget = std::any_of(limits.begin(), limits.end(), [](const ScopeLimits* scope) {
        return std::any_of(scope->budgets.begin(), scope->budgets.end(), [](const Budget& budget) {
            return !budget.soft;
        });
    });
    std::optional<bool> clamp;
    for (const AppliedPolicy& applied : policies) {
        const Policy& policy = *applied.policy;
        if (strictness(policy.on_store_failure) > strictness(rules.on_store_failure)) {
            rules.on_store_failure = policy.on_store_failure;
        }
        if (policy.unknown_price && rules.unknown_price != UnknownPrice::block) {
            rules.unknown_price = policy.unknown_price;
        }
        if (!clamp) {
            clamp = policy.clamp;
        }
        if (applied.scope == Scope::key) {
            rules.allows_deferred = policy.allow_deferred;
        }
        if (rules.downgrade_to.empty()) {
            rules.downgrade_to = policy.downgrade_to;
        }
        if (strictness_of_content(policy.log_content) > strictness_of_content(rules.log_content)) {
            rules.log_content = policy.log_content;
        }
    }
    rules.clamps = rules.has_hard_budget && clamp.value_or(true);
    if (rules.has_hard_budget && rules.on_store_failure == OnStoreFailure::open) {
        rules.on_store_failure = OnStoreFailure::lease;
    }
    return rules;
}

}  // namespace pulse::policy
