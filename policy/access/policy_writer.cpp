#include "base/json_text.h"
#include "policy/access/policy.h"

#include <string>
#include <utility>

namespace pulse::policy {
namespace {

/// Writes one object's members, commas between them.
class ObjectText {
public:
    explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }
    ~ObjectText() { out_ += '}'; }
    ObjectText(const ObjectText&) = delete;
    ObjectText& operator=(const ObjectText&) = delete;

    void name(std::string_view text) {
        out_ += empty_ ? "" : ",";
        empty_ = false;
        append_json_string(out_, text);
        out_ += ':';
    }
    void add(std::string_view key, std::string_view text) {
        name(key);
        append_json_string(out_, text);
    }
    void add(std::string_view key, bool truth) {
        name(key);
        out_ += truth ? "true" : "false";
    }
    void add(std::string_view key, const Money& amount) {
        add(key, std::string_view{amount.to_string()});
    }
    void add(std::string_view key, const std::optional<std::int64_t>& count) {
        if (count) {
            name(key);
            out_ += std::to_string(*count);
        }
    }
    void add(std::string_view key, const std::vector<std::string>& texts) {
        if (texts.empty()) {
            return;
        }
        name(key);
        char before = '[';
        for (const std::string& text : texts) {
            out_ += std::exchange(before, ',');
            append_json_string(out_, text);
        }
        out_ += ']';
    }

private:
    std::string& out_;
    bool empty_ = true;
};

void append_budget(std::string& out, const Budget& budget) {
    ObjectText object{out};
    object.add("scope", to_string(budget.scope));
    if (!budget.scope_id.empty()) {
        object.add("scope_id", std::string_view{budget.scope_id});
    }
    object.add("period", to_string(budget.period));
    object.add("limit", budget.limit);
    object.add("currency", std::string_view{budget.currency});
    object.add("soft", budget.soft);
}

void append_budgets(std::string& out, const std::vector<Budget>& budgets) {
    char before = '[';
    for (const Budget& budget : budgets) {
        out += std::exchange(before, ',');
        append_budget(out, budget);
    }
    out += ']';
}

void append_limits(ObjectText& object, const Policy& policy) {
    object.add("requests_per_minute", policy.requests_per_minute);
    object.add("requests_per_day", policy.requests_per_day);
    object.add("tokens_per_minute", policy.tokens_per_minute);
    object.add("tokens_per_day", policy.tokens_per_day);
    object.add("max_parallel_requests", policy.max_parallel_requests);
    object.add("max_tokens_per_request", policy.max_tokens_per_request);
    if (policy.max_cost_per_request) {
        object.add("max_cost_per_request", *policy.max_cost_per_request);
    }
}

void append_rules(ObjectText& object, const Policy& policy) {
    if (policy.clamp) {
        object.add("clamp", *policy.clamp);
    }
    if (policy.on_store_failure != OnStoreFailure::inherit) {
        object.add("on_store_failure", to_string(policy.on_store_failure));
    }
    if (policy.unknown_price) {
        object.add("unknown_price", to_string(*policy.unknown_price));
    }
    object.add("require_attribution", policy.require_attribution);
    object.add("ip_allowlist", policy.ip_allowlist);
    if (!policy.downgrade_to.empty()) {
        object.add("downgrade_to", std::string_view{policy.downgrade_to});
    }
    if (policy.allow_deferred) {
        object.add("allow_deferred", true);
    }
    if (!policy.allow_attribution_override) {
        object.add("allow_attribution_override", false);
    }
    if (!policy.log_content.empty()) {
        object.add("log_content", std::string_view{policy.log_content});
    }
}

}  // namespace

std::string to_json(const Policy& policy) {
    std::string out;
    {
        ObjectText object{out};
        object.add("allowed_models", policy.allowed_models);
        object.add("blocked_models", policy.blocked_models);
        object.add("allowed_providers", policy.allowed_providers);
        append_limits(object, policy);
        if (!policy.budgets.empty()) {
            object.name("budgets");
            append_budgets(out, policy.budgets);
        }
        append_rules(object, policy);
    }
    return out;
}

}  // namespace pulse::policy
