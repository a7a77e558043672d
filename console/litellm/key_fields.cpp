#include "console/litellm/key_fields.h"

#include "console/litellm/duration.h"

#include <algorithm>
#include <array>
#include <limits>

namespace pulse::console::litellm {
namespace {

using policy::Budget;
using policy::Period;
using policy::Policy;
using policy::Scope;

constexpr BodyFields::TextRule kWord{.bytes_min = 0, .bytes_max = 256, .may_be_null = true};
constexpr std::size_t kModelsMax = 256;
constexpr std::size_t kMetadataBytesMax = 16 * 1024;

struct Hint {
    std::string_view field;
    std::string_view what;
};
/// What to do instead, for fields that would limit.
constexpr std::array kHints{
    Hint{"model_max_budget", "make budgets of scope model with POST /api/budgets"},
    Hint{"budget_limits", "name several budgets in `policy` of POST /api/ai/keys"},
    Hint{"budget_id", "make a budget with POST /api/budgets"},
    Hint{
        "tags",
        "send them with each request in x-pulse-tags, and limit them with budgets of scope tag"},
    Hint{"blocked", "a key is ended with /key/delete, which is for good"},
    Hint{"organization_id", "keys are of the organisation of the token's user"},
    Hint{"temp_budget_increase", "raise max_budget, and lower it again"},
    Hint{"spend", "what a key spent comes from the ledger"}};

/// null, false, 0 and what is empty.
[[nodiscard]] bool says_nothing(std::string_view raw) {
    const auto is_blank = [](char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    };
    std::string text{raw};
    text.erase(std::remove_if(text.begin(), text.end(), is_blank), text.end());
    constexpr std::array<std::string_view, 8> kNothing{
        "null", "false", "0", "0.0", "\"\"", "[]", "{}", ""};
    return std::find(kNothing.begin(), kNothing.end(), text) != kNothing.end();
}

[[nodiscard]] bool is_null(BodyFields& body, std::string_view name) {
    return body.raw(name) == "null";
}

/// A whole number, or null for no limit.
void read_limit(BodyFields& body, std::string_view name, std::optional<std::int64_t>& limit) {
    if (!body.has(name)) {
        return;
    }
    if (is_null(body, name)) {
        limit.reset();
    } else if (const auto number = body.optional_integer(name, 1, 1'000'000'000'000)) {
        limit = number;
    }
}

void read_models(BodyFields& body, Policy& policy) {
    if (!body.has("models")) {
        return;
    }
    if (is_null(body, "models")) {
        policy.allowed_models.clear();
        return;
    }
    auto models = body.optional_texts("models", kModelsMax).value_or(std::vector<std::string>{});
    for (const std::string& model : models) {
        if (model == "all-team-models" || model == "no-default-models") {
            body.problem(
                "models", "knows no `" + model + "`: name the models, `*` stands for any run");
        }
    }
    // LiteLLM's word for no limit.
    models.erase(std::remove(models.begin(), models.end(), "all-proxy-models"), models.end());
    policy.allowed_models = std::move(models);
}

[[nodiscard]] Budget* find_budget(Policy& policy, bool soft) {
    for (Budget& budget : policy.budgets) {
        if (budget.scope == Scope::key && budget.soft == soft) {
            return &budget;
        }
    }
    return nullptr;
}

void take_budget(Policy& policy, bool soft) {
    if (const Budget* budget = key_budget(policy, soft)) {
        policy.budgets.erase(policy.budgets.begin() + (budget - policy.budgets.data()));
    }
}

void read_budget(
    BodyFields& body, std::string_view name, bool soft, Period period, Policy& policy) {
    if (!body.has(name)) {
        return;
    }
    const std::string_view raw = body.raw(name);
    if (raw == "null" || raw == "\"\"") {
        take_budget(policy, soft);
        return;
    }
    const auto limit = body.optional_money(name);
    if (!limit) {
        return;
    }
    if (find_budget(policy, soft) == nullptr) {
        policy.budgets.push_back(
            {.scope = Scope::key, .period = period, .limit = {}, .soft = soft});
    }
    find_budget(policy, soft)->limit = *limit;
}

/// The window of the key's budgets: what is asked for, else what it is now.
[[nodiscard]] Period read_period(BodyFields& body, const Policy& policy) {
    const Budget* hard = key_budget(policy, false);
    const Period now = hard != nullptr ? hard->period : Period::total;
    const auto duration = body.optional_text("budget_duration", kWord);
    if (!duration) {
        return now;
    }
    if (duration->empty()) {
        return Period::total;
    }
    const auto period = period_of(*duration);
    if (!period) {
        body.problem(
            "budget_duration", "`" + *duration + "` has no equal; " + std::string{kPeriodRule});
    }
    return period.value_or(now);
}

void read_budgets(BodyFields& body, Policy& policy) {
    const bool names_period =
        body.has("budget_duration") && !says_nothing(body.raw("budget_duration"));
    const Period period = read_period(body, policy);
    read_budget(body, "max_budget", false, period, policy);
    read_budget(body, "soft_budget", true, period, policy);
    Budget* hard = find_budget(policy, false);
    Budget* soft = find_budget(policy, true);
    for (Budget* budget : {hard, soft}) {
        if (budget != nullptr) {
            budget->period = period;
        }
    }
    if (names_period && hard == nullptr && soft == nullptr) {
        body.problem("budget_duration", "needs a max_budget or a soft_budget");
    }
}

void read_expiry(BodyFields& body, KeyFields& fields, TimePoint now) {
    const auto duration = body.optional_text("duration", kWord);
    if (!duration) {
        return;
    }
    if (duration->empty() || *duration == "-1") {
        fields.expires_at = std::optional<TimePoint>{};
        return;
    }
    const auto end = after(now, *duration);
    if (!end) {
        body.problem(
            "duration", "takes a number and s, m, h, d, w or mo, such as 30d, or -1 for no end");
        return;
    }
    fields.expires_at = end;
}

}  // namespace

const Budget* key_budget(const Policy& policy, bool soft) {
    for (const Budget& budget : policy.budgets) {
        if (budget.scope == Scope::key && budget.soft == soft) {
            return &budget;
        }
    }
    return nullptr;
}

KeyFields read_key_fields(BodyFields& body, const storage::KeyRow& row, TimePoint now) {
    KeyFields fields;
    fields.label = body.optional_text("key_alias", kWord);
    fields.team = body.optional_text("team_id", kWord);
    fields.user = body.optional_text("user_id", kWord);
    fields.project = body.optional_text("project_id", kWord);
    fields.metadata_json = body.optional_object("metadata", kMetadataBytesMax);
    if (fields.metadata_json && says_nothing(*fields.metadata_json)) {
        fields.metadata_json = std::string{};
    }
    read_expiry(body, fields, now);
    auto policy = policy::parse_policy(row.policy_json);
    if (!policy) {
        body.problem("key", "has a policy that cannot be read: set it with PATCH /api/ai/keys/ID");
        return fields;
    }
    const Policy before = *policy;
    read_models(body, *policy);
    read_limit(body, "tpm_limit", policy->tokens_per_minute);
    read_limit(body, "rpm_limit", policy->requests_per_minute);
    read_limit(body, "tpd_limit", policy->tokens_per_day);
    read_limit(body, "max_parallel_requests", policy->max_parallel_requests);
    read_budgets(body, *policy);
    if (!(*policy == before)) {
        fields.policy_json = to_json(*policy);
    }
    return fields;
}

void refuse_others(BodyFields& body) {
    // Which keys it may call is the paths' business here: a key calls models, a token manages.
    const auto type = body.optional_text("key_type", kWord);
    if (type && !type->empty() && *type != "default" && *type != "llm_api") {
        body.problem("key_type", "takes llm_api: what manages are the console's access tokens");
    }
    (void)body.has("send_invite_email");
    for (const std::string& name : body.unasked()) {
        const std::string_view raw = body.raw(name);  // asked for from here on
        if (says_nothing(raw)) {
            continue;
        }
        const auto hint = std::find_if(
            kHints.begin(), kHints.end(), [&](const Hint& one) { return one.field == name; });
        body.problem(
            name,
            "is not taken here, and would be no limit if it were ignored: " +
                (hint != kHints.end()
                     ? std::string{hint->what}
                     : std::string{"leave it out, or set `policy` with PATCH /api/ai/keys/ID"}));
    }
}

}  // namespace pulse::console::litellm
