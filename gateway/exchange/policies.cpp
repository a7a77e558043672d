// Which policies and limits apply to a call, and what they say before anything is counted: the
// key's own and those above it, the strictest of each.
#include "gateway/exchange/exchange.h"

#include <algorithm>
#include <array>

namespace pulse::gateway {

namespace {

using policy::Scope;

/// A part of the attribution that policies and budgets may stand on.
struct OwnPart {
    Scope scope;
    std::string Attribution::*value;
};
constexpr std::array kOwnParts{
    OwnPart{Scope::team, &Attribution::team},
    OwnPart{Scope::project, &Attribution::project},
    OwnPart{Scope::user, &Attribution::user},
    OwnPart{Scope::app, &Attribution::app},
    OwnPart{Scope::client, &Attribution::client}};

}  // namespace

/// May a header replace what the key says of itself?
Result<void> Exchange::check_fixed_attribution(std::string_view field) {
    call_.snapshot->shared.keys->policies_on(*call_.key, call_.key->attribution, policies_);
    const policy::AppliedPolicy* const fixed = policy::find_fixed_attribution(policies_);
    if (fixed == nullptr) {
        return {};
    }
    return Error(
        Errc::forbidden,
        "This key's attribution is fixed by " + policy::name_of(*fixed) +
            " (allow_attribution_override); remove the x-pulse-" + std::string(field) + " header.");
}

/// A header does not lead a key out of what limits it: where a policy or a limit stands on the
/// key's own team, project, user, app or client, no other may be named.
Result<void> Exchange::check_own_scopes() {
    const Attribution& own = call_.key->attribution;
    const auto is_left = [&](const OwnPart& part) {
        return !(own.*part.value).empty() && own.*part.value != attribution_.*part.value;
    };
    if (std::none_of(kOwnParts.begin(), kOwnParts.end(), is_left)) {
        return {};
    }
    call_.snapshot->shared.keys->limits_on(*call_.key, own, {}, {}, limits_);
    for (const OwnPart& part : kOwnParts) {
        const std::string& id = own.*part.value;
        const auto stands_on_it = [&](Scope scope, std::string_view limited) {
            return scope == part.scope && limited == id;
        };
        const bool is_limited =
            std::any_of(
                policies_.begin(),
                policies_.end(),
                [&](const auto& applied) { return stands_on_it(applied.scope, applied.id); }) ||
            std::any_of(limits_.begin(), limits_.end(), [&](const auto* limits) {
                return stands_on_it(limits->scope, limits->id);
            });
        if (is_left(part) && is_limited) {
            const std::string name(to_string(part.scope));
            return Error(
                Errc::forbidden,
                "This key belongs to the " + name + " `" + id +
                    "`, which has a policy or a budget of its own: the x-pulse-" + name +
                    " header cannot name another.");
        }
    }
    limits_.clear();
    return {};
}

/// What applies whatever is asked for.
Result<void> Exchange::find_policies() {
    call_.snapshot->shared.keys->policies_on(*call_.key, *call_.attribution, policies_);
    call_.rules = policy::rules_of(policies_, {});
    if (policy::limits_addresses(policies_)) {
        if (auto allowed = policy::check_address(policies_, caller_address()); !allowed) {
            return allowed;
        }
    }
    return policy::check_attribution(policies_, *call_.attribution);
}

/// What limits a call to this target.
void Exchange::find_limits() {
    call_.snapshot->shared.keys->limits_on(
        *call_.key, *call_.attribution, call_.target.provider->name, call_.target.model, limits_);
    call_.rules = policy::rules_of(policies_, limits_);
}

/// The policies' word, else the configuration's.
policy::OnStoreFailure Exchange::on_store_failure() const {
    using policy::OnStoreFailure;
    if (call_.rules.on_store_failure != OnStoreFailure::inherit) {
        return call_.rules.on_store_failure;
    }
    const OnStoreFailure configured = call_.snapshot.settings().on_store_failure;
    // Nothing passes a hard budget uncounted.
    return configured == OnStoreFailure::open && call_.rules.has_hard_budget ? OnStoreFailure::lease
                                                                             : configured;
}

Result<void> Exchange::check_policy() {
    const bool is_named_session =
        call_.route.operation == Operation::realtime && !call_.target.model.empty();
    if (call_.route.operation != Operation::model_call && !is_named_session) {
        return check_object_call();
    }
    if (auto allowed = policy::check_model(
            policies_, call_.target.provider->name, call_.target.model, call_.facts.model);
        !allowed) {
        return allowed;
    }
    if (auto may = check_fallback_models(); !may) {
        return may;
    }
    const std::optional<policy::UnknownPrice>& rule = call_.rules.unknown_price;
    const bool blocks_unpriced = rule ? *rule == policy::UnknownPrice::block
                                      : call_.snapshot.settings().unknown_model_blocked;
    if (call_.target.found.model == nullptr && blocks_unpriced) {
        return Error(
                   Errc::unpriced_model,
                   "There is no price for this model, and calls without a price are blocked. Add "
                   "one under "
                   "`providers: … prices:` or allow estimates with `pricing: { unknown_model: "
                   "estimate }`.")
            .with_param("model");
    }
    return check_deferred();
}

/// A `models` list lets the provider choose: others than the policies allow, or dearer ones than
/// are held.
Result<void> Exchange::check_fallback_models() const {
    const policy::AppliedPolicy* const rule = policy::find_model_rule(policies_);
    if (!call_.facts.names_fallback_models || (rule == nullptr && !call_.rules.has_hard_budget)) {
        return {};
    }
    const std::string why = rule != nullptr
                                ? policy::name_of(*rule) + " names the models that may be used"
                                : std::string("a hard budget applies");
    return Error(
               Errc::model_not_allowed,
               "A `models` list lets the provider choose another model, and " + why +
                   ". Remove it.")
        .with_param("models");
}

/// A call that names no model.
Result<void> Exchange::check_object_call() const {
    if (auto allowed = policy::check_provider(policies_, call_.target.provider->name); !allowed) {
        return allowed;
    }
    const bool is_restricted =
        policy::find_model_rule(policies_) != nullptr || call_.rules.has_hard_budget;
    if (call_.route.api == Api::other && connection_.head().method != "GET" && is_restricted) {
        return Error(
            Errc::model_not_allowed,
            "A budget applies to this key, or it may use certain models only, and Pulse cannot "
            "tell what a call of this path uses.");
    }
    return check_deferred();
}

/// Work that goes on after its answer cannot be held against a hard budget: it needs the key's
/// word.
Result<void> Exchange::check_deferred() const {
    const bool makes_batch =
        (call_.route.api == Api::batches || call_.route.api == Api::message_batches) &&
        connection_.head().method == "POST" && call_.route.object != ObjectUse::item;
    const bool is_deferred =
        call_.facts.background || makes_batch || call_.route.operation == Operation::realtime;
    if (!is_deferred || call_.rules.allows_deferred || !call_.rules.has_hard_budget) {
        return {};
    }
    return Error(
        Errc::forbidden,
        "A hard budget applies to this key, and batches, background responses and realtime "
        "sessions are billed after their "
        "answer. Its owner can allow them with `allow_deferred`.");
}

}  // namespace pulse::gateway
