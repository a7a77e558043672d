#include "gateway/exchange/exchange.h"
#include "llm/openai/request_reader.h"
#include "llm/request/form_request.h"
#include "llm/request/native_request.h"
#include "net/auth/percent.h"

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

/// What the API takes where a body names no model. Source:
/// https://platform.openai.com/docs/api-reference
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
        .id = hold_,
        .scopes = limits_,
        .ceiling = call_.ceiling,
        .tokens = call_.tokens.input + call_.tokens.output,
        .now = call_.now,
        .on_store_failure = on_store_failure()};
    call_.asked_at = worker_.clock.steady_now();
    worker_.quota.admit(ask, *this);
}

/// The kind of provider that alone has this path, where two kinds speak its dialect.
std::string_view Exchange::kind_of_path() const {
    const std::string_view path = call_.route.native_path;
    const bool is_vertex = call_.route.dialect == Dialect::gemini &&
                           (path.find("/projects/") != std::string_view::npos ||
                            path.find("/publishers/") != std::string_view::npos);
    return is_vertex ? "vertex" : std::string_view{};
}

bool Exchange::is_served_by(const Provider& provider) const {
    const bool is_rerank = call_.route.api == Api::rerank && provider.dialect == Dialect::openai;
    return provider.dialect == call_.route.dialect || is_rerank;
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
    find_limits();
    if (auto allowed = check_policy(); !allowed) {
        return allowed;
    }
    return foresee();
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
        // Vertex counts the tokens of Anthropic's requests at a path that names no model: the body
        // does.
        const bool is_anthropics = api == Api::token_counting && call_.route.model.empty();
        return llm::read_native_request(
            is_anthropics ? Dialect::anthropic : call_.route.dialect, api, body);
    }
    return llm::read_openai_request(
        api, body, call_.route.model.empty() ? llm::PathNamesModel::no : llm::PathNamesModel::yes);
}

/// The provider that the path names, else the one of the model, else the one that speaks the
/// dialect.
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
        auto target = routes.find(model, call_.route.dialect, kind_of_path());
        if (!target) {
            return target.error();
        }
        call_.target = *target;
    } else {
        call_.target.provider = routes.provider_speaking(call_.route.dialect, kind_of_path());
        if (call_.target.provider == nullptr) {
            return Error(
                Errc::not_found,
                "No provider that speaks this API is configured. `/providers/{name}/…` addresses "
                "one directly.");
        }
    }
    if (call_.mounted == nullptr && !is_served_by(*call_.target.provider)) {
        const std::string name = call_.target.provider->name;
        call_.target = {};
        return Error(
                   Errc::invalid_request,
                   "`" + std::string(model.substr(0, kModelShownMax)) +
                       "` is served by the provider `" + name +
                       "`, which does not speak the API of this path. Call it at a path of its own "
                       "API, or under "
                       "/providers/" +
                       name + "/.")
            .with_param("model");
    }
    return {};
}

void Exchange::on_verdict(const policy::Verdict& verdict) {
    const SteadyTime now = worker_.clock.steady_now();
    worker_.metrics.policy_latency.observe(
        std::chrono::duration_cast<std::chrono::microseconds>(now - call_.asked_at).count());
    if (stage_ == Stage::realtime) {
        return on_next_verdict(verdict);
    }
    if (cover_.is_asking) {
        return on_more_verdict(verdict);
    }
    const policy::RateState before = call_.rates;
    call_.rates = verdict.rates;
    if (call_.is_counted) {
        call_.rates.requests_limit = before.requests_limit;
        call_.rates.requests_remaining = before.requests_remaining;
        call_.rates.requests_reset = before.requests_reset;
    }
    if (try_cheaper(verdict)) {
        return;
    }
    if (!verdict.admitted) {
        return refuse_by_verdict(verdict);
    }
    call_.is_admitted = true;
    note_hold(verdict);
    call_.soft_budget_passed = verdict.soft_budget_passed;
    connect(net::UpstreamPool::Freshness::any, now);
}

/// For the row: by it the cost is found again, should this process die.
void Exchange::note_hold(const policy::Verdict& verdict) {
    call_.held_under.clear();
    if (verdict.drawn_from) {
        verdict.drawn_from->append_to(call_.held_under);
    } else if (hold_ != call_.id) {
        hold_.append_to(call_.held_under);
    }
}

void Exchange::refuse_by_verdict(const policy::Verdict& verdict) {
    worker_.metrics.denied(to_string(verdict.code)).add();
    Error error(verdict.code, verdict.message);
    if (verdict.code == Errc::policy_unavailable) {
        error.with_retry_after(verdict.retry_after.value_or(kStoreAwayRetry));
    } else if (verdict.retry_after && *verdict.retry_after <= kRetryAfterMax + kMinuteSlack) {
        error.with_retry_after(std::min(*verdict.retry_after, kRetryAfterMax));
    }
    out_head_.clear();
    resets_at_ = verdict.resets_at;
    if (!resets_at_ && verdict.retry_after && verdict.code != Errc::policy_unavailable) {
        resets_at_ = call_.now + *verdict.retry_after;
    }
    answer_error(error);
}

}  // namespace pulse::gateway
