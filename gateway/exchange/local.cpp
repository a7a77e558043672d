#include "gateway/exchange/exchange.h"
#include "llm/openai/models_body.h"
#include "policy/access/access.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::gateway {

namespace json = boost::json;

namespace {

[[nodiscard]] std::string decode_percent(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        const char lower = static_cast<char>(c | 0x20);
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
            digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

[[nodiscard]] bool may_call(const policy::KeyRecord& key, const ListedModel& model) {
    return policy::check_model(key.policy, model.provider, model.model, model.id).has_value();
}

[[nodiscard]] json::value time_or_null(const std::optional<TimePoint>& time) {
    if (!time) {
        return nullptr;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

[[nodiscard]] json::object standing_json(
    const policy::KeyRecord& key, const policy::Standing& standing) {
    json::object out;
    out["id"] = key.id.value();
    out["label"] = key.label;
    out["prefix"] = key.prefix;
    out["org"] = key.attribution.org;
    out["team"] = key.attribution.team;
    out["project"] = key.attribution.project;
    out["expires_at"] = time_or_null(key.expires_at);
    out["policy"] = json::parse(policy::to_json(key.policy));
    json::object rates;
    if (standing.rates.requests_limit >= 0) {
        rates["requests"] = {
            {"limit", standing.rates.requests_limit},
            {"remaining", standing.rates.requests_remaining},
            {"reset_ms", standing.rates.requests_reset.count()}};
    }
    if (standing.rates.tokens_limit >= 0) {
        rates["tokens"] = {
            {"limit", standing.rates.tokens_limit},
            {"remaining", standing.rates.tokens_remaining},
            {"reset_ms", standing.rates.tokens_reset.count()}};
    }
    out["limits"] = std::move(rates);
    out["parallel_requests"] = standing.parallel_requests;
    json::array budgets;
    for (const policy::BudgetStanding& budget : standing.budgets) {
        budgets.push_back(
            {{"scope", to_string(budget.budget.scope)},
             {"period", to_string(budget.budget.period)},
             {"currency", budget.budget.currency},
             {"soft", budget.budget.soft},
             {"limit", budget.budget.limit.to_string()},
             {"spent", budget.spent.to_string()},
             {"reserved", budget.reserved.to_string()},
             {"remaining", budget.remaining.to_string()},
             {"resets_at", time_or_null(budget.resets_at)}});
    }
    out["budgets"] = std::move(budgets);
    return out;
}

}  // namespace

void Exchange::answer_local() {
    switch (call_.route.operation) {
        case Operation::root:
            return answer_json(200, R"({"service":"pulse","api":"/v1","health":"/healthz"})");
        case Operation::health:
            return answer_json(200, R"({"status":"ok"})");
        case Operation::ready:
            return worker_.is_draining ? answer_json(503, R"({"status":"draining"})")
                                       : answer_json(200, R"({"status":"ready"})");
        case Operation::model_list:
            return answer_models();
        case Operation::model_detail:
            return answer_model_detail();
        case Operation::key_standing:
            return answer_json(
                200,
                json::serialize(
                    standing_json(*call_.key, worker_.quota.standing(*call_.key, call_.now))));
        case Operation::token_count:
            return answer_token_count();
        case Operation::cost_estimate:
            return answer_estimate();
        case Operation::request_lookup:
            return answer_request_lookup();
        case Operation::unknown:
        case Operation::model_call:
            return answer_error(Error(Errc::internal));
    }
}

void Exchange::answer_models() {
    std::vector<llm::ModelListing> listing;
    for (const ListedModel& model : call_.snapshot->shared.routes->listed()) {
        if (may_call(*call_.key, model)) {
            listing.push_back({model.id, model.provider, 0});
        }
    }
    settle_nothing(storage::Outcome::answered, 200, {});
    answer_json(200, llm::openai_model_list(listing));
}

void Exchange::answer_model_detail() {
    const std::string id = decode_percent(call_.route.argument);
    for (const ListedModel& model : call_.snapshot->shared.routes->listed()) {
        if (model.id == id && may_call(*call_.key, model)) {
            settle_nothing(storage::Outcome::answered, 200, {});
            return answer_json(200, llm::openai_model({model.id, model.provider, 0}));
        }
    }
    answer_error(
        Error(Errc::model_not_found, "This model is not known here, or not open to this key.")
            .with_param("model"));
}

void Exchange::answer_request_lookup() {
    const auto id = Uuid::parse(call_.route.argument);
    const Error unknown(Errc::not_found, "This key has made no request with that id.");
    if (!id) {
        return answer_error(unknown);
    }
    worker_.lookup.find(
        *id,
        worker_.loop,
        [this, unknown, alive = alive_, asked = call_.id](
            Result<std::optional<FoundRequest>> found) {
            // The caller may be gone, and this exchange with it or busy with another request.
            if (!*alive || stage_ == Stage::idle || call_.id != asked) {
                return;
            }
            if (!found) {
                return answer_error(found.error());
            }
            const bool is_own = found->has_value() && (*found)->key_id == call_.key->id.value();
            return is_own ? answer_json(200, (*found)->json) : answer_error(unknown);
        });
}

}  // namespace pulse::gateway
