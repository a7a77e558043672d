#include "llm/watsonx/answer_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pulse::llm {
namespace {

using detail::for_each_element_of;
using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

class WatsonxReader {
public:
    WatsonxReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event) {
        const bool is_read =
            detail::read_object(event.data, [this](std::string_view key, ondemand::value& value) {
                return read_field(key, value);
            });
        take_counts();
        if (error_) {
            detail::set_error(std::move(*error_), reading_, facts_);
        }
        return is_read;
    }

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value) {
        if (key == "results") {
            return for_each_element_of(
                value, [this](ondemand::value& result) { return read_result(result); });
        }
        if (key == "errors") {
            return for_each_element_of(value, [this](ondemand::value& error) {
                // The first one is the cause.
                return error_ ? simdjson::SUCCESS
                              : detail::read_error_value(error, error_.emplace());
            });
        }
        if (key == "model_id") {
            detail::assign_text(value, reading_.model);
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code read_result(ondemand::value& value) {
        return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
            if (key == "generated_text") {
                text_.add_string(field);
            } else if (key == "input_token_count") {
                add(input_, field);
            } else if (key == "generated_token_count") {
                add(output_, field);
            } else if (key == "stop_reason" && detail::raw_text(field) != "not_finished") {
                detail::assign_text(field, reading_.finish_reason);
                facts_.has_finish = facts_.has_finish || !detail::raw_text(field).empty();
            }
            return simdjson::SUCCESS;
        });
    }

    static void add(std::optional<std::int64_t>& sum, ondemand::value& value) {
        if (const auto count = detail::count_of(value)) {
            sum = sum.value_or(0) + *count;
        }
    }

    void take_counts() {
        StatedUsage& stated = reading_.stated;
        if (input_) {
            stated.set(UsageField::input, std::max(stated.value(UsageField::input), *input_));
        }
        if (output_) {
            stated.set(UsageField::output, *output_);
        }
        if (input_ || output_) {
            reading_.usage_present = true;
            facts_.has_usage = true;
        }
    }

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    std::optional<std::int64_t> input_;
    std::optional<std::int64_t> output_;
    std::optional<StatedError> error_;
};

}  // namespace

bool read_watsonx_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return WatsonxReader{reading, facts}.read(event);
}

}  // namespace pulse::llm
