#include "pricing/catalog/import/litellm_keys.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pulse::pricing::detail {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

struct Base {
    std::string_view name;
    PriceClass price_class;
    std::int64_t per;
};
/// Source: the cost keys of LiteLLM's catalogue of 2026-08-01.
constexpr std::array kBases{
    Base{"input_cost_per_token", PriceClass::input, kMillion},
    Base{"cache_read_input_token_cost", PriceClass::cache_read, kMillion},
    Base{"input_cost_per_token_cache_hit", PriceClass::cache_read, kMillion},
    Base{"cache_creation_input_token_cost", PriceClass::cache_write_5m, kMillion},
    Base{"cache_creation_input_token_cost_above_1hr", PriceClass::cache_write_1h, kMillion},
    Base{"cache_creation_input_audio_token_cost", PriceClass::cache_write_audio, kMillion},
    Base{"input_cost_per_audio_token", PriceClass::input_audio, kMillion},
    Base{"cache_read_input_audio_token_cost", PriceClass::cache_read_audio, kMillion},
    Base{"input_cost_per_image_token", PriceClass::input_image, kMillion},
    Base{"cache_read_input_image_token_cost", PriceClass::cache_read_image, kMillion},
    Base{"input_cost_per_video_token", PriceClass::input_video, kMillion},
    Base{"output_cost_per_token", PriceClass::output, kMillion},
    Base{"output_cost_per_reasoning_token", PriceClass::output_reasoning, kMillion},
    Base{"output_cost_per_audio_token", PriceClass::output_audio, kMillion},
    Base{"output_cost_per_image_token", PriceClass::output_image, kMillion},
    Base{"output_cost_per_video_token", PriceClass::output_video, kMillion},
    Base{"citation_cost_per_token", PriceClass::citation, kMillion},
    Base{"input_cost_per_character", PriceClass::character, kMillion},
    Base{"output_cost_per_character", PriceClass::character_out, kMillion},
    Base{"input_cost_per_pixel", PriceClass::pixel, kMillion},
    Base{"output_cost_per_pixel", PriceClass::pixel, kMillion},
    Base{"input_cost_per_image", PriceClass::image_input, 1},
    Base{"output_cost_per_image", PriceClass::image, 1},
    Base{"input_cost_per_audio_per_second", PriceClass::audio_second, 1},
    Base{"input_cost_per_video_per_second", PriceClass::video_second, 1},
    Base{"output_cost_per_video_per_second", PriceClass::video_second, 1},
    Base{"input_cost_per_request", PriceClass::request, 1},
    Base{"input_cost_per_query", PriceClass::query, 1},
    Base{"ocr_cost_per_page", PriceClass::page, 1},
    Base{"annotation_cost_per_page", PriceClass::page_annotated, 1},
    Base{"ocr_cost_per_credit", PriceClass::credit, 1},
    Base{"code_interpreter_cost_per_session", PriceClass::code_session, 1},
};
constexpr std::array<std::string_view, 2> kSecondKeys{
    "input_cost_per_second", "output_cost_per_second"};

struct TierWord {
    std::string_view suffix;
    ServiceTier tier;
};
constexpr std::array kTierWords{
    TierWord{"_batches", ServiceTier::batch},
    TierWord{"_flex", ServiceTier::flex},
    TierWord{"_priority", ServiceTier::priority},
};

struct ModeWord {
    std::string_view word;
    std::string_view mode;
    ModeKind kind;
};
constexpr std::array kModes{
    ModeWord{"chat", "chat", ModeKind::text},
    ModeWord{"responses", "chat", ModeKind::text},
    ModeWord{"completion", "chat", ModeKind::text},
    ModeWord{"embedding", "embedding", ModeKind::text},
    ModeWord{"image_generation", "image", ModeKind::image},
    ModeWord{"image_edit", "image", ModeKind::image},
    ModeWord{"audio_transcription", "stt", ModeKind::audio},
    ModeWord{"audio_speech", "tts", ModeKind::audio},
    ModeWord{"realtime", "realtime", ModeKind::audio},
    ModeWord{"moderation", "moderation", ModeKind::text},
    ModeWord{"ocr", "ocr", ModeKind::text},
    ModeWord{"video_generation", "video", ModeKind::video},
    ModeWord{"rerank", "rerank", ModeKind::text},
    ModeWord{"search", "search", ModeKind::search},
};

const ModeWord& find_mode(std::string_view word) {
    const auto* found = std::ranges::find(kModes, word, &ModeWord::word);
    return found == kModes.end() ? kModes.front() : *found;
}

PriceClass second_of(ModeKind mode) {
    switch (mode) {
        case ModeKind::audio:
            return PriceClass::audio_second;
        case ModeKind::video:
            return PriceClass::video_second;
        default:
            return PriceClass::second;  // of a reserved capacity
    }
}

/// Takes "_above_200k_tokens" off the end; the number of tokens, 0 when it is not there.
std::int64_t take_size(std::string_view& key) {
    constexpr std::string_view kAbove = "_above_";
    constexpr std::string_view kTokens = "k_tokens";
    const auto at = key.rfind(kAbove);
    if (at == std::string_view::npos || !key.ends_with(kTokens)) {
        return 0;
    }
    const auto number =
        key.substr(at + kAbove.size(), key.size() - at - kAbove.size() - kTokens.size());
    int thousands = 0;
    const auto* end = number.data() + number.size();
    const auto read = std::from_chars(number.data(), end, thousands);
    if (read.ec != std::errc{} || read.ptr != end || thousands <= 0 || thousands > 100'000) {
        return 0;
    }
    key.remove_suffix(key.size() - at);
    return std::int64_t{thousands} * 1'000;
}

}  // namespace

ModeKind mode_kind(std::string_view litellm_mode) {
    return find_mode(litellm_mode).kind;
}

std::string_view mode_of(std::string_view litellm_mode) {
    return find_mode(litellm_mode).mode;
}

std::optional<PriceKey> parse_price_key(std::string_view key, ModeKind mode) {
    PriceKey out;
    for (const auto& word : kTierWords) {
        if (key.ends_with(word.suffix)) {
            out.tier = word.tier;
            key.remove_suffix(word.suffix.size());
            break;
        }
    }
    out.above_tokens = take_size(key);
    if (std::ranges::find(kSecondKeys, key) != kSecondKeys.end()) {
        out.price_class = second_of(mode);
        return out;
    }
    const auto* base = std::ranges::find(kBases, key, &Base::name);
    if (base == kBases.end()) {
        return std::nullopt;
    }
    out.price_class = base->price_class;
    out.per = base->per;
    if (mode == ModeKind::search && out.price_class == PriceClass::query) {
        out.price_class = PriceClass::web_search;
    }
    return out;
}

bool is_price_key(std::string_view key) {
    return key.find("cost") != std::string_view::npos &&
           key.find("_dbu_") == std::string_view::npos;
}

}  // namespace pulse::pricing::detail
