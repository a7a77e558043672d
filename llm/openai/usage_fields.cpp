#include "llm/openai/detail/usage_fields.h"

#include "llm/detail/answer_fields.h"
#include "llm/usage/usage_rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pulse::llm::detail {
namespace {

/// How a count is taken.
enum class Take : std::uint8_t {
    stated,
    above_zero,  ///< a zero says nothing: the field is filled in without a meaning
    larger,      ///< the same number may stand in two places
};

struct UsageKey {
    std::string_view key;
    UsageField field;
    Take take = Take::stated;
};

// Names at the top of `usage`, by who uses them.
constexpr UsageKey kTopKeys[] = {
    {"prompt_tokens", UsageField::input},       // chat, completions, embeddings
    {"completion_tokens", UsageField::output},  //
    {"total_tokens", UsageField::total},        //
    {"input_tokens", UsageField::input},        // responses, images, audio
    {"output_tokens", UsageField::output},      //
    {"prompt_cache_hit_tokens", UsageField::cached_read, Take::larger},  // DeepSeek
    {"prompt_cache_miss_tokens", UsageField::cache_miss},                //
    {"num_cached_tokens", UsageField::cached_read, Take::larger},        // Mistral
    {"prompt_audio_seconds", UsageField::audio_seconds_in},              //
    {"cached_tokens", UsageField::cached_read, Take::larger},            // Together
    {"cache_creation_input_tokens", UsageField::cache_write},            // Vercel
    {"num_sources_used", UsageField::search_units},                      // xAI
    {"reasoning_tokens", UsageField::reasoning, Take::larger},           // Perplexity
    {"seconds", UsageField::seconds},                                    // transcriptions
};

// Names in the objects of details. Vercel, OpenRouter and Avian fill `video_tokens` with zero
// for every model, chat APIs `cache_write_tokens` for models that have none.
constexpr UsageKey kInputKeys[] = {
    {"cached_tokens", UsageField::cached_read, Take::larger},
    {"audio_tokens", UsageField::audio_in},
    {"text_tokens", UsageField::text_in},
    {"image_tokens", UsageField::image_in},
    {"video_tokens", UsageField::video_in, Take::above_zero},
};
// Realtime says of what kind the cached part is.
constexpr UsageKey kCachedKeys[] = {
    {"text_tokens", UsageField::text_cached},
    {"audio_tokens", UsageField::audio_cached},
    {"image_tokens", UsageField::image_cached},
};
constexpr UsageKey kOutputKeys[] = {
    {"reasoning_tokens", UsageField::reasoning},
    {"audio_tokens", UsageField::audio_out},
    {"text_tokens", UsageField::text_out},
    {"image_tokens", UsageField::image_out},
    {"accepted_prediction_tokens", UsageField::prediction_accepted},
    {"rejected_prediction_tokens", UsageField::prediction_rejected},
};

void take_count(ondemand::value& value, UsageField field, Take take, StatedUsage& stated) {
    const auto count = count_of(value);
    if (!count || (take == Take::above_zero && *count == 0) ||
        (take == Take::larger && stated.get(field).value_or(*count) > *count)) {
        return;
    }
    stated.set(field, *count);
}

template <std::size_t size>
bool take_known(
    const UsageKey (&keys)[size],
    std::string_view key,
    ondemand::value& value,
    StatedUsage& stated) {
    for (const UsageKey& known : keys) {
        if (known.key == key) {
            take_count(value, known.field, known.take, stated);
            return true;
        }
    }
    return false;
}

simdjson::error_code read_input_details(
    std::string_view group, ondemand::value& value, StatedUsage& stated) {
    // Writer and the Assistants API have this name beside the usual one and leave it empty.
    const bool is_side_name = group == "prompt_token_details";
    const Take write = group == "input_tokens_details" ? Take::stated : Take::above_zero;
    return for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (key == "cache_write_tokens") {
            take_count(field, UsageField::cache_write, write, stated);
        } else if (is_side_name) {
            if (key == "cached_tokens") {
                take_count(field, UsageField::cached_read, Take::above_zero, stated);
            }
        } else if (key == "cached_tokens_details") {
            return for_each_field_of(field, [&](std::string_view name, ondemand::value& part) {
                take_known(kCachedKeys, name, part, stated);
                return simdjson::SUCCESS;
            });
        } else {
            take_known(kInputKeys, key, field, stated);
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code read_output_details(
    std::string_view group, ondemand::value& value, StatedUsage& stated) {
    const bool is_side_name = group == "completion_token_details";
    return for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (!is_side_name) {
            take_known(kOutputKeys, key, field, stated);
        } else if (key == "reasoning_tokens") {
            take_count(field, UsageField::reasoning, Take::above_zero, stated);
        }
        return simdjson::SUCCESS;
    });
}

/// A number, or Perplexity's object of parts.
simdjson::error_code read_cost(ondemand::value& value, UsageObject& usage) {
    usage.has_cost = true;
    if (raw_token(value).starts_with('{')) {
        return for_each_field_of(value, [&usage](std::string_view key, ondemand::value& field) {
            return key == "total_cost" ? read_cost(field, usage) : simdjson::SUCCESS;
        });
    }
    const std::string_view text = raw_token(value);
    usage.cost = money_of_json_number(text);
    usage.cost_text.assign(usage.cost ? text : std::string_view{});
    return simdjson::SUCCESS;
}

/// Searches that the provider ran: xAI's `server_side_tool_usage_details`, OpenRouter's
/// `server_tool_use_details`.
simdjson::error_code read_tool_usage(ondemand::value& value, ProviderCalls& calls) {
    return for_each_field_of(value, [&calls](std::string_view key, ondemand::value& field) {
        const std::int64_t count =
            std::clamp<std::int64_t>(count_of(field).value_or(0), 0, kTokensMax);
        if (key == "web_search_calls" || key == "x_search_calls" || key == "web_search_requests") {
            calls.web_searches += count;
        } else if (key == "file_search_calls" || key == "document_search_calls") {
            calls.file_searches += count;
        } else if (key == "code_interpreter_calls") {
            calls.code_sessions += count;
        }
        return simdjson::SUCCESS;
    });
}

bool is_input_details(std::string_view key) {
    return key == "prompt_tokens_details" || key == "input_tokens_details" ||
           key == "input_token_details" || key == "prompt_token_details";
}

bool is_output_details(std::string_view key) {
    return key == "completion_tokens_details" || key == "output_tokens_details" ||
           key == "output_token_details" || key == "completion_token_details";
}

simdjson::error_code read_usage_field(
    std::string_view key, ondemand::value& value, UsageObject& usage) {
    if (take_known(kTopKeys, key, value, usage.stated)) {
        return simdjson::SUCCESS;
    }
    if (is_input_details(key)) {
        return read_input_details(key, value, usage.stated);
    }
    if (is_output_details(key)) {
        return read_output_details(key, value, usage.stated);
    }
    if (key == "cost") {
        return read_cost(value, usage);
    }
    if (key == "server_side_tool_usage_details" || key == "server_tool_use_details") {
        return read_tool_usage(value, usage.calls);
    }
    if (key == "cost_in_usd_ticks") {
        std::int64_t ticks = 0;
        if (value.get_int64().get(ticks) == simdjson::SUCCESS) {
            usage.cost_ticks = ticks;
        }
    } else if (key == "num_search_queries") {
        usage.calls.web_searches +=
            std::clamp<std::int64_t>(count_of(value).value_or(0), 0, kTokensMax);
    } else if (key == "citation_tokens") {
        usage.calls.citation_tokens =
            std::clamp<std::int64_t>(count_of(value).value_or(0), 0, kTokensMax);
    }
    return simdjson::SUCCESS;
}

}  // namespace

simdjson::error_code read_openai_usage(ondemand::object& object, UsageObject& usage) {
    return for_each_field(object, [&usage](std::string_view key, ondemand::value& value) {
        return read_usage_field(key, value, usage);
    });
}

void take_usage(UsageObject&& usage, MeterReading& reading) {
    constexpr std::int64_t kPicoPerTick = 100;  // 10¹⁰ ticks and 10¹² pico are 1 USD
    if (!usage.is_present()) {
        return;
    }
    reading.usage_present = true;
    reading.stated = usage.stated;
    reading.calls.take_larger(usage.calls);
    if (usage.cost) {
        reading.stated_cost = usage.cost;
        reading.stated_cost_text = std::move(usage.cost_text);
    }
    if (usage.cost_ticks) {
        reading.stated_cost_ticks = usage.cost_ticks;
        if (!usage.cost) {
            reading.stated_cost = Money::from_pico(Int128{*usage.cost_ticks} * kPicoPerTick);
        }
    }
}

std::optional<Money> money_of_json_number(std::string_view text) {
    constexpr int kDigitsMax = 24;  // 10²⁴ pico stay far below the range of Money
    constexpr int kPicoDigits = 12;
    const bool is_negative = text.starts_with('-');
    text.remove_prefix(is_negative ? 1 : 0);

    Int128 digits = 0;
    int digit_count = 0;
    int exponent = kPicoDigits;
    bool is_fraction = false;
    std::size_t at = 0;
    for (; at < text.size() && (text[at] == '.' || (text[at] >= '0' && text[at] <= '9')); ++at) {
        if (text[at] == '.') {
            is_fraction = true;
        } else if (digit_count < kDigitsMax) {
            digits = digits * 10 + (text[at] - '0');
            digit_count += digits != 0 ? 1 : 0;
            exponent -= is_fraction ? 1 : 0;
        } else {
            exponent += is_fraction ? 0 : 1;
        }
    }
    if (at == 0) {
        return std::nullopt;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        const bool has_plus = at + 1 < text.size() && text[at + 1] == '+';
        at += has_plus ? 2U : 1U;
        int stated = 0;
        const auto [end, error] =
            std::from_chars(text.data() + at, text.data() + text.size(), stated);
        if (error != std::errc{} || stated > 100 || stated < -1000) {
            return std::nullopt;
        }
        exponent += stated;
        at = static_cast<std::size_t>(end - text.data());
    }
    if (at != text.size() || (exponent > 0 && digits != 0 && digit_count + exponent > kDigitsMax)) {
        return std::nullopt;
    }
    for (; exponent > 0 && digits != 0; --exponent) {
        digits *= 10;
    }
    for (; exponent < 0 && digits != 0; ++exponent) {
        digits /= 10;
    }
    return Money::from_pico(is_negative ? -digits : digits);
}

}  // namespace pulse::llm::detail
