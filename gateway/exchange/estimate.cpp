#include "gateway/estimate/call_estimate.h"
#include "gateway/estimate/token_count.h"
#include "gateway/exchange/exchange.h"
#include "llm/openai/request_reader.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pulse::gateway {

namespace {

// Counting up to here takes less than half a millisecond, whatever the text is; above it another
// thread does it.
constexpr std::size_t kCountedHereMax = std::size_t{2} * 1024;
// It is copied for the other thread, and the copy must not hold up the loop either.
constexpr std::size_t kCountedBytesMax = std::size_t{2} << 20;

[[nodiscard]] Error too_long() {
    return Error(Errc::request_too_large, "Tokens are counted in bodies up to 2 MiB.");
}

}  // namespace

/// `POST /v1/pulse/estimate`: a request's body in, tokens and cost out; nothing is sent, reserved
/// or recorded.
void Exchange::answer_estimate() {
    if (body().size() > kCountedBytesMax) {
        return answer_error(too_long());
    }
    const auto api = api_of_estimate(connection_.head().query);
    if (!api) {
        return answer_error(api.error());
    }
    // Before anything is counted: what a call would be refused for.
    const std::string asked_model = model_of_estimate(connection_.head().query);
    const auto read = read_estimate_facts(
        {.api = *api, .model = asked_model, .body = body(), .routes = *call_.snapshot->shared.routes});
    if (!read) {
        return answer_error(read.error());
    }
    const std::string& model = read->model;
    const auto target = call_.snapshot->shared.routes->find(model, read->dialect);
    if (!target) {
        return answer_error(target.error());
    }
    if (auto allowed =
            policy::check_model(policies_, target->provider->name, target->model, model);
        !allowed) {
        return answer_error(allowed.error());
    }
    // The texts of `payer()` may be gone when the count is there.
    answer_counted([api = *api,
                    asked_model,
                    routes = call_.snapshot->shared.routes,
                    at = call_.now,
                    org = std::string(payer().org),
                    team = std::string(payer().team),
                    key = std::string(payer().key)](std::string_view body) {
        return estimate_call(
            {.api = api,
             .model = asked_model,
             .body = body,
             .routes = *routes,
             .at = at,
             .payer = {.org = org, .team = team, .key = key}});
    });
}

void Exchange::answer_token_count() {
    answer_counted(count_anthropic_tokens);
}

/// Answers with what `count` makes of the body, here or on the counting thread. `count` must need
/// nothing of this exchange.
void Exchange::answer_counted(std::function<Result<std::string>(std::string_view body)> count) {
    const std::string_view body = this->body();
    const auto answer = [this](const Result<std::string>& counted) {
        if (!counted) {
            return answer_error(counted.error());
        }
        settle_nothing(storage::Outcome::answered, 200, {});
        answer_json(200, *counted);
    };
    if (body.size() <= kCountedHereMax) {
        return answer(count(body));
    }
    if (body.size() > kCountedBytesMax) {
        return answer(too_long());
    }
    const Error busy = Error(Errc::overloaded, "Too many long texts wait to be counted; ask again.")
                           .with_retry_after(std::chrono::seconds{1});
    const std::size_t size = body.size();
    if (!worker_.bodies.try_take(size)) {
        return answer(busy);
    }
    std::string copy(size + llm::kBodyPadding, ' ');
    std::copy(body.begin(), body.end(), copy.begin());
    // The caller may hang up meanwhile, and this exchange be gone or busy with another request when
    // the count is there.
    auto job = [count = std::move(count),
                copy = std::move(copy),
                size,
                answer,
                alive = alive_,
                asked = call_.id,
                this,
                &loop = worker_.loop,
                &bodies = worker_.bodies] {
        auto counted = count(std::string_view{copy}.substr(0, size));
        bodies.give_back(size);
        loop.post([counted = std::move(counted), answer, alive, asked, this] {
            if (*alive && stage_ != Stage::idle && call_.id == asked) {
                answer(counted);
            }
        });
    };
    if (!worker_.counting.try_run(std::move(job))) {
        worker_.bodies.give_back(size);
        answer(busy);
    }
}

}  // namespace pulse::gateway
