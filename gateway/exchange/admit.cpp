#include "gateway/exchange/exchange.h"
#include "llm/openai/request_reader.h"
#include "llm/request/form_request.h"
#include "llm/request/native_request.h"
#include "net/auth/percent.h"
#include "policy/access/access.h"
#include "pricing/cost/priced_as.h"

#include <algorithm>

namespace pulse::gateway {

namespace {
// A wait above this is no wait for a client: it would sleep it out (docs/formats/openai.md,
// retries).
constexpr std::chrono::milliseconds kRetryAfterMax{60'000};
// A sliding minute is kept in buckets: its wait may be longer than the minute by a bucket, and is
// said as a minute.
constexpr std::chrono::milliseconds kMinuteSlack{5'000};
constexpr std::size_t kModelShownMax = 120;

/// APIs without a dialect of callers: they are had under a provider's mount, with its own bodies.
[[nodiscard]] bool is_native_api(Api api) {
    return api == Api::ollama_chat || api == Api::ollama_generate || api == Api::ollama_embed;
}

/// What the API takes where a body names no model. Source: https://platform.openai.com/docs/api-reference
[[nodiscard]] std::string_view default_model(Api api) {
    switch (api) {
        case Api::moderations:
            return "omni-moderation-latest";
        case Api::images:
            return "dall-e-2";
        default:
            return {};
    }
}

/// The kind of provider that alone has this path, where two kinds speak its dialect.
[[nodiscard]] std::string_view kind_of_path(const Route& route) {
    const bool is_vertex = route.dialect == Dialect::gemini &&
                           (route.native_path.find("/projects/") != std::string_view::npos ||
                            route.native_path.find("/publishers/") != std::string_view::npos);
    return is_vertex ? "vertex" : std::string_view{};
}

[[nodiscard]] bool serves(const Provider& provider, const Route& route) {
    const bool is_rerank = route.api == Api::rerank && provider.dialect == Dialect::openai;
    return provider.dialect == route.dialect || is_rerank;
}

}  // namespace

void Exchange::call_provider() {
    if (call_.route.operation == Operation::model_call) {
        call_.content = content_rule();
    }
    if (auto checked = check_call(); !checked) {
        return answer_error(checked.error());
    }
    check_objects();
}

void Exchange::admit() {
    stage_ = Stage::admitting;
    const policy::Ask ask{
        .id = call_.id,
        .key = call_.key,
        .model = call_.target.model,
        .ceiling = call_.ceiling,
        .tokens = call_.tokens.input + call_.tokens.output,
        .now = call_.now};
    call_.asked_at = worker_.clock.steady_now();
    worker_.quota.admit(ask, *this);
}

Result<void> Exchange::check_call() {
    auto facts = read_facts();
    if (!facts) {
        worker_.metrics.rejected("bad_body").add();
        return facts.error();
    }
    call_.facts = *facts;
    if (call_.facts.model_has_escaped_slash) {
        unescaped_model_ = llm::plain_model(call_.facts);
        call_.facts.model = unescaped_model_;
    }
    call_.facts.stream = call_.facts.stream || call_.route.path_streams;
    if (!call_.route.model.empty()) {
        path_model_.clear();
        net::append_percent_decoded(path_model_, call_.route.model);
        // Azure's and Vertex's bodies may name one too: the path is what their servers go by.
        call_.facts.model = path_model_;
    } else if (call_.facts.model.empty()) {
        call_.facts.model = default_model(call_.route.api);
    }
    if (auto chosen = choose_target(); !chosen) {
        return chosen;
    }
    if (auto allowed = check_policy(); !allowed) {
        return allowed;
    }
    return estimate();
}

Result<RequestFacts> Exchange::read_facts() {
    const std::string_view body = this->body();
    const Api api = call_.route.api;
    if (call_.route.operation == Operation::realtime) {
        return read_realtime_facts();
    }
    if (call_.route.operation != Operation::model_call) {
        RequestFacts facts;
        facts.api = api;
        return facts;
    }
    const std::string_view type = connection_.head().fields.value("content-type");
    if (llm::is_form(type)) {
        return llm::read_form_request(api, type, body);
    }
    if (call_.route.dialect != Dialect::openai || is_native_api(api)) {
        // Vertex counts the tokens of Anthropic's requests at a path that names no model: the body does.
        const bool is_anthropics = api == Api::token_counting && call_.route.model.empty();
        return llm::read_native_request(
            is_anthropics ? Dialect::anthropic : call_.route.dialect, api, body);
    }
    return llm::read_openai_request(
        api, body, call_.route.model.empty() ? llm::PathNamesModel::no : llm::PathNamesModel::yes);
}

/// The provider that the path names, else the one of the model, else the one that speaks the dialect.
Result<void> Exchange::choose_target() {
    const Routes& routes = *call_.snapshot->shared.routes;
    const std::string_view model = call_.facts.model;
    if (call_.mounted != nullptr) {
        call_.target.provider = call_.mounted;
        call_.target.model = model;
        if (!model.empty()) {
            call_.target.found = routes.price(*call_.mounted, model);
        }
    } else if (
        !model.empty() && (call_.route.operation == Operation::model_call ||
                           call_.route.operation == Operation::realtime)) {
        auto target = routes.find(model, call_.route.dialect, kind_of_path(call_.route));
        if (!target) {
            return target.error();
        }
        call_.target = *target;
    } else {
        call_.target.provider =
            routes.provider_speaking(call_.route.dialect, kind_of_path(call_.route));
        if (call_.target.provider == nullptr) {
            return Error(
                Errc::not_found,
                "No provider that speaks this API is configured. `/providers/{name}/…` addresses one directly.");
        }
    }
    if (call_.mounted == nullptr && !serves(*call_.target.provider, call_.route)) {
        const std::string name = call_.target.provider->name;
        call_.target = {};
        return Error(
                   Errc::invalid_request,
                   "`" + std::string(model.substr(0, kModelShownMax)) + "` is served by the provider `" + name +
                       "`, which does not speak the API of this path. Call it at a path of its own API, or under "
                       "/providers/" + name + "/.")
            .with_param("model");
    }
    return {};
}

Result<void> Exchange::check_policy() {
    const policy::Policy& policy = call_.key->policy;
    const bool is_named_session =
        call_.route.operation == Operation::realtime && !call_.target.model.empty();
    if (call_.route.operation != Operation::model_call && !is_named_session) {
        return check_object_call();
    }
    if (auto allowed = policy::check_model(
            policy, call_.target.provider->name, call_.target.model, call_.facts.model);
        !allowed) {
        return allowed;
    }
    if (call_.facts.names_fallback_models &&
        (!policy.allowed_models.empty() || !policy.blocked_models.empty())) {
        return Error(
                   Errc::model_not_allowed,
                   "This key may use certain models only, and a `models` list lets the provider "
                   "choose others. Remove it.")
            .with_param("models");
    }
    const bool blocks_unpriced = policy.unknown_price.has_value()
                                     ? *policy.unknown_price == policy::UnknownPrice::block
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

/// A call that names no model.
Result<void> Exchange::check_object_call() const {
    const policy::Policy& policy = call_.key->policy;
    if (auto allowed = policy::check_provider(policy, call_.target.provider->name); !allowed) {
        return allowed;
    }
    const bool is_restricted =
        !policy.allowed_models.empty() || !policy.blocked_models.empty() || policy.has_hard_budget();
    if (call_.route.api == Api::other && connection_.head().method != "GET" && is_restricted) {
        return Error(
            Errc::model_not_allowed,
            "This key has a budget or may use certain models only, and Pulse cannot tell what a call of this path uses.");
    }
    return check_deferred();
}

/// Work that goes on after its answer cannot be held against a hard budget: it needs the key's word.
Result<void> Exchange::check_deferred() const {
    const bool makes_batch = (call_.route.api == Api::batches || call_.route.api == Api::message_batches) &&
                             connection_.head().method == "POST" && call_.route.object != ObjectUse::item;
    const bool is_deferred = call_.facts.background || makes_batch || call_.route.operation == Operation::realtime;
    const policy::Policy& policy = call_.key->policy;
    if (!is_deferred || policy.allow_deferred || !policy.has_hard_budget()) {
        return {};
    }
    return Error(
        Errc::forbidden,
        "This key has a hard budget, and batches, background responses and realtime sessions are billed after their "
        "answer. Its owner can allow them with `allow_deferred`.");
}

Result<void> Exchange::estimate() {
    if (call_.route.operation != Operation::model_call) {
        return {};
    }
    call_.tokens = pricing::estimate_tokens(call_.facts, call_.target.found);
    call_.input_guess = call_.tokens.input;
    const pricing::Model* const model = call_.target.found.model;
    if (model != nullptr && &*call_.snapshot == &*worker_.snapshot) {
        call_.tokens.input = std::min(
            worker_.calibrations.of(*model, call_.facts).adjust(call_.input_guess),
            call_.tokens.input_max);
    }
    const auto tier =
        pricing::parse_service_tier(pricing::priced_tier(call_.facts.service_tier, call_.facts.speed))
            .value_or(pricing::ServiceTier::standard);
    const std::string_view region =
        pricing::priced_region(call_.facts.inference_geo, call_.target.provider->price_region);
    const pricing::OverrideSet& agreed = call_.snapshot->shared.routes->catalog().overrides();
    const pricing::Subject subject =
        subject_of(payer(), *call_.target.provider, call_.target.found, call_.target.model);
    call_.ceiling = pricing::ceiling_of(
        {.found = call_.target.found,
         .input_tokens_max = call_.tokens.input_max,
         .output_tokens_max = call_.tokens.output_max,
         .answers = call_.facts.answers,
         .tier = tier,
         .at = call_.now,
         .region = region,
         .overrides = &agreed,
         .subject = subject});
    Usage expected;
    expected.input_uncached = call_.tokens.input;
    expected.output_total = call_.tokens.output;
    call_.estimated_cost = pricing::total_cost_of({.found = call_.target.found,
                                                   .usage = expected,
                                                   .tier = tier,
                                                   .at = call_.now,
                                                   .region = region,
                                                   .overrides = &agreed,
                                                   .subject = subject})
                               .total;
    return policy::check_request_size(
        call_.key->policy,
        call_.input_guess + call_.tokens.output_max * call_.facts.answers,
        call_.ceiling);
}

void Exchange::on_verdict(const policy::Verdict& verdict) {
    const SteadyTime now = worker_.clock.steady_now();
    worker_.metrics.policy_latency.observe(
        std::chrono::duration_cast<std::chrono::microseconds>(now - call_.asked_at).count());
    if (stage_ == Stage::realtime) {
        return on_next_verdict(verdict);
    }
    call_.rates = verdict.rates;
    if (!verdict.admitted) {
        return refuse_by_verdict(verdict);
    }
    call_.is_admitted = true;
    call_.soft_budget_passed = verdict.soft_budget_passed;
    connect(net::UpstreamPool::Freshness::any, now);
}

void Exchange::refuse_by_verdict(const policy::Verdict& verdict) {
    worker_.metrics.denied(to_string(verdict.code)).add();
    Error error(verdict.code, verdict.message);
    if (verdict.retry_after && *verdict.retry_after <= kRetryAfterMax + kMinuteSlack) {
        error.with_retry_after(std::min(*verdict.retry_after, kRetryAfterMax));
    }
    out_head_.clear();
    resets_at_ = verdict.resets_at;
    if (!resets_at_ && verdict.retry_after) {
        resets_at_ = call_.now + *verdict.retry_after;
    }
    answer_error(error);
}

}  // namespace pulse::gateway
