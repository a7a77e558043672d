#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::llm {

/// The counts that providers state, under the names of docs/formats/usage.md. Each as the provider
/// means it: which of them lie inside which others is a matter of UsageRules.
enum class UsageField : std::uint8_t {
    input,
    output,
    total,
    cached_read,
    cache_write,
    cache_write_5m,
    cache_write_1h,
    cache_miss,
    reasoning,
    audio_in,
    audio_out,
    image_in,
    image_out,
    text_in,
    text_out,
    document_in,
    video_in,
    text_cached,
    audio_cached,
    image_cached,
    document_cached,
    video_cached,
    prediction_accepted,
    prediction_rejected,
    tool_use_prompt,
    search_units,
    web_search_requests,
    web_fetch_requests,
    seconds,
    audio_seconds_in,
    billed_input,
    billed_output,
};
inline constexpr std::size_t kUsageFields = static_cast<std::size_t>(UsageField::billed_output) + 1;

/// "cached_read"
[[nodiscard]] std::string_view to_string(UsageField field);

/// What a provider stated, nothing else: an absent count is absent, not zero. Value.
class StatedUsage {
public:
    void set(UsageField field, std::int64_t count) {
        counts_[index(field)] = count;
        stated_.set(index(field));
    }
    void clear(UsageField field) {
        counts_[index(field)] = 0;
        stated_.reset(index(field));
    }
    [[nodiscard]] bool has(UsageField field) const { return stated_.test(index(field)); }
    [[nodiscard]] std::optional<std::int64_t> get(UsageField field) const {
        return has(field) ? std::optional{counts_[index(field)]} : std::nullopt;
    }
    [[nodiscard]] std::int64_t value(UsageField field) const {
        return counts_[index(field)];
    }  ///< 0 when absent
    [[nodiscard]] bool empty() const { return stated_.none(); }
    /// Key by key: what `later` states wins, what it does not state stays.
    void merge(const StatedUsage& later);

    friend bool operator==(const StatedUsage&, const StatedUsage&) = default;

private:
    [[nodiscard]] static std::size_t index(UsageField field) {
        return static_cast<std::size_t>(field);
    }
    std::array<std::int64_t, kUsageFields> counts_{};
    std::bitset<kUsageFields> stated_;
};

}  // namespace pulse::llm
