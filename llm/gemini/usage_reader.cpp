#include "llm/gemini/detail/usage_reader.h"

#include "llm/detail/answer_fields.h"

#include <array>
#include <optional>
#include <string>

namespace pulse::llm::detail {
namespace {

constexpr CountKey kCounts[] = {
    {"promptTokenCount", UsageField::input},
    {"candidatesTokenCount", UsageField::output},
    {"totalTokenCount", UsageField::total},
    {"cachedContentTokenCount", UsageField::cached_read},
    {"thoughtsTokenCount", UsageField::reasoning},
    {"toolUsePromptTokenCount", UsageField::tool_use_prompt},
};
constexpr CountKey kInteractionCounts[] = {
    {"total_input_tokens", UsageField::input},
    {"total_output_tokens", UsageField::output},
    {"total_tokens", UsageField::total},
    {"total_cached_tokens", UsageField::cached_read},
    {"total_thought_tokens", UsageField::reasoning},
    {"total_tool_use_tokens", UsageField::tool_use_prompt},
};

constexpr UsageField kPricedAsText[] = {
    UsageField::text_in,
    UsageField::text_out,
    UsageField::text_cached,
    UsageField::image_in,
    UsageField::image_cached,
    UsageField::document_in,
    UsageField::document_cached,
    UsageField::video_in,
    UsageField::video_cached,
};

/// What a kind of content is called, and where its tokens go as prompt, as answer and from a cache.
struct Modality {
    std::string_view word;    ///< generateContent
    std::string_view number;  ///< the same with enumerations as integers
    std::string_view lower;   ///< interactions
    UsageField input;
    std::optional<UsageField> output;
    UsageField cached;
};
constexpr std::array<Modality, 5> kModalities{{
    {"TEXT", "1", "text", UsageField::text_in, UsageField::text_out, UsageField::text_cached},
    {"IMAGE", "2", "image", UsageField::image_in, UsageField::image_out, UsageField::image_cached},
    {"VIDEO", "3", "video", UsageField::video_in, std::nullopt, UsageField::video_cached},
    {"AUDIO", "4", "audio", UsageField::audio_in, UsageField::audio_out, UsageField::audio_cached},
    {"DOCUMENT",
     "5",
     "document",
     UsageField::document_in,
     std::nullopt,
     UsageField::document_cached},
}};

enum class Side : std::uint8_t { input, output, cached };

std::optional<UsageField> field_of(const Modality& modality, Side side) {
    switch (side) {
        case Side::input:
            return modality.input;
        case Side::output:
            return modality.output;
        case Side::cached:
            break;
    }
    return modality.cached;
}

/// [{"modality": "AUDIO", "tokenCount": 25}, …]
simdjson::error_code read_modalities(ondemand::value& value, Side side, StatedUsage& stated) {
    return for_each_element_of(value, [side, &stated](ondemand::value& part) {
        std::string modality;
        bool is_number = false;
        std::optional<std::int64_t> tokens;
        const auto error =
            for_each_field_of(part, [&](std::string_view key, ondemand::value& field) {
                if (key == "modality") {
                    assign_text_or_number(field, modality, is_number);
                } else if (key == "tokenCount" || key == "tokens") {
                    tokens = count_of(field);
                }
                return simdjson::SUCCESS;
            });
        for (const Modality& known : kModalities) {
            const bool is_this =
                modality == known.word || modality == known.number || modality == known.lower;
            const auto field = field_of(known, side);
            if (is_this && field && tokens) {
                stated.set(*field, *tokens);
            }
        }
        return error;
    });
}

}  // namespace

simdjson::error_code read_gemini_usage(ondemand::value& usage, MeterReading& reading) {
    StatedUsage stated;
    const auto error = for_each_field_of(usage, [&](std::string_view key, ondemand::value& value) {
        if (key == "promptTokensDetails") {
            return read_modalities(value, Side::input, stated);
        }
        if (key == "candidatesTokensDetails") {
            return read_modalities(value, Side::output, stated);
        }
        if (key == "cacheTokensDetails") {
            return read_modalities(value, Side::cached, stated);
        }
        if (key == "trafficType" || key == "serviceTier") {
            assign_text_or_number(value, reading.service_tier, reading.service_tier_is_number);
        } else {
            static_cast<void>(read_count_key(kCounts, key, value, stated));
        }
        return simdjson::SUCCESS;
    });
    reading.usage_present = !stated.empty();
    reading.stated = stated;
    return error;
}

simdjson::error_code read_interaction_usage(ondemand::value& usage, MeterReading& reading) {
    StatedUsage stated;
    const auto error = for_each_field_of(usage, [&](std::string_view key, ondemand::value& value) {
        if (key == "input_tokens_by_modality") {
            return read_modalities(value, Side::input, stated);
        }
        if (key == "output_tokens_by_modality") {
            return read_modalities(value, Side::output, stated);
        }
        if (key == "cached_tokens_by_modality") {
            return read_modalities(value, Side::cached, stated);
        }
        static_cast<void>(read_count_key(kInteractionCounts, key, value, stated));
        return simdjson::SUCCESS;
    });
    // These have the price of text: what they sum up to is what counts.
    for (const UsageField field : kPricedAsText) {
        stated.clear(field);
    }
    reading.usage_present = !stated.empty();
    reading.stated = stated;
    return error;
}

}  // namespace pulse::llm::detail
