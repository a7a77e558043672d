#pragma once

#include "llm/detail/json_document.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Text of one choice: its size once its escapes are resolved and, where it is kept, itself with
/// them.
struct ChoiceText {
    std::int64_t bytes = 0;
    bool is_kept = false;
    std::string text{};
    int pieces = 0;                 ///< strings that it was made of, empty ones left out
    std::string_view last_piece{};  ///< as it stands in the JSON

    void add(std::string_view raw);
    void add(const ChoiceText& other);
};

/// The text of a `delta` or `message`: content, refusal, reasoning, arguments of tool calls.
[[nodiscard]] simdjson::error_code read_message(ondemand::value& message, ChoiceText& delivered);

/// The text of a `content`: a string, or parts.
[[nodiscard]] simdjson::error_code read_content(ondemand::value& value, ChoiceText& delivered);

}  // namespace pulse::llm::detail
