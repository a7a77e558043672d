#pragma once

#include "base/money.h"
#include "base/usage.h"
#include "llm/usage/stated_usage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// Of the delivered text that is kept for counting; counting the worst of it takes less than a
/// millisecond.
inline constexpr std::size_t kDeliveredTextMax = std::size_t{8} << 10;

/// A word of the provider's as it stands in JSON: a string, or a number (Vertex gives enumerations
/// as integers when asked to). `text` is empty when nothing was stated.
struct RawWord {
    std::string text;
    bool is_number = false;

    [[nodiscard]] bool empty() const { return text.empty(); }
    void clear() {
        text.clear();
        is_number = false;
    }
    friend bool operator==(const RawWord&, const RawWord&) = default;
};

/// An error as the provider stated it, whatever its shape was. Absent parts are empty.
struct StatedError {
    std::string type;
    RawWord code;
    std::string message;  ///< cut at kErrorMessageMax bytes
    friend bool operator==(const StatedError&, const StatedError&) = default;
};
inline constexpr std::size_t kErrorMessageMax = std::size_t{8} << 10;

/// Usage that is billed beside the answer's own, at another model's price or under another name
/// (Anthropic's iterations of compactions and advisors).
struct ExtraUsage {
    std::string type;
    std::string model;  ///< empty: the answer's
    StatedUsage stated;
    Usage usage;
    friend bool operator==(const ExtraUsage&, const ExtraUsage&) = default;
};
inline constexpr std::size_t kExtraUsagesMax = 64;

/// What the provider did beside answering and bills by the piece, where it is not among the counts
/// of `usage`: counted from the answer's items, or stated in a place of its own.
struct ProviderCalls {
    std::int64_t web_searches = 0;
    std::int64_t file_searches = 0;
    std::int64_t code_sessions = 0;
    std::int64_t images = 0;  ///< images made by an answer that has no usage
    std::int64_t citation_tokens = 0;

    /// Two accounts of the same answer: never added.
    void take_larger(const ProviderCalls& other);
    friend bool operator==(const ProviderCalls&, const ProviderCalls&) = default;
};

/// What the provider's answer says about itself. Value; not thread-safe.
struct MeterReading {
    /// Disjoint billable classes, made from `stated` by billable_usage(); the meter fills it in.
    Usage usage;
    bool usage_present =
        false;  ///< the provider stated usage (an explicit zero counts, an absent field does not)
    bool inconsistent = false;  ///< parts larger than their whole: clamped, never negative
    /// The classes follow from what was stated. False: they are a lower bound or an assumption (a
    /// total alone, parts larger than their whole), shown as null.
    bool billable_is_known = false;
    bool is_billed = true;        ///< false: answers of this API cost nothing, whatever they count
    bool is_error = false;        ///< an error object was read, whatever the status was
    bool is_readable = true;      ///< false: the body is not the JSON or SSE that it should be
    bool has_terminator = false;  ///< the dialect's own end of a stream was seen
    bool finish_reason_is_number = false;
    bool service_tier_is_number = false;

    StatedUsage stated;              ///< the provider's own numbers under its own meaning
    ProviderCalls calls;             ///< the meter adds them to `usage`
    std::vector<ExtraUsage> extras;  ///< at most kExtraUsagesMax
    std::string model;               ///< as served; empty when not stated
    std::string service_tier;        ///< as served; the last one stated
    std::string speed;               ///< as served: Anthropic's "fast" or "standard"
    std::string inference_geo;       ///< as served: Anthropic's "us", "global", "not_available"
    std::string finish_reason;       ///< the provider's raw word, the last one stated
    std::string response_id;
    std::string
        error_code;  ///< of an error object in the body or the stream: its code, else its type
    StatedError error;
    std::int64_t delivered_text_bytes =
        0;  ///< visible text and tool arguments seen, for counting a broken stream
    /// The same text where it was kept (streams; answers that were asked for it), up to
    /// kDeliveredTextMax bytes, JSON's escapes as they stand: unescaped_text() resolves them.
    std::string delivered_text;
    std::optional<Money> stated_cost;  ///< the provider's own number, stored beside ours
    /// The number that `stated_cost` was made of, as it stood; empty when the cost came in ticks.
    std::string stated_cost_text;
    std::optional<std::int64_t> stated_cost_ticks;  ///< xAI: 10¹⁰ ticks are 1 USD
};

/// `raw` with JSON's escapes resolved, in UTF-8; as it stands when they cannot be (a stream cut
/// within a pair of surrogates).
[[nodiscard]] std::string unescaped_text(std::string_view raw);

}  // namespace pulse::llm
