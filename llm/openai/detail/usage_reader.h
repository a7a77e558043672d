#pragma once

#include "base/money.h"
#include "base/request_facts.h"
#include "base/usage.h"
#include "llm/detail/json_document.h"

#include <cstdint>
#include <optional>

namespace pulse::llm::detail {

/// A `usage` object under OpenAI's meaning: cached and cache-write tokens are inside prompt_tokens,
/// reasoning is inside completion_tokens.
struct UsageStatement {
    Usage usage;
    bool is_present = false;  ///< at least one total was stated
    bool is_inconsistent = false;
    bool has_cost = false;  ///< the object has a `cost` of its own, whatever its type
    std::optional<Money> stated_cost;
};

/// Reads `object`. Counts that are null or absent are not stated; negative ones count as zero and
/// those above kTokensMax as that, both flagged. Source:
/// https://platform.openai.com/docs/api-reference/chat/object
[[nodiscard]] simdjson::error_code read_usage(
    Api api, ondemand::object& object, UsageStatement& statement);

/// No call has more tokens; keeps products with prices far from the limits of Money.
inline constexpr std::int64_t kTokensMax = 1'000'000'000'000;

/// A JSON number as money, digits below 10⁻¹² cut off; nothing when it is no number or out of
/// range.
[[nodiscard]] std::optional<Money> money_of_number(std::string_view text);

}  // namespace pulse::llm::detail
