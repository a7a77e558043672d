#include "llm/ollama/answer_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"

#include <optional>
#include <utility>

namespace pulse::llm {
namespace {

using detail::for_each_element_of;
using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

constexpr detail::CountKey kCounts[] = {
    {"prompt_eval_count", UsageField::input},
    {"eval_count", UsageField::output},
};

class OllamaReader {
public:
    OllamaReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event) {
        const bool is_read =
            detail::read_object(event.data, [this](std::string_view key, ondemand::value& value) {
                return read_field(key, value);
            });
        if (!stated_.empty()) {
            reading_.stated = stated_;
            reading_.usage_present = true;
            facts_.has_usage = true;
        }
        if (error_) {
            detail::set_error(std::move(*error_), reading_, facts_);
        }
        return is_read;
    }

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value) {
        if (key == "message") {
            return read_message(value);
        }
        if (key == "error" && !detail::is_null(value)) {
            return detail::read_error_value(value, error_.emplace());
        }
        if (key == "response" || key == "thinking") {
            text_.add_string(value);
        } else if (key == "model") {
            detail::assign_text(value, reading_.model);
        } else if (key == "done_reason") {
            detail::assign_text(value, reading_.finish_reason);
        } else if (key == "done") {
            facts_.has_finish = detail::raw_token(value) == "true";
            facts_.is_terminator = facts_.has_finish;
        } else {
            static_cast<void>(detail::read_count_key(kCounts, key, value, stated_));
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code read_message(ondemand::value& value) {
        return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
            if (key == "content" || key == "thinking") {
                text_.add_string(field);
            } else if (key == "tool_calls") {
                return for_each_element_of(
                    field, [this](ondemand::value& call) { return read_tool_call(call); });
            }
            return simdjson::SUCCESS;
        });
    }

    simdjson::error_code read_tool_call(ondemand::value& value) {
        return for_each_field_of(value, [this](std::string_view key, ondemand::value& function) {
            if (key != "function") {
                return simdjson::SUCCESS;
            }
            return for_each_field_of(
                function, [this](std::string_view name, ondemand::value& field) {
                    return name == "arguments" ? text_.add_json(field) : simdjson::SUCCESS;
                });
        });
    }

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    StatedUsage stated_;
    std::optional<StatedError> error_;
};

}  // namespace

bool read_ollama_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return OllamaReader{reading, facts}.read(event);
}

}  // namespace pulse::llm
