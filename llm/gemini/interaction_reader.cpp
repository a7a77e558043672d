#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"
#include "llm/gemini/answer_reader.h"
#include "llm/gemini/detail/usage_reader.h"

#include <optional>
#include <utility>

namespace pulse::llm {
namespace {

using detail::for_each_element_of;
using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

class InteractionReader {
public:
    InteractionReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_interaction_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_content(ondemand::value& value);
    simdjson::error_code read_step(ondemand::value& value);

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    std::string event_type_;
    std::optional<StatedError> error_;
};

bool InteractionReader::read(const WireEvent& event) {
    const bool is_read = detail::read_object(
        detail::without_array(event.data),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    if (error_) {
        detail::set_error(std::move(*error_), reading_, facts_);
    }
    facts_.has_finish = facts_.has_finish || event_type_ == "interaction.completed" ||
                        event_type_ == "interaction.complete";
    return is_read;
}

simdjson::error_code InteractionReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "event_type") {
        detail::assign_text(value, event_type_);
    } else if (key == "interaction") {
        return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
            return read_interaction_field(name, field);
        });
    } else if (key == "delta") {
        return read_content(value);
    } else {
        return read_interaction_field(key, value);
    }
    return simdjson::SUCCESS;
}

/// Of the whole interaction, which stands at the top or, in a stream, under `interaction`.
simdjson::error_code InteractionReader::read_interaction_field(
    std::string_view key, ondemand::value& value) {
    if (key == "usage" && detail::raw_token(value).starts_with('{')) {
        const auto error = detail::read_interaction_usage(value, reading_);
        facts_.has_usage = reading_.usage_present;
        return error;
    }
    if (key == "steps" || key == "outputs") {
        return for_each_element_of(
            value, [this](ondemand::value& step) { return read_step(step); });
    }
    if (key == "error" && !detail::is_null(value)) {
        return detail::read_error_value(value, error_.emplace());
    }
    if (key == "id") {
        detail::assign_text(value, reading_.response_id);
    } else if (key == "model") {
        detail::assign_text(value, reading_.model);
    } else if (key == "service_tier") {
        detail::assign_text_or_number(
            value, reading_.service_tier, reading_.service_tier_is_number);
    }
    return simdjson::SUCCESS;
}

/// A part of a step or what is added to one: text, a thought's summary, the arguments of a call.
simdjson::error_code InteractionReader::read_content(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text") {
            text_.add_string(field);
        } else if (key == "arguments") {
            return text_.add_json(field);
        } else if (key == "content" && detail::raw_token(field).starts_with('{')) {
            return for_each_field_of(field, [this](std::string_view name, ondemand::value& text) {
                if (name == "text") {
                    text_.add_string(text);
                }
                return simdjson::SUCCESS;
            });
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code InteractionReader::read_step(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "content" || key == "summary") {
            return for_each_element_of(
                field, [this](ondemand::value& part) { return read_content(part); });
        }
        if (key == "text") {
            text_.add_string(field);
        } else if (key == "arguments") {
            return text_.add_json(field);
        }
        return simdjson::SUCCESS;
    });
}

}  // namespace

bool read_gemini_interaction_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return InteractionReader{reading, facts}.read(event);
}

}  // namespace pulse::llm
