#include "llm/openai/detail/chunk_reader.h"

#include "llm/detail/json_document.h"
#include "llm/openai/detail/usage_reader.h"

#include <algorithm>
#include <optional>
#include <string>

namespace pulse::llm::detail {
namespace {

// Of words that a provider states and a row keeps: no provider's is longer, and a row stays small.
constexpr std::size_t kWordBytesMax = 256;

void assign_word(ondemand::value& value, std::string& word) {
    const std::string_view raw = raw_text(value);
    if (raw.empty() || raw == word) {
        return;
    }
    if (raw.find('\\') == std::string_view::npos) {
        word.assign(raw.substr(0, kWordBytesMax));
        return;
    }
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
        word.assign(text.substr(0, kWordBytesMax));
    }
}

/// A string, or a number as its text: OpenRouter's error codes are numbers.
void assign_code(ondemand::value& value, std::string& code) {
    const std::string_view token = raw_token(value);
    const bool is_number =
        !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
    if (is_number) {
        code.assign(token.substr(0, kWordBytesMax));
    } else {
        assign_word(value, code);
    }
}

class ChunkReader {
public:
    ChunkReader(Api api, MeterReading& reading, ChunkFacts& facts)
        : api_(api), reading_(reading), facts_(facts) {}

    [[nodiscard]] bool read(std::string_view json);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_choices(ondemand::value& value);
    simdjson::error_code read_choice(ondemand::value& choice);
    simdjson::error_code read_usage_object(ondemand::value& value);
    simdjson::error_code read_groq(ondemand::value& value);
    simdjson::error_code read_error(ondemand::value& value);
    void take_usage();

    Api api_;
    MeterReading& reading_;
    ChunkFacts& facts_;
    std::string_view json_;
    std::optional<UsageStatement> usage_;
    std::optional<UsageStatement> groq_usage_;
    bool has_error_object_ = false;
    bool object_is_error_ = false;  ///< `"object":"error"`: the error's fields stand at the top
    std::string top_code_;
    std::string top_type_;
};

bool ChunkReader::read(std::string_view json) {
    json_ = json;
    JsonDocument document;
    if (document.open(json) != simdjson::SUCCESS) {
        return false;
    }
    const auto error = for_each_field(
        document.object(),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    take_usage();
    facts_.has_error = facts_.has_error || has_error_object_ || object_is_error_;
    if (facts_.has_error && !has_error_object_) {
        reading_.error_code = top_code_.empty() ? top_type_ : top_code_;
    }
    reading_.is_error = reading_.is_error || facts_.has_error;
    reading_.delivered_text_bytes += facts_.text_bytes;
    return error == simdjson::SUCCESS && document.is_whole();
}

simdjson::error_code ChunkReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "choices") {
        return read_choices(value);
    }
    if (key == "usage") {
        return read_usage_object(value);
    }
    if (key == "error") {
        return read_error(value);
    }
    if (key == "x_groq") {
        return read_groq(value);
    }
    if (key == "id") {
        assign_word(value, reading_.response_id);
    } else if (key == "model") {
        assign_word(value, reading_.model);
    } else if (key == "service_tier") {
        assign_word(value, reading_.service_tier);
    } else if (key == "object") {
        object_is_error_ = raw_text(value) == "error";
    } else if (key == "code") {
        assign_code(value, top_code_);
    } else if (key == "type") {
        assign_word(value, top_type_);
    }
    return simdjson::SUCCESS;
}

/// Text of a content value: a string, or an array of parts whose text stands under `text` or, for
/// reasoning parts, in an array under `thinking`. `depth` bounds the recursion.
simdjson::error_code count_text(ondemand::value& value, std::int64_t& bytes, int depth = 4) {
    const std::string_view token = raw_token(value);
    if (token.starts_with('"')) {
        bytes += static_cast<std::int64_t>(unescaped_size(raw_text(value)));
        return simdjson::SUCCESS;
    }
    if (!token.starts_with('[') || depth == 0) {
        return simdjson::SUCCESS;
    }
    return for_each_element(value, [&bytes, depth](ondemand::value& part) {
        return for_each_field_of(
            part, [&bytes, depth](std::string_view key, ondemand::value& field) {
                const bool is_text = key == "text" || key == "thinking";
                return is_text ? count_text(field, bytes, depth - 1) : simdjson::SUCCESS;
            });
    });
}

simdjson::error_code count_arguments(ondemand::value& function, std::int64_t& bytes) {
    return for_each_field_of(function, [&bytes](std::string_view key, ondemand::value& field) {
        return key == "arguments" ? count_text(field, bytes, 0) : simdjson::SUCCESS;
    });
}

simdjson::error_code count_tool_calls(ondemand::value& calls, std::int64_t& bytes) {
    return for_each_element_of(calls, [&bytes](ondemand::value& call) {
        return for_each_field_of(call, [&bytes](std::string_view key, ondemand::value& field) {
            return key == "function" ? count_arguments(field, bytes) : simdjson::SUCCESS;
        });
    });
}

simdjson::error_code count_message(ondemand::value& message, std::int64_t& bytes) {
    // Some servers say the same reasoning under both names.
    std::int64_t reasoning = 0;
    std::int64_t reasoning_content = 0;
    const auto error =
        for_each_field_of(message, [&](std::string_view key, ondemand::value& field) {
            if (key == "content" || key == "refusal") {
                return count_text(field, bytes);
            }
            if (key == "reasoning_content") {
                return count_text(field, reasoning_content);
            }
            if (key == "reasoning") {
                return count_text(field, reasoning);
            }
            if (key == "tool_calls") {
                return count_tool_calls(field, bytes);
            }
            return key == "function_call" ? count_arguments(field, bytes) : simdjson::SUCCESS;
        });
    bytes += std::max(reasoning, reasoning_content);
    return error;
}

simdjson::error_code ChunkReader::read_choices(ondemand::value& value) {
    const bool is_array = raw_token(value).starts_with('[');
    std::size_t count = 0;
    const auto error = for_each_element_of(value, [this, &count](ondemand::value& choice) {
        ++count;
        return read_choice(choice);
    });
    facts_.choices_are_empty = is_array && count == 0 && error == simdjson::SUCCESS;
    return error;
}

simdjson::error_code ChunkReader::read_choice(ondemand::value& choice) {
    std::int64_t index = 0;
    std::string_view finish;
    std::int64_t delta_bytes = 0;
    std::int64_t message_bytes = 0;
    std::int64_t legacy_bytes = 0;
    bool has_delta = false;
    const auto error = for_each_field_of(choice, [&](std::string_view key, ondemand::value& field) {
        if (key == "delta") {
            has_delta = true;
            return count_message(field, delta_bytes);
        }
        if (key == "message") {
            return count_message(field, message_bytes);
        }
        if (key == "text") {
            return count_text(field, legacy_bytes);
        }
        if (key == "finish_reason") {
            finish = raw_text(field);
        } else if (key == "index") {
            if (field.get_int64().get(index) != simdjson::SUCCESS) {
                index = 0;
            }
        }
        return simdjson::SUCCESS;
    });
    // Perplexity repeats the whole message so far beside each delta, Together each delta's text
    // under `text`.
    facts_.text_bytes += std::max(has_delta ? delta_bytes : message_bytes, legacy_bytes);
    facts_.has_finish = facts_.has_finish || !finish.empty();
    if (!finish.empty() && index == 0) {
        reading_.finish_reason.assign(finish.substr(0, kWordBytesMax));
    }
    return error;
}

simdjson::error_code ChunkReader::read_usage_object(ondemand::value& value) {
    ondemand::object object;
    if (!raw_token(value).starts_with('{')) {
        return simdjson::SUCCESS;
    }
    if (const auto error = value.get_object().get(object)) {
        return error;
    }
    std::string_view text;
    if (const auto error = object.raw_json().get(text)) {
        return error;
    }
    facts_.has_usage = true;
    facts_.usage_close = static_cast<std::size_t>(text.data() - json_.data()) + text.rfind('}');
    bool has_fields = false;
    if (const auto error = object.reset().get(has_fields)) {
        return error;
    }
    facts_.usage_is_empty = !has_fields;
    usage_.emplace();
    if (!has_fields) {
        return simdjson::SUCCESS;
    }
    const auto error = read_usage(api_, object, *usage_);
    facts_.usage_has_cost = usage_->has_cost;
    return error;
}

simdjson::error_code ChunkReader::read_groq(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        ondemand::object object;
        if (key != "usage" || field.get_object().get(object) != simdjson::SUCCESS) {
            return simdjson::SUCCESS;
        }
        groq_usage_.emplace();
        return read_usage(api_, object, *groq_usage_);
    });
}

simdjson::error_code ChunkReader::read_error(ondemand::value& value) {
    const std::string_view token = raw_token(value);
    if (token == "null") {
        return simdjson::SUCCESS;
    }
    has_error_object_ = true;
    std::string code;
    std::string type;
    const auto error = for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (key == "code") {
            assign_code(field, code);
        } else if (key == "type") {
            assign_word(field, type);
        }
        return simdjson::SUCCESS;
    });
    reading_.error_code = code.empty() ? type : code;
    return error;
}

void ChunkReader::take_usage() {
    // Groq says the same numbers twice when asked for usage: never added.
    const auto& statement = usage_ && usage_->is_present ? usage_ : groq_usage_;
    if (!statement || !statement->is_present) {
        return;
    }
    reading_.usage = statement->usage;
    reading_.usage_present = true;
    reading_.inconsistent = statement->is_inconsistent;
    if (statement->stated_cost) {
        reading_.stated_cost = statement->stated_cost;
    }
}

}  // namespace

bool read_chunk(Api api, std::string_view json, MeterReading& reading, ChunkFacts& facts) {
    return ChunkReader{api, reading, facts}.read(json);
}

}  // namespace pulse::llm::detail
