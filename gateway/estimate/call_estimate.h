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
    std::string_view body;   ///< followed by llm::kBodyPadding readable bytes
    const Routes& routes;
    TimePoint at{};
    Payer payer{};
};

/// The API that `?api=chat.completions|completions|embeddings` names, nothing when it names none.
/// Errors: invalid_request.
[[nodiscard]] Result<std::optional<Api>> api_of_estimate(std::string_view query);

/// The answer of `POST /v1/pulse/estimate`: tokens as near as they can be known and as many as they
/// could be, and what both would cost. Takes as long as counting the body's text. Errors:
/// invalid_request.
[[nodiscard]] Result<std::string> estimate_call(const EstimateAsk& ask);

}  // namespace pulse::gateway
