#include "llm/anthropic/answer_reader.h"

#include "llm/anthropic/detail/usage_reader.h"
#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"

#include <utility>

namespace pulse::llm {
namespace {

using detail::for_each_element_of;
using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

class AnthropicReader {
public:
    AnthropicReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_message_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_usage(ondemand::value& value);
    simdjson::error_code read_delta(ondemand::value& value);
    simdjson::error_code read_block(ondemand::value& value);
    void read_stop_reason(ondemand::value& value);

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    std::string type_;
    std::string request_id_;
    StatedError error_;
    bool has_error_ = false;
};

bool AnthropicReader::read(const WireEvent& event) {
    const bool is_read = detail::read_object(
        detail::without_array(event.data),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    facts_.is_terminator = type_ == "message_stop";
    if (has_error_ || type_ == "error") {
        detail::set_error(std::move(error_), reading_, facts_);
        if (reading_.response_id.empty()) {
            reading_.response_id = request_id_;
        }
    }
    // message_start repeats what the request holds and guesses at the rest.
    if (facts_.has_usage && type_ != "message_start") {
        reading_.usage_present = true;
    }
    facts_.has_usage = facts_.has_usage && type_ != "message_start";
    return is_read;
}

simdjson::error_code AnthropicReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "type") {
        detail::assign_text(value, type_);
    } else if (key == "delta") {
        return read_delta(value);
    } else if (key == "content_block") {
        return read_block(value);
    } else if (key == "message" && detail::raw_token(value).starts_with('{')) {
        return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
            return read_message_field(name, field);
        });
    } else if (key == "error" && !detail::is_null(value)) {
        has_error_ = true;
        return detail::read_error_value(value, error_);
    } else if (key == "request_id") {
        detail::assign_text(value, request_id_);
    } else if (key == "input_tokens") {
        // The whole answer of count_tokens.
        if (const auto count = detail::count_of(value)) {
            reading_.stated.set(UsageField::input, *count);
            facts_.has_usage = true;
        }
    } else {
        return read_message_field(key, value);
    }
    return simdjson::SUCCESS;
}

/// Of a whole message, which stands at the top or, in message_start, under `message`.
simdjson::error_code AnthropicReader::read_message_field(
    std::string_view key, ondemand::value& value) {
    if (key == "id") {
        detail::assign_text(value, reading_.response_id);
    } else if (key == "model") {
        detail::assign_text(value, reading_.model);
    } else if (key == "completion") {
        text_.add_string(value);  // of the old text completions
    } else if (key == "stop_reason") {
        read_stop_reason(value);
    } else if (key == "usage") {
        return read_usage(value);
    } else if (key == "content") {
        return for_each_element_of(
            value, [this](ondemand::value& block) { return read_block(block); });
    }
    return simdjson::SUCCESS;
}

simdjson::error_code AnthropicReader::read_usage(ondemand::value& value) {
    if (!detail::raw_token(value).starts_with('{')) {
        return simdjson::SUCCESS;
    }
    const auto error = detail::read_anthropic_usage(value, reading_);
    facts_.has_usage = facts_.has_usage || !reading_.stated.empty();
    return error;
}

simdjson::error_code AnthropicReader::read_delta(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text" || key == "partial_json" || key == "thinking" || key == "content") {
            text_.add_string(field);
        } else if (key == "stop_reason") {
            read_stop_reason(field);
        }
        return simdjson::SUCCESS;
    });
}

/// The results of server tools have their text deeper: the model did not write it.
simdjson::error_code AnthropicReader::read_block(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text" || key == "thinking" || key == "content") {
            text_.add_string(field);
        } else if (key == "input") {
            return text_.add_json(field);
        }
        return simdjson::SUCCESS;
    });
}

void AnthropicReader::read_stop_reason(ondemand::value& value) {
    std::string reason;
    detail::assign_text(value, reason);
    if (!reason.empty()) {
        reading_.finish_reason = std::move(reason);
        facts_.has_finish = true;
    }
}

}  // namespace

bool read_anthropic_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return AnthropicReader{reading, facts}.read(event);
}

}  // namespace pulse::llm
