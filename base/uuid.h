#pragma once

#include "base/clock.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse {

/// 16 bytes, big-endian, ordered like its text. Value; not thread-safe.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    /// The 36-character lower-case form.
    [[nodiscard]] std::string to_string() const;
    void append_to(std::string& out) const;
    [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);

    /// The time in a version-7 id, to the millisecond.
    [[nodiscard]] TimePoint time() const;

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
    friend bool operator==(const Uuid&, const Uuid&) = default;
};

/// Makes version-7 ids (RFC 9562 §5.7) that grow strictly within one generator, also when the clock
/// stands still or goes back: the 12 bits behind the millisecond are a counter, the rest is random
/// from the system's generator, drawn in blocks. Lives on one worker.
class UuidGenerator {
public:
    UuidGenerator();
    [[nodiscard]] Uuid next(TimePoint now);

private:
    void refill();
    std::array<std::uint8_t, 512> random_{};
    std::size_t random_used_ = 0;
    std::int64_t last_ms_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace pulse
