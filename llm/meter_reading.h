#pragma once

#include "base/money.h"
#include "base/usage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm {

/// Of the delivered text that is kept for counting; counting the worst of it takes less than a
/// millisecond.
inline constexpr std::size_t kDeliveredTextMax = std::size_t{8} << 10;

/// What the provider's answer says about itself. Value; not thread-safe.
struct MeterReading {
    Usage usage;
    bool usage_present =
        false;  ///< the provider stated usage (an explicit zero counts, an absent field does not)
    bool inconsistent = false;  ///< parts larger than their whole: clamped, never negative
    std::string model;          ///< as served; empty when not stated
    std::string service_tier;   ///< as served; the last one stated
    std::string finish_reason;  ///< the provider's raw word, of the first answer
    std::string response_id;
    std::string
        error_code;  ///< of an error object in the body or the stream: its code, else its type
    bool is_error = false;    ///< an error object was read, whatever the status was
    bool is_readable = true;  ///< false: the body is not the JSON or SSE that it should be
    std::int64_t delivered_text_bytes =
        0;  ///< visible text and tool arguments seen, for counting a broken stream
    /// The same text where it was kept (streams; answers that were asked for it), up to
    /// kDeliveredTextMax bytes, JSON's escapes as they stand: unescaped_text() resolves them.
    std::string delivered_text;
    std::optional<Money> stated_cost;  ///< the provider's own number, stored beside ours
};

/// `raw` with JSON's escapes resolved, in UTF-8; as it stands when they cannot be (a stream cut
/// within a pair of surrogates).
[[nodiscard]] std::string unescaped_text(std::string_view raw);

}  // namespace pulse::llm
