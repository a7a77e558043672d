#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/request_facts.h"
#include "gateway/rating.h"
#include "gateway/routing/routes.h"

#include <optional>
#include <string>
#include <string_view>

namespace pulse::gateway {

/// A call that is not made.
struct EstimateAsk {
    std::optional<Api> api;  ///< from `?api=`; without it the body's own fields tell
    std::string model;       ///< from `?model=`: of APIs whose path names it
    std::string_view body;   ///< followed by llm::kBodyPadding readable bytes
    const Routes& routes;
    TimePoint at{};
    Payer payer{};
};

/// The API that `?api=` names (chat.completions, completions, embeddings, responses, messages, generateContent,
/// converse, chat), nothing when it names none. Errors: invalid_request.
[[nodiscard]] Result<std::optional<Api>> api_of_estimate(std::string_view query);
/// What `?model=` says, decoded.
[[nodiscard]] std::string model_of_estimate(std::string_view query);

/// What the body asks for, read as its dialect's requests are, and the dialect. The model is `ask.model` where the body
/// names none. Errors: invalid_request.
struct EstimateFacts {
    RequestFacts facts;
    std::string model;
    Dialect dialect = Dialect::openai;
};
[[nodiscard]] Result<EstimateFacts> read_estimate_facts(const EstimateAsk& ask);

/// The answer of `POST /v1/pulse/estimate`: tokens as near as they can be known and as many as they
/// could be, and what both would cost. Takes as long as counting the body's text. Errors:
/// invalid_request.
[[nodiscard]] Result<std::string> estimate_call(const EstimateAsk& ask);

}  // namespace pulse::gateway
