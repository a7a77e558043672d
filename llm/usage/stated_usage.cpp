#include "llm/usage/stated_usage.h"

#include "base/assert.h"

namespace pulse::llm {
namespace {

// In the order of UsageField. The names of fixtures and of `pulse explain`.
constexpr std::array<std::string_view, kUsageFields> kNames{
    "input",
    "output",
    "total",
    "cached_read",
    "cache_write",
    "cache_write_5m",
    "cache_write_1h",
    "cache_miss",
    "reasoning",
    "audio_in",
    "audio_out",
    "image_in",
    "image_out",
    "text_in",
    "text_out",
    "document_in",
    "video_in",
    "text_cached",
    "audio_cached",
    "image_cached",
    "document_cached",
    "video_cached",
    "prediction_accepted",
    "prediction_rejected",
    "tool_use_prompt",
    "search_units",
    "web_search_requests",
    "web_fetch_requests",
    "seconds",
    "audio_seconds_in",
    "billed_input",
    "billed_output",
};
static_assert(!kNames.back().empty(), "every field has a name");

}  // namespace

std::string_view to_string(UsageField field) {
    const auto at = static_cast<std::size_t>(field);
    PULSE_ASSERT(at < kNames.size());
    return kNames.at(at);
}

void StatedUsage::merge(const StatedUsage& later) {
    for (std::size_t at = 0; at < kUsageFields; ++at) {
        if (later.stated_.test(at)) {
            counts_.at(at) = later.counts_.at(at);
        }
    }
    stated_ |= later.stated_;
}

}  // namespace pulse::llm
