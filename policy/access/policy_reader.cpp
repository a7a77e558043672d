#include "policy/access/cidr.h"
#include "policy/access/detail/field_values.h"
#include "policy/access/policy.h"

#include <array>
#include <utility>

namespace pulse::policy {
namespace {

using detail::Field;
using detail::field_error;
using detail::JsonNode;

constexpr std::size_t kBudgetsMax = 16;
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kTagPrefix = "tag.";

enum class LogContent : std::uint8_t { none, redacted, full };
[[nodiscard]] std::string_view to_string(LogContent content) {
    return content == LogContent::none       ? "none"
           : content == LogContent::redacted ? "redacted"
                                             : "full";
}

constexpr std::array kPeriods{
    Period::hour, Period::day, Period::week, Period::month, Period::total};
constexpr std::array kScopes{
    Scope::organisation,
    Scope::team,
    Scope::project,
    Scope::user,
    Scope::app,
    Scope::client,
    Scope::key,
    Scope::model,
    Scope::tag};
constexpr std::array kStoreFailureRules{
    OnStoreFailure::inherit, OnStoreFailure::lease, OnStoreFailure::open, OnStoreFailure::closed};
constexpr std::array kUnknownPriceRules{UnknownPrice::estimate, UnknownPrice::block};
constexpr std::array kLogContents{LogContent::none, LogContent::redacted, LogContent::full};

/// Moves what was read into its place, or hands the error on.
template <class Value, class Place>
[[nodiscard]] Result<void> put(Result<Value> value, Place& place) {
    if (!value) {
        return value.error();
    }
    place = std::move(*value);
    return {};
}

template <auto Member, class T>
[[nodiscard]] Result<void> count(const JsonNode& node, std::string_view path, T& into) {
    return put(detail::read_count(node, path), into.*Member);
}
template <auto Member, class T>
[[nodiscard]] Result<void> money(const JsonNode& node, std::string_view path, T& into) {
    return put(detail::read_money(node, path), into.*Member);
}
template <auto Member, class T>
[[nodiscard]] Result<void> truth(const JsonNode& node, std::string_view path, T& into) {
    return put(detail::read_bool(node, path), into.*Member);
}
template <auto Member, class T>
[[nodiscard]] Result<void> text(const JsonNode& node, std::string_view path, T& into) {
    return put(detail::read_text(node, path), into.*Member);
}
template <auto Member, class T>
[[nodiscard]] Result<void> texts(const JsonNode& node, std::string_view path, T& into) {
    return put(detail::read_texts(node, path), into.*Member);
}
template <auto Member, const auto& Choices, class T>
[[nodiscard]] Result<void> choice(const JsonNode& node, std::string_view path, T& into) {
    return put(detail::read_choice(node, path, Choices), into.*Member);
}

[[nodiscard]] Result<void> scope(const JsonNode& node, std::string_view path, Budget& into) {
    return put(detail::read_choice(node, path, kScopes), into.scope);
}

[[nodiscard]] Result<void> currency(const JsonNode& node, std::string_view path, Budget& into) {
    Result<void> read = put(detail::read_text(node, path), into.currency);
    if (read && into.currency != "USD") {
        return field_error(
            path,
            "must be USD: this version enforces budgets in USD only, and one in " + node.text +
                " would not be enforced");
    }
    return read;
}

constexpr std::array<Field<Budget>, 6> kBudgetFields{{
    {"scope", &scope},
    {"scope_id", &text<&Budget::scope_id, Budget>},
    {"period", &choice<&Budget::period, kPeriods, Budget>},
    {"limit", &money<&Budget::limit, Budget>},
    {"currency", &currency},
    {"soft", &truth<&Budget::soft, Budget>},
}};

[[nodiscard]] bool is_given(const JsonNode& object, std::string_view name) {
    for (std::size_t i = 0; i < object.names.size(); ++i) {
        if (object.names[i] == name) {
            return object.items[i].kind != JsonNode::Kind::null;
        }
    }
    return false;
}

/// Item `index` of the list `name`; null where there is none.
[[nodiscard]] const JsonNode* find_item(
    const JsonNode& object, std::string_view name, std::size_t index) {
    for (std::size_t i = 0; i < object.names.size(); ++i) {
        if (object.names[i] == name && index < object.items[i].items.size()) {
            return &object.items[i].items[index];
        }
    }
    return nullptr;
}

/// Does the budget say whose it is, in a policy of `own`?
[[nodiscard]] Result<void> check_scope(const Budget& budget, Scope own, const std::string& path) {
    const std::string scope{to_string(budget.scope)};
    if (own != Scope::key && (budget.scope != own || !budget.scope_id.empty())) {
        const std::string policy{to_string(own)};
        return field_error(
            path + ".scope",
            "must be left out: the budgets of a policy of scope " + policy + " are of that " + policy +
                ". Others are made by themselves or with a key");
    }
    if (budget.scope == Scope::model && budget.scope_id.empty()) {
        return field_error(
            path, "needs a scope_id: the model, or a glob over MODEL and PROVIDER/MODEL");
    }
    if (budget.scope == Scope::tag) {
        const std::size_t equals = budget.scope_id.find('=');
        if (equals == std::string::npos || equals == 0) {
            return field_error(path, "needs a scope_id NAME=VALUE: the tag; VALUE may be a glob");
        }
    }
    if ((budget.scope == Scope::key || budget.scope == Scope::organisation) &&
        !budget.scope_id.empty()) {
        return field_error(
            path + ".scope_id", "must be left out with scope " + scope + ": it is the key's own");
    }
    return {};
}

[[nodiscard]] Result<Budget> read_budget(const JsonNode& node, const std::string& path) {
    if (node.kind != JsonNode::Kind::object) {
        return field_error(path, "must be an object with a period and a limit");
    }
    for (const std::string_view name : {"period", "limit"}) {
        if (!is_given(node, name)) {
            return field_error(path, "needs a " + std::string{name});
        }
    }
    Budget budget;
    const Result<void> read = detail::read_members<Budget>(node, path + '.', kBudgetFields, budget);
    if (!read) {
        return read.error();
    }
    return budget;
}

[[nodiscard]] Result<void> budgets(const JsonNode& node, std::string_view path, Policy& into) {
    if (node.kind != JsonNode::Kind::array || node.items.size() > kBudgetsMax) {
        return field_error(
            path, "must be a list of at most " + std::to_string(kBudgetsMax) + " budgets");
    }
    for (const JsonNode& item : node.items) {
        Result<Budget> budget =
            read_budget(item, std::string{path} + '[' + std::to_string(into.budgets.size()) + ']');
        if (!budget) {
            return budget.error();
        }
        into.budgets.push_back(std::move(*budget));
    }
    return {};
}

[[nodiscard]] Result<void> addresses(const JsonNode& node, std::string_view path, Policy& into) {
    Result<void> read = put(detail::read_texts(node, path), into.ip_allowlist);
    for (const std::string& block : into.ip_allowlist) {
        if (const Result<Cidr> parsed = parse_cidr(block); !parsed) {
            return field_error(path, parsed.error().detail());
        }
    }
    return read;
}

[[nodiscard]] Result<void> attribution(const JsonNode& node, std::string_view path, Policy& into) {
    constexpr std::array<std::string_view, 5> kNames{"team", "project", "user", "app", "client"};
    Result<void> read = put(detail::read_texts(node, path), into.require_attribution);
    for (const std::string& name : into.require_attribution) {
        const bool is_tag = name.starts_with(kTagPrefix) && name.size() > kTagPrefix.size();
        if (!is_tag && std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
            return field_error(
                path,
                "cannot require \"" + name +
                    "\"; it knows team, project, user, app, client and "
                    "tag.NAME");
        }
    }
    return read;
}

[[nodiscard]] Result<void> log_content(const JsonNode& node, std::string_view path, Policy& into) {
    const Result<LogContent> content = detail::read_choice(node, path, kLogContents);
    if (!content) {
        return content.error();
    }
    into.log_content = to_string(*content);
    return {};
}

constexpr std::array<Field<Policy>, 20> kPolicyFields{{
    {"allowed_models", &texts<&Policy::allowed_models, Policy>},
    {"blocked_models", &texts<&Policy::blocked_models, Policy>},
    {"allowed_providers", &texts<&Policy::allowed_providers, Policy>},
    {"requests_per_minute", &count<&Policy::requests_per_minute, Policy>},
    {"requests_per_day", &count<&Policy::requests_per_day, Policy>},
    {"tokens_per_minute", &count<&Policy::tokens_per_minute, Policy>},
    {"tokens_per_day", &count<&Policy::tokens_per_day, Policy>},
    {"max_parallel_requests", &count<&Policy::max_parallel_requests, Policy>},
    {"max_tokens_per_request", &count<&Policy::max_tokens_per_request, Policy>},
    {"max_cost_per_request", &money<&Policy::max_cost_per_request, Policy>},
    {"budgets", &budgets},
    {"clamp", &truth<&Policy::clamp, Policy>},
    {"on_store_failure", &choice<&Policy::on_store_failure, kStoreFailureRules, Policy>},
    {"unknown_price", &choice<&Policy::unknown_price, kUnknownPriceRules, Policy>},
    {"require_attribution", &attribution},
    {"ip_allowlist", &addresses},
    {"downgrade_to", &text<&Policy::downgrade_to, Policy>},
    {"allow_deferred", &truth<&Policy::allow_deferred, Policy>},
    {"allow_attribution_override", &truth<&Policy::allow_attribution_override, Policy>},
    {"log_content", &log_content},
}};

}  // namespace

Result<Policy> parse_policy(std::string_view json, Scope own) {
    if (json.find_first_not_of(kBlanks) == std::string_view::npos) {
        return Policy{};
    }
    const Result<JsonNode> root = detail::read_json_tree(json);
    if (!root) {
        return Error{Errc::invalid_request, "policy: " + root.error().detail()};
    }
    if (root->kind != JsonNode::Kind::object) {
        return Error{
            Errc::invalid_request,
            "policy: must be a JSON object, not " + std::string{detail::to_string(root->kind)}};
    }
    Policy policy;
    const Result<void> read = detail::read_members<Policy>(*root, "", kPolicyFields, policy);
    if (!read) {
        return read.error();
    }
    for (std::size_t i = 0; i < policy.budgets.size(); ++i) {
        Budget& budget = policy.budgets[i];
        const std::string path = "budgets[" + std::to_string(i) + ']';
        const JsonNode& written = *find_item(*root, "budgets", i);
        if (!is_given(written, "scope")) {
            budget.scope = own;
        }
        if (Result<void> sound = check_scope(budget, own, path); !sound) {
            return sound.error();
        }
    }
    if (policy.on_store_failure == OnStoreFailure::open && policy.has_hard_budget()) {
        return field_error(
            "on_store_failure",
            "cannot be open together with a hard budget, which would then not be enforced; use "
            "lease or closed");
    }
    return policy;
}

}  // namespace pulse::policy
