#pragma once

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"

#include <optional>
#include <string_view>

namespace pulse::llm::detail {

/// Reads answers of the model families of InvokeModel that have no reader of their own: Titan,
/// Llama, Cohere, Mistral, AI21, the OpenAI dialect, embeddings and images. Their keys do not
/// collide, so that one walk serves all.
class FamilyReader {
public:
    FamilyReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    /// Call once, behind the last field.
    void finish();

private:
    [[nodiscard]] simdjson::error_code read_items(std::string_view key, ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_item(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_message(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_tool_calls(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_usage(ondemand::value& value);
    void read_finish(ondemand::value& value);

    MeterReading& reading_;
    EventFacts& facts_;
    DeliveredText text_;
    StatedUsage stated_;
    std::optional<std::int64_t> result_tokens_;
    std::optional<StatedError> error_;
};

}  // namespace pulse::llm::detail
