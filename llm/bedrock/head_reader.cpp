#include "llm/bedrock/answer_reader.h"
#include "llm/detail/answer_fields.h"
#include "llm/usage/usage_rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pulse::llm {
namespace {

struct HeadCount {
    std::string_view name;
    UsageField field;
};
constexpr HeadCount kCounts[] = {
    {"x-amzn-bedrock-input-token-count", UsageField::input},
    {"x-amzn-bedrock-output-token-count", UsageField::output},
    {"x-amzn-bedrock-cache-read-input-token-count", UsageField::cached_read},
    {"x-amzn-bedrock-cache-write-input-token-count", UsageField::cache_write},
};

bool is_field(std::string_view name, std::string_view lower_case) {
    return std::equal(
        name.begin(), name.end(), lower_case.begin(), lower_case.end(), [](char one, char other) {
            return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == other;
        });
}

}  // namespace

void BedrockHead::on_field(std::string_view name, std::string_view value) {
    if (is_field(name, "x-amzn-errortype")) {
        // "AccessDeniedException:http://internal.amazon.com/coral/com.amazon.bedrock/"
        error_type_.assign(value.substr(0, std::min(value.find(':'), detail::kAnswerWordMax)));
        return;
    }
    for (const HeadCount& known : kCounts) {
        if (!is_field(name, known.name)) {
            continue;
        }
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
        if (error == std::errc{} && end == value.data() + value.size()) {
            stated_.set(known.field, std::clamp(count, -kTokensMax - 1, kTokensMax + 1));
        }
    }
}

void BedrockHead::complete(MeterReading& reading) const {
    if (!reading.usage_present && !stated_.empty()) {
        reading.stated = stated_;
        reading.usage_present = true;
    }
    if (!error_type_.empty() && reading.error.type.empty()) {
        EventFacts facts;
        StatedError error = std::move(reading.error);
        error.type = error_type_;
        detail::set_error(std::move(error), reading, facts);
    }
}

bool read_bedrock_exception(
    const EventStreamFrame& frame, MeterReading& reading, EventFacts& facts) {
    if (frame.is_piece || frame.message_type == "event" || frame.message_type.empty()) {
        return false;
    }
    StatedError error;
    error.type.assign(frame.name.substr(0, detail::kAnswerWordMax));
    error.message.assign(frame.error_message.substr(0, kErrorMessageMax));
    // What cannot be read leaves the message empty: the type is what counts.
    static_cast<void>(detail::read_object(
        detail::padded_copy(frame.payload),
        [&error](std::string_view key, simdjson::ondemand::value& value) {
            if (key == "message" || key == "Message") {
                detail::assign_message(value, error.message);
            }
            return simdjson::SUCCESS;
        }));
    detail::set_error(std::move(error), reading, facts);
    return true;
}

}  // namespace pulse::llm
