#include "llm/gemini/answer_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"
#include "llm/gemini/detail/usage_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pulse::llm {
namespace {

using detail::for_each_element_of;
using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

class GeminiReader {
public:
    GeminiReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    [[nodiscard]] bool read(const WireEvent& event);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_candidate(ondemand::value& value);
    simdjson::error_code read_parts(ondemand::value& content);
    simdjson::error_code read_part(ondemand::value& value);
    simdjson::error_code read_grounding(ondemand::value& value);
    simdjson::error_code read_prediction(ondemand::value& value);
    void take_predictions();

    MeterReading& reading_;
    EventFacts& facts_;
    detail::DeliveredText text_;
    std::string finish_reason_;  ///< of the candidate with the lowest index
    bool finish_is_number_ = false;
    std::int64_t finish_index_ = 0;
    std::int64_t searches_ = 0;
    std::int64_t images_ = 0;
    std::optional<std::int64_t> predicted_tokens_;
    std::optional<StatedError> error_;
};

bool GeminiReader::read(const WireEvent& event) {
    const bool is_read = detail::read_object(
        detail::without_array(event.data),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    take_predictions();
    if (!finish_reason_.empty()) {
        reading_.finish_reason = std::move(finish_reason_);
        reading_.finish_reason_is_number = finish_is_number_;
        facts_.has_finish = true;
    }
    ProviderCalls calls;
    calls.web_searches = searches_;
    calls.images = images_;
    reading_.calls.take_larger(calls);
    if (error_) {
        detail::set_error(std::move(*error_), reading_, facts_);
    }
    return is_read;
}

simdjson::error_code GeminiReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "candidates") {
        return for_each_element_of(
            value, [this](ondemand::value& candidate) { return read_candidate(candidate); });
    }
    if (key == "usageMetadata" && detail::raw_token(value).starts_with('{')) {
        const auto error = detail::read_gemini_usage(value, reading_);
        facts_.has_usage = reading_.usage_present;
        return error;
    }
    if (key == "predictions") {
        return for_each_element_of(
            value, [this](ondemand::value& prediction) { return read_prediction(prediction); });
    }
    if (key == "error" && !detail::is_null(value)) {
        return detail::read_error_value(value, error_.emplace());
    }
    if (key == "promptFeedback") {
        return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
            facts_.has_finish =
                facts_.has_finish || (name == "blockReason" && !detail::is_null(field));
            return simdjson::SUCCESS;
        });
    }
    if (key == "modelVersion" || key == "model") {
        detail::assign_text(value, reading_.model);
    } else if (key == "responseId") {
        detail::assign_text(value, reading_.response_id);
    } else if (key == "totalTokens") {
        // The whole answer of countTokens.
        if (const auto count = detail::count_of(value)) {
            reading_.stated.set(UsageField::input, *count);
            reading_.usage_present = true;
            facts_.has_usage = true;
        }
    }
    return simdjson::SUCCESS;
}

simdjson::error_code GeminiReader::read_candidate(ondemand::value& value) {
    std::string reason;
    bool is_number = false;
    std::int64_t index = 0;  // the first one has none where zeros are left out
    const auto error = for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (key == "content") {
            return read_parts(field);
        }
        if (key == "groundingMetadata") {
            return read_grounding(field);
        }
        if (key == "finishReason") {
            detail::assign_text_or_number(field, reason, is_number);
        } else if (key == "index") {
            index = detail::count_of(field).value_or(0);
        }
        return simdjson::SUCCESS;
    });
    // FINISH_REASON_UNSPECIFIED is 0: not finished.
    const bool has_finished =
        !reason.empty() && reason != "0" && reason != "FINISH_REASON_UNSPECIFIED";
    if (has_finished && (finish_reason_.empty() || index < finish_index_)) {
        finish_reason_ = std::move(reason);
        finish_is_number_ = is_number;
        finish_index_ = index;
    }
    return error;
}

simdjson::error_code GeminiReader::read_parts(ondemand::value& content) {
    return for_each_field_of(content, [this](std::string_view key, ondemand::value& field) {
        if (key != "parts") {
            return simdjson::SUCCESS;
        }
        return for_each_element_of(
            field, [this](ondemand::value& part) { return read_part(part); });
    });
}

/// Text, thoughts, arguments of a call and code are written by the model; results and files are
/// not.
simdjson::error_code GeminiReader::read_part(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "text") {
            text_.add_string(field);
            return simdjson::SUCCESS;
        }
        if (key != "functionCall" && key != "executableCode") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(field, [this](std::string_view name, ondemand::value& part) {
            if (name == "args") {
                return text_.add_json(part);
            }
            if (name == "code") {
                text_.add_string(part);
            }
            return simdjson::SUCCESS;
        });
    });
}

simdjson::error_code GeminiReader::read_grounding(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key != "webSearchQueries") {
            return simdjson::SUCCESS;
        }
        return for_each_element_of(field, [this](ondemand::value&) {
            ++searches_;
            return simdjson::SUCCESS;
        });
    });
}

/// Vertex' text embeddings state their tokens per input, as `token_count`; Imagen has images.
simdjson::error_code GeminiReader::read_prediction(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        if (key == "bytesBase64Encoded" || key == "gcsUri") {
            images_ += detail::raw_text(field).empty() ? 0 : 1;
        }
        if (key != "embeddings") {
            return simdjson::SUCCESS;
        }
        return for_each_field_of(field, [this](std::string_view name, ondemand::value& part) {
            if (name != "statistics") {
                return simdjson::SUCCESS;
            }
            return for_each_field_of(part, [this](std::string_view word, ondemand::value& number) {
                const auto count = word == "token_count" ? detail::count_of(number) : std::nullopt;
                if (count) {
                    // Counts are bounded, a body's number of predictions too: no overflow.
                    predicted_tokens_ = predicted_tokens_.value_or(0) + *count;
                }
                return simdjson::SUCCESS;
            });
        });
    });
}

void GeminiReader::take_predictions() {
    if (predicted_tokens_) {
        reading_.stated.set(UsageField::input, *predicted_tokens_);
        reading_.usage_present = true;
        facts_.has_usage = true;
    }
}

}  // namespace

bool read_gemini_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return GeminiReader{reading, facts}.read(event);
}

void read_gemini_head_field(std::string_view name, std::string_view value, MeterReading& reading) {
    constexpr std::string_view kTier = "x-gemini-service-tier";
    const bool is_tier =
        std::equal(name.begin(), name.end(), kTier.begin(), kTier.end(), [](char one, char other) {
            return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == other;
        });
    if (is_tier && reading.service_tier.empty()) {
        reading.service_tier.assign(value.substr(0, detail::kAnswerWordMax));
    }
}

}  // namespace pulse::llm
