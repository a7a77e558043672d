#include "llm/bedrock/detail/family_reader.h"

#include "llm/detail/stated_error.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::llm::detail {
namespace {

constexpr CountKey kCounts[] = {
    {"inputTextTokenCount", UsageField::input},         // Titan
    {"totalOutputTextTokenCount", UsageField::output},  // Titan's stream
    {"prompt_token_count", UsageField::input},          // Llama
    {"generation_token_count", UsageField::output},
};
constexpr CountKey kUsageCounts[] = {
    {"prompt_tokens", UsageField::input},
    {"completion_tokens", UsageField::output},
    {"total_tokens", UsageField::total},
};
constexpr CountKey kOutputDetails[] = {{"reasoning_tokens", UsageField::reasoning}};

template <std::size_t size>
bool is_one_of(std::string_view key, const std::array<std::string_view, size>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// Arrays of what the model made, one entry per answer.
constexpr std::array<std::string_view, 6> kItems{
    "results", "generations", "outputs", "choices", "completions", "data"};
// An exception's `message` has a status or a frame of its own; in an answer it is Pegasus' text.
constexpr std::array<std::string_view, 5> kTexts{
    "generation", "completion", "outputText", "text", "message"};
constexpr std::array<std::string_view, 4> kFinishes{
    "stop_reason", "finish_reason", "completionReason", "finishReason"};

}  // namespace

simdjson::error_code FamilyReader::read_field(std::string_view key, ondemand::value& value) {
    if (is_one_of(key, kItems) || key == "images" || key == "artifacts") {
        return read_items(key, value);
    }
    if (key == "usage") {
        return read_usage(value);
    }
    if (key == "error" && !is_null(value)) {
        return read_error_value(value, error_.emplace());
    }
    if (is_one_of(key, kTexts)) {
        text_.add_string(value);
    } else if (is_one_of(key, kFinishes)) {
        read_finish(value);
    } else if (key == "id") {
        assign_text(value, reading_.response_id);
    } else if (key == "model") {
        assign_text(value, reading_.model);
    } else {
        static_cast<void>(read_count_key(kCounts, key, value, stated_));
    }
    return simdjson::SUCCESS;
}

void FamilyReader::finish() {
    if (result_tokens_) {
        stated_.set(UsageField::output, *result_tokens_);
    }
    if (!stated_.empty()) {
        // Llama states its input with a stream's first chunk and its output with each.
        reading_.stated.merge(stated_);
        reading_.usage_present = true;
        facts_.has_usage = true;
    }
    if (error_) {
        set_error(std::move(*error_), reading_, facts_);
    }
}

simdjson::error_code FamilyReader::read_items(std::string_view key, ondemand::value& value) {
    const bool are_images = key == "images" || key == "artifacts";
    std::int64_t images = 0;
    const auto error = for_each_element_of(value, [&](ondemand::value& item) {
        images += are_images ? 1 : 0;
        return are_images ? simdjson::SUCCESS : read_item(item);
    });
    ProviderCalls calls;
    calls.images = images;
    reading_.calls.take_larger(calls);
    return error;
}

simdjson::error_code FamilyReader::read_item(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "tokenCount") {
            if (const auto count = count_of(field)) {
                result_tokens_ = result_tokens_.value_or(0) + *count;
            }
        } else if (
            raw_token(field).starts_with('{') &&
            (key == "message" || key == "delta" || key == "data")) {
            return read_message(field);
        } else if (is_one_of(key, kTexts)) {
            text_.add_string(field);
        } else if (is_one_of(key, kFinishes)) {
            read_finish(field);
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code FamilyReader::read_message(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "content" || key == "text" || key == "reasoning" || key == "reasoning_content") {
            text_.add_string(field);
            return simdjson::SUCCESS;
        }
        return key == "tool_calls" ? read_tool_calls(field) : simdjson::SUCCESS;
    });
}

simdjson::error_code FamilyReader::read_tool_calls(ondemand::value& value) {
    return for_each_element_of(value, [this](ondemand::value& call) {
        return for_each_field_of(call, [this](std::string_view key, ondemand::value& function) {
            if (key != "function") {
                return simdjson::SUCCESS;
            }
            return for_each_field_of(
                function, [this](std::string_view name, ondemand::value& field) {
                    return name == "arguments" ? text_.add_json(field) : simdjson::SUCCESS;
                });
        });
    });
}

simdjson::error_code FamilyReader::read_usage(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "completion_tokens_details") {
            return for_each_field_of(field, [this](std::string_view name, ondemand::value& count) {
                static_cast<void>(read_count_key(kOutputDetails, name, count, stated_));
                return simdjson::SUCCESS;
            });
        }
        static_cast<void>(read_count_key(kUsageCounts, key, field, stated_));
        return simdjson::SUCCESS;
    });
}

/// A word, or AI21's {"reason": "endoftext"}.
void FamilyReader::read_finish(ondemand::value& value) {
    std::string reason;
    if (raw_token(value).starts_with('{')) {
        // An object that cannot be read names no reason; the walk above finds the error.
        static_cast<void>(
            for_each_field_of(value, [&reason](std::string_view key, ondemand::value& field) {
                if (key == "reason") {
                    assign_text(field, reason);
                }
                return simdjson::SUCCESS;
            }));
    } else {
        assign_text(value, reason);
    }
    if (!reason.empty()) {
        reading_.finish_reason = std::move(reason);
        facts_.has_finish = true;
    }
}

}  // namespace pulse::llm::detail
