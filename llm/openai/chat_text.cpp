#include "llm/openai/detail/chat_text.h"

namespace pulse::llm::detail {
namespace {

constexpr int kTextDepthMax = 4;

/// Text of a content value: a string, or an array of parts whose text stands under `text` or, for
/// reasoning parts, in an array under `thinking`. `depth` bounds the recursion.
simdjson::error_code read_text(ondemand::value& value, ChoiceText& delivered, int depth) {
    const std::string_view token = raw_token(value);
    if (token.starts_with('"')) {
        delivered.add(raw_text(value));
        return simdjson::SUCCESS;
    }
    if (!token.starts_with('[') || depth == 0) {
        return simdjson::SUCCESS;
    }
    return for_each_element(value, [&delivered, depth](ondemand::value& part) {
        return for_each_field_of(
            part, [&delivered, depth](std::string_view key, ondemand::value& field) {
                const bool is_text = key == "text" || key == "thinking";
                return is_text ? read_text(field, delivered, depth - 1) : simdjson::SUCCESS;
            });
    });
}

simdjson::error_code read_call(ondemand::value& function, ChoiceText& delivered) {
    return for_each_field_of(function, [&delivered](std::string_view key, ondemand::value& field) {
        return key == "arguments" ? read_text(field, delivered, 0) : simdjson::SUCCESS;
    });
}

simdjson::error_code read_tool_calls(ondemand::value& calls, ChoiceText& delivered) {
    return for_each_element_of(calls, [&delivered](ondemand::value& call) {
        return for_each_field_of(call, [&delivered](std::string_view key, ondemand::value& field) {
            return key == "function" ? read_call(field, delivered) : simdjson::SUCCESS;
        });
    });
}

}  // namespace

void ChoiceText::add(std::string_view raw) {
    if (raw.empty()) {
        return;
    }
    ++pieces;
    last_piece = raw;
    bytes += static_cast<std::int64_t>(unescaped_size(raw));
    if (is_kept) {
        text.append(raw);
    }
}

void ChoiceText::add(const ChoiceText& other) {
    if (other.pieces == 0) {
        return;
    }
    pieces += other.pieces;
    last_piece = other.last_piece;
    bytes += other.bytes;
    text.append(other.text);
}

simdjson::error_code read_content(ondemand::value& value, ChoiceText& delivered) {
    return read_text(value, delivered, kTextDepthMax);
}

simdjson::error_code read_message(ondemand::value& message, ChoiceText& delivered) {
    // Some servers say the same reasoning under both names.
    ChoiceText reasoning{.is_kept = delivered.is_kept};
    ChoiceText reasoning_content{.is_kept = delivered.is_kept};
    const auto error =
        for_each_field_of(message, [&](std::string_view key, ondemand::value& field) {
            if (key == "content" || key == "refusal") {
                return read_content(field, delivered);
            }
            if (key == "reasoning_content") {
                return read_content(field, reasoning_content);
            }
            if (key == "reasoning") {
                return read_content(field, reasoning);
            }
            if (key == "tool_calls") {
                return read_tool_calls(field, delivered);
            }
            return key == "function_call" ? read_call(field, delivered) : simdjson::SUCCESS;
        });
    delivered.add(reasoning.bytes > reasoning_content.bytes ? reasoning : reasoning_content);
    if (reasoning.pieces > 0 && reasoning_content.pieces > 0) {
        ++delivered.pieces;  // the text stands in two places
    }
    return error;
}

}  // namespace pulse::llm::detail
