#include "gateway/exchange/exchange.h"
#include "gateway/paths/query.h"
#include "llm/models_body.h"
#include "net/auth/percent.h"

#include <algorithm>
#include <charconv>

namespace pulse::gateway {

namespace {

/// Leaves the page that `limit`, `after_id` or `before_id` ask for; says whether there is more in that direction.
/// Source: https://docs.anthropic.com/en/api/models-list
[[nodiscard]] bool cut_page(std::vector<llm::ModelListing>& models, std::string_view query) {
    constexpr std::size_t kLimitMax = 1000;
    const auto place_of = [&models](std::string_view id) {
        return std::find_if(models.begin(), models.end(), [id](const llm::ModelListing& model) { return model.id == id; });
    };
    std::size_t limit = kLimitMax;
    const std::string_view asked = query_value(query, "limit");
    std::from_chars(asked.data(), asked.data() + asked.size(), limit);
    limit = std::clamp<std::size_t>(limit, 1, kLimitMax);
    std::string after;
    net::append_percent_decoded(after, query_value(query, "after_id"));
    if (const auto at = place_of(after); !after.empty() && at != models.end()) {
        models.erase(models.begin(), at + 1);
    }
    std::string before;
    net::append_percent_decoded(before, query_value(query, "before_id"));
    if (const auto at = place_of(before); !before.empty() && at != models.end()) {
        models.erase(at, models.end());
        const bool has_more = models.size() > limit;
        models.erase(models.begin(), models.begin() + static_cast<std::ptrdiff_t>(has_more ? models.size() - limit : 0));
        return has_more;
    }
    const bool has_more = models.size() > limit;
    models.erase(models.begin() + static_cast<std::ptrdiff_t>(has_more ? limit : models.size()), models.end());
    return has_more;
}

[[nodiscard]] bool may_call(policy::AppliedPolicies policies, const ListedModel& model) {
    return policy::check_model(policies, model.provider, model.model, model.id).has_value();
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
            return answer_key_standing();
        case Operation::token_count:
            return answer_token_count();
        case Operation::cost_estimate:
            return answer_estimate();
        case Operation::request_lookup:
            return answer_request_lookup();
        case Operation::unknown:
        case Operation::model_call:
        case Operation::object_call:
        case Operation::realtime:
        case Operation::closed:
            return answer_error(Error(Errc::internal));
    }
}

void Exchange::answer_models() {
    std::vector<llm::ModelListing> listing;
    for (const ListedModel& model : call_.snapshot->shared.routes->listed()) {
        if (may_call(policies_, model) && is_shown(model)) {
            listing.push_back({model.id, model.provider, 0});
        }
    }
    settle_nothing(storage::Outcome::answered, 200, {});
    bool has_more = false;
    if (call_.route.dialect == Dialect::anthropic) {
        has_more = cut_page(listing, connection_.head().query);
    }
    answer_json(200, llm::model_list(call_.route.dialect, listing, has_more));
}

/// A mount shows its own provider's models, a dialect those that can be called in it.
bool Exchange::is_shown(const ListedModel& model) const {
    if (call_.mounted != nullptr) {
        return model.provider == call_.mounted->name;
    }
    const Provider* const provider = call_.snapshot->shared.routes->provider_named(model.provider);
    return provider != nullptr && provider->dialect == call_.route.dialect;
}

void Exchange::answer_model_detail() {
    std::string id;
    net::append_percent_decoded(id, call_.route.argument);
    for (const ListedModel& model : call_.snapshot->shared.routes->listed()) {
        if (model.id == id && may_call(policies_, model)) {
            settle_nothing(storage::Outcome::answered, 200, {});
            return answer_json(
                200, llm::model_detail(call_.route.dialect, {model.id, model.provider, 0}));
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
