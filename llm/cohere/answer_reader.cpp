#include "llm/cohere/answer_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"

#include <optional>
#include <string>
#include <utility>

namespace pulse::llm {
namespace {

using detail::CountKey;
using detail::for_each_element_of;
using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

constexpr CountKey kBilledUnits[] = {
    {"input_tokens", UsageField::billed_input},
    {"output_tokens", UsageField::billed_output},
    {"search_units", UsageField::search_units},
};
constexpr CountKey kTokens[] = {
    {"input_tokens", UsageField::input},
    {"output_tokens", UsageField::output},
};
constexpr CountKey kUsage[] = {{"cached_tokens", UsageField::cached_read}};

class CohereReader {
public:
    CohereReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_usage(ondemand::value& value);
    simdjson::error_code read_delta(ondemand::value& value);
    simdjson::error_code read_message(ondemand::value& value);
    simdjson::error_code read_content(ondemand::value& value);
    simdjson::error_code read_tool_call(ondemand::value& value);
    simdjson::error_code read_response(ondemand::value& value);
    simdjson::error_code read_generation(ondemand::value& value);
    void read_finish(ondemand::value& value);

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    std::string error_type_;
    std::optional<StatedError> error_;
};

bool CohereReader::read(const WireEvent& event) {
    const bool is_read = detail::read_object(
        event.data,
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    if (error_) {
        error_->type = std::move(error_type_);
        detail::set_error(std::move(*error_), reading_, facts_);
    }
    return is_read;
}

simdjson::error_code CohereReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "usage" || key == "meta") {
        return read_usage(value);
    }
    if (key == "delta") {
        return read_delta(value);
    }
    if (key == "response") {
        return read_response(value);
    }
    if (key == "generations") {
        return for_each_element_of(
            value, [this](ondemand::value& generation) { return read_generation(generation); });
    }
    if (key == "tool_calls") {
        return for_each_element_of(
            value, [this](ondemand::value& call) { return read_tool_call(call); });
    }
    if (key == "message" && detail::raw_token(value).starts_with('"')) {
        detail::assign_message(value, error_.emplace().message);
    } else if (key == "message") {
        return read_message(value);
    } else if (key == "id" || key == "response_id") {
        detail::assign_text(value, reading_.response_id);
    } else if (key == "text") {
        text_.add_string(value);
    } else if (key == "finish_reason") {
        read_finish(value);
    } else if (key == "is_finished") {
        facts_.is_terminator = detail::raw_token(value) == "true";
    } else if (key == "error_type") {
        detail::assign_text(value, error_type_);
    }
    return simdjson::SUCCESS;
}

simdjson::error_code CohereReader::read_usage(ondemand::value& value) {
    StatedUsage& stated = reading_.stated;
    const auto error =
        for_each_field_of(value, [&stated](std::string_view key, ondemand::value& field) {
            if (key == "billed_units") {
                return for_each_field_of(
                    field, [&stated](std::string_view name, ondemand::value& count) {
                        // An image's tokens have a price of their own in embeddings, where they
                        // stand beside the text's.
                        const auto images =
                            name == "image_tokens" ? detail::count_of(count) : std::nullopt;
                        if (images.value_or(0) != 0) {
                            stated.set(UsageField::image_in, *images);
                        }
                        static_cast<void>(
                            detail::read_count_key(kBilledUnits, name, count, stated));
                        return simdjson::SUCCESS;
                    });
            }
            if (key == "tokens") {
                return for_each_field_of(
                    field, [&stated](std::string_view name, ondemand::value& count) {
                        static_cast<void>(detail::read_count_key(kTokens, name, count, stated));
                        return simdjson::SUCCESS;
                    });
            }
            static_cast<void>(detail::read_count_key(kUsage, key, field, stated));
            return simdjson::SUCCESS;
        });
    reading_.usage_present = !stated.empty();
    facts_.has_usage = !stated.empty();
    return error;
}

simdjson::error_code CohereReader::read_delta(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "message") {
            return read_message(field);
        }
        if (key == "usage") {
            return read_usage(field);
        }
        if (key == "finish_reason") {
            read_finish(field);
        } else if (key == "error" && !detail::is_null(field)) {
            return detail::read_error_value(field, error_.emplace());
        }
        return simdjson::SUCCESS;
    });
}

/// A whole message, or what is added to one: `content` and `tool_calls` are arrays there, single
/// objects here.
simdjson::error_code CohereReader::read_message(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        const bool is_array = detail::raw_token(field).starts_with('[');
        if (key == "content") {
            return is_array
                       ? for_each_element_of(
                             field, [this](ondemand::value& part) { return read_content(part); })
                       : read_content(field);
        }
        if (key == "tool_calls") {
            return is_array
                       ? for_each_element_of(
                             field, [this](ondemand::value& call) { return read_tool_call(call); })
                       : read_tool_call(field);
        }
        if (key == "tool_plan") {
            text_.add_string(field);
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code CohereReader::read_content(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text" || key == "thinking") {
            text_.add_string(field);
        }
        return simdjson::SUCCESS;
    });
}

/// v2 has {"function": {"arguments": "…"}}, v1 {"name": …, "parameters": {…}}.
simdjson::error_code CohereReader::read_tool_call(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "parameters") {
            return text_.add_json(field);
        }
        if (key != "function") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(field, [this](std::string_view name, ondemand::value& arguments) {
            return name == "arguments" ? text_.add_json(arguments) : simdjson::SUCCESS;
        });
    });
}

/// Of v1's `stream-end`: the whole answer again.
simdjson::error_code CohereReader::read_response(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "meta") {
            return read_usage(field);
        }
        if (key == "id" || key == "response_id") {
            detail::assign_text(field, reading_.response_id);
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code CohereReader::read_generation(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text") {
            text_.add_string(field);
        } else if (key == "finish_reason") {
            read_finish(field);
        }
        return simdjson::SUCCESS;
    });
}

void CohereReader::read_finish(ondemand::value& value) {
    if (!detail::raw_text(value).empty()) {
        detail::assign_text(value, reading_.finish_reason);
        facts_.has_finish = true;
    }
}

}  // namespace

bool read_cohere_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return CohereReader{reading, facts}.read(event);
}

}  // namespace pulse::llm
