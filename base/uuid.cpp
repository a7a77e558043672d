#include "base/uuid.h"

#include "base/assert.h"
#include "base/hex.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace pulse {
namespace {

/// The two digits of each byte.
constexpr auto kHexPairs = [] {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
        pairs[byte] = {kDigits[byte >> 4U], kDigits[byte & 0x0fU]};
    }
    return pairs;
}();
constexpr std::size_t kTextSize = 36;
constexpr std::uint32_t kCounterMax = 0xfff;
constexpr std::int64_t kMillisecondsMax = (std::int64_t{1} << 48) - 1;
constexpr std::size_t kRandomBytes = 8;  // of one id; the variant takes two bits of them

[[nodiscard]] constexpr bool is_hyphen_place(std::size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

}  // namespace

std::string Uuid::to_string() const {
    std::string text;
    append_to(text);
    return text;
}

void Uuid::append_to(std::string& out) const {
    // Where the digits of each byte stand between the hyphens.
    constexpr std::array<std::uint8_t, 16> kPlaces{
        0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    std::array<char, kTextSize> text;
    text[8] = text[13] = text[18] = text[23] = '-';
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::memcpy(text.data() + kPlaces[i], kHexPairs[bytes[i]].data(), 2);
    }
    out.append(text.data(), text.size());
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != kTextSize) {
        return std::nullopt;
    }
    Uuid id;
    std::size_t at = 0;
    for (std::uint8_t& byte : id.bytes) {
        if (is_hyphen_place(at) && text[at++] != '-') {
            return std::nullopt;
        }
        const int high = hex_value(text[at]);
        const int low = hex_value(text[at + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        byte = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
    }
    return id;
}

TimePoint Uuid::time() const {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        ms = ms * 256 + bytes[i];
    }
    return TimePoint{std::chrono::milliseconds{ms}};
}

UuidGenerator::UuidGenerator() {
    refill();
}

Uuid UuidGenerator::next(TimePoint now) {
    const std::int64_t ms =
        std::clamp<std::int64_t>(now.time_since_epoch().count() / 1000, 0, kMillisecondsMax);
    if (ms > last_ms_) {
        last_ms_ = ms;
        counter_ = 0;
    } else if (counter_ < kCounterMax) {
        ++counter_;
    } else {
        // 4096 ids in one millisecond: borrow from the next, as RFC 9562 §6.2 allows.
        last_ms_ = std::min(last_ms_ + 1, kMillisecondsMax);
        counter_ = 0;
    }
    if (random_used_ + kRandomBytes > random_.size()) {
        refill();
    }

    Uuid id;
    for (std::size_t i = 0; i < 6; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i));
    }
    id.bytes[6] = static_cast<std::uint8_t>(0x70U | counter_ >> 8U);
    id.bytes[7] = static_cast<std::uint8_t>(counter_ & 0xffU);
    std::memcpy(&id.bytes[8], &random_[random_used_], kRandomBytes);
    id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3fU));
    random_used_ += kRandomBytes;
    return id;
}

void UuidGenerator::refill() {
    std::size_t filled = 0;
    while (filled < random_.size()) {
        const ssize_t got = ::getrandom(&random_[filled], random_.size() - filled, 0);
        PULSE_ASSERT(got > 0 || errno == EINTR);
        filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    random_used_ = 0;
}

}  // namespace pulse
