#include "llm/openai/detail/usage_reader.h"

#include <algorithm>
#include <charconv>

namespace pulse::llm::detail {
namespace {

/// The numbers as they stand, before one is subtracted from another.
struct Counts {
    std::optional<std::int64_t> prompt;
    std::optional<std::int64_t> completion;
    std::optional<std::int64_t> total;
    std::int64_t cached = 0;
    std::int64_t cache_write = 0;
    std::int64_t reasoning = 0;
    std::int64_t input_audio = 0;
    std::int64_t input_image = 0;
    std::int64_t output_audio = 0;
    std::int64_t output_image = 0;
    bool is_inconsistent = false;
};

std::optional<std::int64_t> read_count(ondemand::value& value, Counts& counts) {
    ondemand::number number;
    if (value.get_number().get(number) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    double real = 0;
    if (number.is_int64()) {
        const std::int64_t count = number.get_int64();
        if (count >= 0 && count <= kTokensMax) {
            return count;
        }
        real = count < 0 ? -1.0 : static_cast<double>(kTokensMax) * 2;
    } else if (number.is_uint64()) {
        real = static_cast<double>(kTokensMax) * 2;
    } else {
        real = number.get_double();
    }
    if (real < 0 || real > static_cast<double>(kTokensMax)) {
        counts.is_inconsistent = true;
        return real < 0 ? 0 : kTokensMax;
    }
    return static_cast<std::int64_t>(real);
}

simdjson::error_code read_input_details(ondemand::value& value, Counts& counts) {
    return for_each_field_of(value, [&counts](std::string_view key, ondemand::value& field) {
        if (key == "cached_tokens") {
            // DeepSeek, Mistral and Together may state the same number beside these details too.
            counts.cached = std::max(counts.cached, read_count(field, counts).value_or(0));
        } else if (key == "cache_write_tokens") {
            counts.cache_write = read_count(field, counts).value_or(0);
        } else if (key == "audio_tokens") {
            counts.input_audio = read_count(field, counts).value_or(0);
        } else if (key == "image_tokens") {
            counts.input_image = read_count(field, counts).value_or(0);
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code read_output_details(ondemand::value& value, Counts& counts) {
    return for_each_field_of(value, [&counts](std::string_view key, ondemand::value& field) {
        if (key == "reasoning_tokens") {
            counts.reasoning = read_count(field, counts).value_or(0);
        } else if (key == "audio_tokens") {
            counts.output_audio = read_count(field, counts).value_or(0);
        } else if (key == "image_tokens") {
            counts.output_image = read_count(field, counts).value_or(0);
        }
        return simdjson::SUCCESS;
    });
}

std::int64_t at_most(std::int64_t part, std::int64_t whole, bool& is_inconsistent) {
    is_inconsistent = is_inconsistent || part > whole;
    return std::min(part, whole);
}

/// From stated totals with parts inside to disjoint classes.
Usage to_usage(const Counts& counts, bool& is_inconsistent) {
    const std::int64_t input = counts.prompt.value_or(0);
    const std::int64_t output = counts.completion.value_or(0);
    Usage usage;
    usage.cached_read = at_most(counts.cached, input, is_inconsistent);
    usage.cache_write_unsplit =
        at_most(counts.cache_write, input - usage.cached_read, is_inconsistent);
    usage.input_uncached = input - usage.cached_read - usage.cache_write_unsplit;
    usage.output_total = output;
    usage.of_which_reasoning = at_most(counts.reasoning, output, is_inconsistent);
    usage.of_input_audio = at_most(counts.input_audio, input, is_inconsistent);
    usage.of_input_image = at_most(counts.input_image, input, is_inconsistent);
    usage.of_output_audio = at_most(counts.output_audio, output, is_inconsistent);
    usage.of_output_image = at_most(counts.output_image, output, is_inconsistent);
    return usage;
}

}  // namespace

simdjson::error_code read_usage(Api api, ondemand::object& object, UsageStatement& statement) {
    Counts counts;
    const auto error = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
        if (key == "prompt_tokens") {
            counts.prompt = read_count(field, counts);
        } else if (key == "completion_tokens") {
            counts.completion = read_count(field, counts);
        } else if (key == "total_tokens") {
            counts.total = read_count(field, counts);
        } else if (key == "prompt_tokens_details") {
            return read_input_details(field, counts);
        } else if (key == "completion_tokens_details") {
            return read_output_details(field, counts);
        } else if (
            key == "prompt_cache_hit_tokens" || key == "num_cached_tokens" ||
            key == "cached_tokens") {
            counts.cached = std::max(counts.cached, read_count(field, counts).value_or(0));
        } else if (key == "cost") {
            statement.has_cost = true;
            statement.stated_cost = money_of_number(raw_token(field));
        }
        return simdjson::SUCCESS;
    });
    if (error) {
        return error;
    }
    if (api == Api::embeddings && !counts.prompt) {
        counts.prompt = counts.total;  // all tokens of an embedding are input
    }
    statement.is_present = counts.prompt || counts.completion || counts.total;
    statement.is_inconsistent = counts.is_inconsistent;
    statement.usage = to_usage(counts, statement.is_inconsistent);
    return simdjson::SUCCESS;
}

std::optional<Money> money_of_number(std::string_view text) {
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
