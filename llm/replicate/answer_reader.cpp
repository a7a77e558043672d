#include "llm/replicate/answer_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"

#include <optional>
#include <utility>

namespace pulse::llm {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr detail::CountKey kMetrics[] = {
    {"input_token_count", UsageField::input},
    {"output_token_count", UsageField::output},
};

/// A text, or an array of the pieces of one.
simdjson::error_code add_output(ondemand::value& value, detail::DeliveredText& text) {
    text.add_string(value);
    return detail::for_each_element_of(value, [&text](ondemand::value& piece) {
        text.add_string(piece);
        return simdjson::SUCCESS;
    });
}

bool read_prediction(std::string_view json, MeterReading& reading, EventFacts& facts) {
    detail::DeliveredText text{reading, facts};
    std::optional<StatedError> error;
    const bool is_read =
        detail::read_object(json, [&](std::string_view key, ondemand::value& value) {
            if (key == "metrics") {
                return detail::for_each_field_of(
                    value, [&reading](std::string_view name, ondemand::value& count) {
                        static_cast<void>(
                            detail::read_count_key(kMetrics, name, count, reading.stated));
                        return simdjson::SUCCESS;
                    });
            }
            if (key == "output") {
                return add_output(value, text);
            }
            if ((key == "error" && !detail::is_null(value)) || key == "detail") {
                return detail::read_error_value(value, error.emplace());
            }
            if (key == "id") {
                detail::assign_text(value, reading.response_id);
            } else if (key == "model") {
                detail::assign_text(value, reading.model);
            } else if (key == "status") {
                const std::string_view status = detail::raw_text(value);
                facts.has_finish =
                    status == "succeeded" || status == "failed" || status == "canceled";
            }
            return simdjson::SUCCESS;
        });
    reading.usage_present = !reading.stated.empty();
    facts.has_usage = reading.usage_present;
    if (error) {
        detail::set_error(std::move(*error), reading, facts);
    }
    return is_read;
}

}  // namespace

bool read_replicate_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    if (event.name == "output") {
        detail::DeliveredText{reading, facts}.add_plain(event.data);
        return true;
    }
    if (event.name == "error") {
        StatedError error;
        error.message.assign(event.data.substr(0, kErrorMessageMax));
        detail::set_error(std::move(error), reading, facts);
        return true;
    }
    facts.has_finish = event.name == "done";
    return facts.has_finish || read_prediction(event.data, reading, facts);
}

}  // namespace pulse::llm
