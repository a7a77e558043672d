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

Result<void> check_model(
    const Policy& policy,
    std::string_view provider,
    std::string_view model,
    std::string_view asked) {
    if (!policy.allowed_providers.empty() &&
        std::find(policy.allowed_providers.begin(), policy.allowed_providers.end(), provider) ==
            policy.allowed_providers.end()) {
        return Error{
            Errc::model_not_allowed,
            "model " + quoted(asked) + " is served by provider " + quoted(provider) +
                ", which is not among this key's allowed_providers"}
            .with_param("model");
    }
    if (policy.allowed_models.empty() && policy.blocked_models.empty()) {
        return {};
    }
    std::string full_name;
    full_name.reserve(provider.size() + 1 + model.size());
    full_name.append(provider).append(1, '/').append(model);
    if (const std::string* rule = find_match(policy.blocked_models, model, full_name)) {
        return Error{
            Errc::model_not_allowed,
            "model " + quoted(asked) + " is blocked for this key by " + quoted(*rule) +
                " in blocked_models"}
            .with_param("model");
    }
    if (!policy.allowed_models.empty() &&
        find_match(policy.allowed_models, model, full_name) == nullptr) {
        return Error{
            Errc::model_not_allowed,
            "model " + quoted(asked) + " matches none of this key's allowed_models"}
            .with_param("model");
    }
    return {};
}

Result<void> check_provider(const Policy& policy, std::string_view provider) {
    const auto& allowed = policy.allowed_providers;
    if (allowed.empty() || std::find(allowed.begin(), allowed.end(), provider) != allowed.end()) {
        return {};
    }
    return Error{
        Errc::model_not_allowed,
        "provider " + quoted(provider) + " is not among this key's allowed_providers"};
}

Result<void> check_address(const Policy& policy, std::string_view address) {
    if (policy.ip_allowlist.empty()) {
        return {};
    }
    if (const std::optional<IpAddress> caller = parse_address(address)) {
        for (const std::string& text : policy.ip_allowlist) {
            const Result<Cidr> block = parse_cidr(text);
            if (block && block->contains(*caller)) {
                return {};
            }
        }
    }
    return Error{
        Errc::ip_not_allowed, "address " + quoted(address) + " is not in this key's ip_allowlist"};
}

Result<void> check_attribution(const Policy& policy, const Attribution& attribution) {
    for (const std::string& field : policy.require_attribution) {
        if (field.starts_with(kTagPrefix)) {
            const std::string name = field.substr(kTagPrefix.size());
            if (!has_tag(attribution, name)) {
                std::string detail = "this key requires the tag " + quoted(name);
                detail.append(": send the header x-pulse-tags: ").append(name).append("=VALUE");
                return Error{Errc::attribution_required, std::move(detail)};
            }
        } else if (attribution_field(attribution, field).empty()) {
            std::string detail = "this key requires a " + field;
            detail.append(": send the header x-pulse-").append(field);
            return Error{Errc::attribution_required, std::move(detail)};
        }
    }
    return {};
}

Result<void> check_request_size(const Policy& policy, std::int64_t tokens, Money ceiling) {
    if (policy.max_tokens_per_request && tokens > *policy.max_tokens_per_request) {
        return Error{
            Errc::max_tokens_exceeded,
            "this request may use " + std::to_string(tokens) + " tokens, and this key's limit is " +
                std::to_string(*policy.max_tokens_per_request) +
                " per request (max_tokens_per_request): shorten it or lower its output limit"};
    }
    if (policy.max_cost_per_request && ceiling > *policy.max_cost_per_request) {
        return Error{
            Errc::max_cost_exceeded,
            "this request may cost " + ceiling.to_string() + " USD, and this key's limit is " +
                policy.max_cost_per_request->to_string() +
                " per request (max_cost_per_request): shorten it, lower its output limit or choose "
                "a cheaper model"};
    }
    return {};
}

}  // namespace pulse::policy
