#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"
#include "llm/openai/answer_reader.h"
#include "llm/openai/detail/usage_fields.h"

#include <optional>
#include <string>
#include <utility>

namespace pulse::llm {
namespace {

namespace ondemand = simdjson::ondemand;
using detail::for_each_element_of;
using detail::for_each_field_of;
using detail::raw_text;
using detail::raw_token;

/// Events whose `response` is the answer's last word.
bool is_end(std::string_view type) {
    return type == "response.completed" || type == "response.incomplete" ||
           type == "response.failed" || type == "response.cancelled";
}

/// Deltas of text; those of audio are bytes in base64.
bool is_text_delta(std::string_view type) {
    return type.ends_with(".delta") && type.find("audio.delta") == std::string_view::npos;
}

/// What an item of the output was.
struct Item {
    std::string type;
    std::string action;  ///< of a web search: search, open_page, find
    bool is_refused = false;
};

void count_item(const Item& item, ProviderCalls& calls) {
    // Pages that are opened and searched within are parts of the search before them.
    if (item.type == "web_search_call") {
        calls.web_searches += item.action.empty() || item.action == "search" ? 1 : 0;
    } else if (item.type == "file_search_call") {
        calls.file_searches += 1;
    } else if (item.type == "code_interpreter_call") {
        calls.code_sessions = 1;  // calls of an answer share a container
    }
}

class ResponsesReader {
public:
    ResponsesReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_response_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_item(ondemand::value& value, ProviderCalls& calls);
    simdjson::error_code read_content(ondemand::value& value);
    simdjson::error_code read_usage(ondemand::value& value);
    simdjson::error_code read_error(ondemand::value& value);
    void take_status(bool is_stream);
    void take_error();

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    bool is_stream_ = false;
    std::string type_;
    std::string status_;
    std::optional<ProviderCalls> output_calls_;
    ProviderCalls item_calls_;
    StatedError error_;
    StatedError top_;
    bool has_error_ = false;
};

bool ResponsesReader::read(const WireEvent& event) {
    detail::JsonDocument document;
    if (document.open(event.data) != simdjson::SUCCESS) {
        return false;
    }
    is_stream_ = event.is_stream;
    const auto error = detail::for_each_field(
        document.object(),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    facts_.is_terminator = is_stream_ && is_end(type_);
    facts_.has_finish = facts_.is_terminator;
    take_status(is_stream_);
    if (type_ == "response.output_item.done") {
        reading_.calls.web_searches += item_calls_.web_searches;
        reading_.calls.file_searches += item_calls_.file_searches;
        reading_.calls.code_sessions |= item_calls_.code_sessions;
    } else if (output_calls_) {
        reading_.calls.take_larger(*output_calls_);
    }
    take_error();
    return error == simdjson::SUCCESS && document.is_whole();
}

simdjson::error_code ResponsesReader::read_field(std::string_view key, ondemand::value& value) {
    if (!is_stream_) {
        if (key == "input_tokens") {
            // The whole answer of input_tokens.
            if (const auto count = detail::count_of(value)) {
                reading_.stated.set(UsageField::input, *count);
                reading_.usage_present = true;
                facts_.has_usage = true;
            }
            return simdjson::SUCCESS;
        }
        return read_response_field(key, value);
    }
    if (key == "type") {
        detail::assign_text(value, type_);
    } else if (key == "delta") {
        if (is_text_delta(type_)) {
            text_.add_string(value);
        }
    } else if (key == "response") {
        return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
            return read_response_field(name, field);
        });
    } else if (key == "item") {
        return read_item(value, item_calls_);
    } else if (key == "error") {
        return read_error(value);
    } else if (key == "code") {
        detail::assign_raw_word(value, top_.code);
    } else if (key == "message") {
        detail::assign_message(value, top_.message);
    }
    return simdjson::SUCCESS;
}

simdjson::error_code ResponsesReader::read_response_field(
    std::string_view key, ondemand::value& value) {
    if (key == "id") {
        detail::assign_text(value, reading_.response_id);
    } else if (key == "model") {
        detail::assign_text(value, reading_.model);
    } else if (key == "service_tier") {
        detail::assign_text(value, reading_.service_tier);
    } else if (key == "status") {
        detail::assign_text(value, status_);
    } else if (key == "usage") {
        return read_usage(value);
    } else if (key == "error") {
        return read_error(value);
    } else if (key == "output") {
        output_calls_.emplace();
        return for_each_element_of(
            value, [this](ondemand::value& item) { return read_item(item, *output_calls_); });
    }
    return simdjson::SUCCESS;
}

simdjson::error_code ResponsesReader::read_item(ondemand::value& value, ProviderCalls& calls) {
    Item item;
    const auto error = for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (key == "type") {
            detail::assign_text(field, item.type);
        } else if (key == "action") {
            return for_each_field_of(field, [&item](std::string_view name, ondemand::value& part) {
                if (name == "type") {
                    detail::assign_text(part, item.action);
                }
                return simdjson::SUCCESS;
            });
        } else if (!is_stream_ && (key == "content" || key == "summary")) {
            return read_content(field);
        } else if (!is_stream_ && (key == "arguments" || key == "input" || key == "code")) {
            text_.add_string(field);
        }
        return simdjson::SUCCESS;
    });
    count_item(item, calls);
    return error;
}

simdjson::error_code ResponsesReader::read_content(ondemand::value& value) {
    return for_each_element_of(value, [this](ondemand::value& part) {
        return for_each_field_of(part, [this](std::string_view key, ondemand::value& field) {
            if (key == "text" || key == "refusal") {
                text_.add_string(field);
            }
            return simdjson::SUCCESS;
        });
    });
}

simdjson::error_code ResponsesReader::read_usage(ondemand::value& value) {
    ondemand::object object;
    if (!raw_token(value).starts_with('{')) {
        return simdjson::SUCCESS;
    }
    if (const auto error = value.get_object().get(object)) {
        return error;
    }
    detail::UsageObject usage;
    const auto error = detail::read_openai_usage(object, usage);
    facts_.has_usage = facts_.has_usage || usage.is_present();
    detail::take_usage(std::move(usage), reading_);
    return error;
}

simdjson::error_code ResponsesReader::read_error(ondemand::value& value) {
    if (detail::is_null(value)) {
        return simdjson::SUCCESS;
    }
    has_error_ = true;
    return detail::read_error_value(value, error_);
}

/// In a stream the status of the response so far says nothing about its end.
void ResponsesReader::take_status(bool is_stream) {
    if (!status_.empty() && (!is_stream || facts_.is_terminator)) {
        reading_.finish_reason = std::move(status_);
    }
}

void ResponsesReader::take_error() {
    if (!has_error_ && type_ != "error") {
        return;
    }
    if (!has_error_) {
        error_ = std::move(top_);
    }
    detail::set_error(std::move(error_), reading_, facts_);
}

}  // namespace

bool read_responses_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return ResponsesReader{reading, facts}.read(event);
}

}  // namespace pulse::llm
