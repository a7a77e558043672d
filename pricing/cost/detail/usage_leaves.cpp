#include "pricing/cost/detail/usage_leaves.h"

#include <algorithm>

namespace pulse::pricing::detail {

UsageLeaves::UsageLeaves(const Usage& usage) {
    add_input(usage);
    add_output(usage);
    add(PriceClass::web_search, sane(usage.web_search_requests));
    add(PriceClass::query, sane(usage.search_units));
    add(PriceClass::file_search, sane(usage.file_search_calls));
    add(PriceClass::code_session, sane(usage.code_sessions));
    add(PriceClass::citation, sane(usage.citation_tokens));
    add(PriceClass::image, sane(usage.images));
    add(PriceClass::audio_second, sane(usage.audio_seconds));
    add(PriceClass::character, sane(usage.characters));
}

void UsageLeaves::add_input(const Usage& usage) {
    const auto uncached = sane(usage.input_uncached);
    const auto cached = sane(usage.cached_read);
    const auto written_5m = sane(usage.cache_write_5m) + sane(usage.cache_write_unsplit);
    const auto written_1h = sane(usage.cache_write_1h);
    const auto extra_audio = sane(usage.input_audio_extra);
    const auto cached_audio = sane(usage.of_cached_audio);
    input_total_ = uncached + cached + written_5m + written_1h + extra_audio;

    auto audio = std::max<std::int64_t>(sane(usage.of_input_audio) - cached_audio, 0);
    auto image = sane(usage.of_input_image);
    auto video = sane(usage.of_input_video);
    // Providers count images, video and audio over the whole prompt and rarely say which of it came
    // from the cache. What does not fit into the uncached part but into the cached ones was cached,
    // and is billed there.
    const auto hidden = audio + image + video - uncached;
    if (hidden > 0 &&
        hidden <= std::max<std::int64_t>(cached - cached_audio, 0) + written_5m + written_1h) {
        auto left = hidden;
        for (auto* part : {&image, &video, &audio}) {
            const auto taken = std::min(*part, left);
            *part -= taken;
            left -= taken;
        }
    }
    add(PriceClass::input, rest_of(uncached, audio + image + video));
    add(PriceClass::cache_read, rest_of(cached, cached_audio));
    add(PriceClass::cache_read_audio, cached_audio);
    add(PriceClass::cache_write_5m, written_5m);
    add(PriceClass::cache_write_1h, written_1h);
    add(PriceClass::input_audio, audio + extra_audio);
    add(PriceClass::input_image, image);
    add(PriceClass::input_video, video);
}

void UsageLeaves::add_output(const Usage& usage) {
    const auto reasoning = sane(usage.of_which_reasoning);
    const auto audio = sane(usage.of_output_audio);
    const auto image = sane(usage.of_output_image);
    add(PriceClass::output, rest_of(sane(usage.output_total), reasoning + audio + image));
    add(PriceClass::output_reasoning, reasoning);
    add(PriceClass::output_audio, audio);
    add(PriceClass::output_image, image);
}

void UsageLeaves::add(PriceClass price_class, std::int64_t quantity) {
    if (quantity > 0) {
        leaves_.at(count_++) = {price_class, quantity};
    }
}

std::int64_t UsageLeaves::sane(std::int64_t quantity) {
    const auto kept = std::clamp<std::int64_t>(quantity, 0, kQuantityMax);
    inconsistent_ = inconsistent_ || kept != quantity;
    return kept;
}

std::int64_t UsageLeaves::rest_of(std::int64_t total, std::int64_t parts) {
    inconsistent_ = inconsistent_ || parts > total;
    return std::max<std::int64_t>(total - parts, 0);
}

}  // namespace pulse::pricing::detail
