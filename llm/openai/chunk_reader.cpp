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

/// Text of an answer: its size once its escapes are resolved and, where it is kept, itself.
struct Delivered {
    std::int64_t bytes = 0;
    bool is_kept = false;
    std::string text{};

    void add(std::string_view raw) {
        bytes += static_cast<std::int64_t>(unescaped_size(raw));
        if (is_kept) {
            text.append(raw);
        }
    }
    void add(const Delivered& other) {
        bytes += other.bytes;
        text.append(other.text);
    }
};

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
    void deliver(const Delivered& delivered);
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
simdjson::error_code read_text(ondemand::value& value, Delivered& delivered, int depth = 4) {
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

simdjson::error_code read_call(ondemand::value& function, Delivered& delivered) {
    return for_each_field_of(function, [&delivered](std::string_view key, ondemand::value& field) {
        return key == "arguments" ? read_text(field, delivered, 0) : simdjson::SUCCESS;
    });
}

simdjson::error_code read_tool_calls(ondemand::value& calls, Delivered& delivered) {
    return for_each_element_of(calls, [&delivered](ondemand::value& call) {
        return for_each_field_of(call, [&delivered](std::string_view key, ondemand::value& field) {
            return key == "function" ? read_call(field, delivered) : simdjson::SUCCESS;
        });
    });
}

simdjson::error_code read_message(ondemand::value& message, Delivered& delivered) {
    // Some servers say the same reasoning under both names.
    Delivered reasoning{.is_kept = delivered.is_kept};
    Delivered reasoning_content{.is_kept = delivered.is_kept};
    const auto error =
        for_each_field_of(message, [&](std::string_view key, ondemand::value& field) {
            if (key == "content" || key == "refusal") {
                return read_text(field, delivered);
            }
            if (key == "reasoning_content") {
                return read_text(field, reasoning_content);
            }
            if (key == "reasoning") {
                return read_text(field, reasoning);
            }
            if (key == "tool_calls") {
                return read_tool_calls(field, delivered);
            }
            return key == "function_call" ? read_call(field, delivered) : simdjson::SUCCESS;
        });
    delivered.add(reasoning.bytes > reasoning_content.bytes ? reasoning : reasoning_content);
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
    Delivered delta{.is_kept = facts_.keeps_text};
    Delivered message{.is_kept = facts_.keeps_text};
    Delivered legacy{.is_kept = facts_.keeps_text};
    bool has_delta = false;
    const auto error = for_each_field_of(choice, [&](std::string_view key, ondemand::value& field) {
        if (key == "delta") {
            has_delta = true;
            return read_message(field, delta);
        }
        if (key == "message") {
            return read_message(field, message);
        }
        if (key == "text") {
            return read_text(field, legacy);
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
    deliver(std::max(
        has_delta ? delta : message, legacy, [](const Delivered& one, const Delivered& other) {
            return one.bytes < other.bytes;
        }));
    facts_.has_finish = facts_.has_finish || !finish.empty();
    if (!finish.empty() && index == 0) {
        reading_.finish_reason.assign(finish.substr(0, kWordBytesMax));
    }
    return error;
}

void ChunkReader::deliver(const Delivered& delivered) {
    facts_.text_bytes += delivered.bytes;
    std::string& kept = reading_.delivered_text;
    // Whole pieces: an escape must not be cut in two.
    if (kept.size() + delivered.text.size() <= kDeliveredTextMax) {
        kept.append(delivered.text);
    }
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
