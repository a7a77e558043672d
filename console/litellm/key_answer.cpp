#include "console/litellm/key_answer.h"

#include "base/rfc3339.h"
#include "console/admin/budgets.h"
#include "console/api/scope.h"
#include "console/litellm/duration.h"
#include "console/litellm/json_writer.h"
#include "console/litellm/key_fields.h"

#include <boost/json/array.hpp>

namespace pulse::console::litellm {
namespace {

namespace json = boost::json;
using storage::KeyRow;

[[nodiscard]] policy::Policy policy_of(const KeyRow& row) {
    auto policy = policy::parse_policy(row.policy_json);
    return policy ? *std::move(policy) : policy::Policy{};
}

[[nodiscard]] json::value count_or_null(const std::optional<std::int64_t>& count) {
    return count ? json::value(*count) : json::value(nullptr);
}

[[nodiscard]] json::array texts(const std::vector<std::string>& values) {
    json::array out;
    for (const std::string& value : values) {
        out.emplace_back(value);
    }
    return out;
}

}  // namespace

Result<std::vector<KeySpend>> spend_of(
    const Call& call, const std::string& time_zone, const std::vector<KeyRow>& keys) {
    const auto zone = calendar_of(call, time_zone);
    if (!zone) {
        return zone.error();
    }
    const auto calendar = policy::WindowCalendar::open(zone->name);
    if (!calendar) {
        return calendar.error();
    }
    std::vector<storage::BudgetRow> windows;
    for (const KeyRow& key : keys) {
        const policy::Policy policy = policy_of(key);
        const policy::Budget* budget = key_budget(policy, false);
        storage::BudgetRow window;
        window.org = key.org;
        window.scope = "key";
        window.scope_id = key.id;
        window.period = to_string(budget != nullptr ? budget->period : policy::Period::total);
        windows.push_back(std::move(window));
    }
    const auto states = states_of(call.session(), *calendar, windows, call.now);
    if (!states) {
        return states.error();
    }
    std::vector<KeySpend> spends;
    for (const BudgetState& state : *states) {
        spends.push_back({state.spent, state.window});
    }
    return spends;
}

std::string key_answer(const KeyRow& row, const KeySpend& spend, std::string_view secret) {
    const policy::Policy policy = policy_of(row);
    const policy::Budget* hard = key_budget(policy, false);
    const policy::Budget* soft = key_budget(policy, true);
    const auto limit_of = [](const policy::Budget* budget) {
        return budget != nullptr ? std::optional{budget->limit} : std::optional<Money>{};
    };
    JsonWriter out;
    if (!secret.empty()) {
        out.text("key", secret);
    }
    out.text("token", row.id)
        .text("token_id", row.id)
        .text("key_name", row.prefix + "...")
        .text_or_null("key_alias", row.label)
        .amount("spend", spend.spent)
        .amount("max_budget", limit_of(hard))
        .amount("soft_budget", limit_of(soft))
        .text_or_null(
            "budget_duration", hard != nullptr ? duration_of(hard->period) : std::string_view{})
        .value("budget_reset_at", hard != nullptr ? time_or_null(spend.window.end) : json::value{})
        .value("models", texts(policy.allowed_models))
        .value("tpm_limit", count_or_null(policy.tokens_per_minute))
        .value("rpm_limit", count_or_null(policy.requests_per_minute))
        .value("tpd_limit", count_or_null(policy.tokens_per_day))
        .value("max_parallel_requests", count_or_null(policy.max_parallel_requests))
        .text_or_null("user_id", row.user)
        .text_or_null("team_id", row.team)
        .text_or_null("project_id", row.project)
        .text("organization_id", row.org)
        .raw("metadata", row.metadata_json.empty() ? "{}" : std::string_view{row.metadata_json})
        .value("expires", time_or_null(row.expires_at))
        .value("created_at", time_or_null(row.created_at))
        .value("blocked", row.revoked_at.has_value())
        .raw("aliases", "{}")
        .raw("config", "{}")
        .raw("permissions", "{}")
        .raw("model_max_budget", "{}")
        .raw("model_spend", "{}");
    return out.finish();
}

}  // namespace pulse::console::litellm
