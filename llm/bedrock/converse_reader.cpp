#include "llm/bedrock/detail/converse_reader.h"

#include "llm/bedrock/answer_reader.h"
#include "llm/bedrock/detail/usage_reader.h"

#include <utility>

namespace pulse::llm {
namespace detail {

simdjson::error_code ConverseReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "usage") {
        StatedUsage stated;
        const auto error = read_converse_usage(value, stated);
        take_stated(stated, reading_, facts_);
        return error;
    }
    if (key == "output") {
        return read_output(value);
    }
    if (key == "delta") {
        return read_block(value);
    }
    if (key == "messageStop" || key == "contentBlockDelta" || key == "metadata") {
        return read_fields(value);
    }
    if (key == "trace") {
        return read_trace(value);
    }
    if (key == "serviceTier") {
        return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
            if (name == "type") {
                assign_text(field, reading_.service_tier);
            }
            return simdjson::SUCCESS;
        });
    }
    if (key == "stopReason" && !raw_text(value).empty()) {
        assign_text(value, reading_.finish_reason);
        facts_.has_finish = true;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code ConverseReader::read_fields(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        // Events do not nest: no payload may send the reader deeper.
        const bool is_event =
            key == "messageStop" || key == "contentBlockDelta" || key == "metadata";
        return is_event ? simdjson::SUCCESS : read_field(key, field);
    });
}

simdjson::error_code ConverseReader::read_output(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& message) {
        if (key != "message") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(message, [this](std::string_view name, ondemand::value& content) {
            if (name != "content") {
                return simdjson::SUCCESS;
            }
            return for_each_element_of(
                content, [this](ondemand::value& block) { return read_block(block); });
        });
    });
}

/// A block of content or what is added to one.
simdjson::error_code ConverseReader::read_block(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text") {
            text_.add_string(field);
            return simdjson::SUCCESS;
        }
        if (key == "reasoningContent") {
            return read_reasoning(field);
        }
        if (key != "toolUse") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(field, [this](std::string_view name, ondemand::value& input) {
            return name == "input" ? text_.add_json(input) : simdjson::SUCCESS;
        });
    });
}

/// {"text": …} in a stream, {"reasoningText": {"text": …}} in a whole answer.
simdjson::error_code ConverseReader::read_reasoning(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text") {
            text_.add_string(field);
            return simdjson::SUCCESS;
        }
        if (key != "reasoningText") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(field, [this](std::string_view name, ondemand::value& text) {
            if (name == "text") {
                text_.add_string(text);
            }
            return simdjson::SUCCESS;
        });
    });
}

/// A prompt router says which model it chose.
simdjson::error_code ConverseReader::read_trace(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& router) {
        if (key != "promptRouter") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(router, [this](std::string_view name, ondemand::value& model) {
            if (name == "invokedModelId") {
                assign_text(model, reading_.model);
            }
            return simdjson::SUCCESS;
        });
    });
}

}  // namespace detail

namespace {

namespace ondemand = simdjson::ondemand;

bool is_exception(std::string_view name) {
    return name.ends_with("Exception");
}

}  // namespace

bool read_bedrock_converse_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    detail::ConverseReader reader{reading, facts};
    StatedError stated_error;
    bool has_error = is_exception(event.name);
    const bool is_read =
        detail::read_object(event.data, [&](std::string_view key, ondemand::value& value) {
            // No answer and no event has a text of this name.
            if ((key == "message" || key == "Message") && !detail::raw_text(value).empty()) {
                has_error = true;
                detail::assign_message(value, stated_error.message);
                return simdjson::SUCCESS;
            }
            if (key == "inputTokens") {
                // The whole answer of CountTokens.
                StatedUsage stated;
                detail::set_count(value, UsageField::input, stated);
                detail::take_stated(stated, reading, facts);
                return simdjson::SUCCESS;
            }
            return reader.read_field(key, value);
        });
    facts.is_terminator = event.is_stream && event.name == "metadata";
    if (has_error) {
        stated_error.type = is_exception(event.name) ? std::string{event.name} : std::string{};
        detail::set_error(std::move(stated_error), reading, facts);
    }
    return is_read;
}

}  // namespace pulse::llm
