#include "storage/detail/record_codec.h"
#include "storage/detail/record_fields.h"
#include "storage/detail/record_format.h"
#include "storage/records.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace pulse::storage {
namespace {

using detail::Uint128;

static_assert(std::endian::native == std::endian::little, "the spool's format is little-endian");

constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kSizeBytes = 4;
constexpr std::size_t kVarint64Max = 10;
constexpr std::size_t kVarint128Max = 19;
constexpr std::size_t kHeadBytes = 8 + 16;

/// Bytes that a record's numbers can take at most; a constant of its type.
struct NumberBound {
    std::size_t bytes = kMaskBytes;
    void operator()(const std::int32_t&) { bytes += kVarint64Max; }
    void operator()(const std::int64_t&) { bytes += kVarint64Max; }
    void operator()(const Money&) { bytes += kVarint128Max; }
};

struct TextBound {
    std::size_t bytes = kMaskBytes;
    void operator()(const std::string_view& text) { bytes += kVarint64Max + text.size(); }
};

[[nodiscard]] std::size_t attempt_bound(const AttemptRecord& attempt) {
    NumberBound numbers;
    detail::visit_attempt_numbers(attempt, numbers);
    TextBound texts;
    detail::visit_attempt_texts(attempt, texts);
    return kSizeBytes + 2 + numbers.bytes + texts.bytes;
}

template <class Unsigned>
char* put_varint(char* out, Unsigned value) {
    while (value >= 0x80U) {
        *out++ = static_cast<char>(static_cast<std::uint8_t>(value) | 0x80U);
        value >>= 7U;
    }
    *out++ = static_cast<char>(value);
    return out;
}

void put_u32(char* out, std::uint32_t value) {
    std::memcpy(out, &value, sizeof value);
}

/// A mask of the values that are not zero, then those.
class NumberWriter {
public:
    explicit NumberWriter(char* out) : mask_at_(out), out_(out + kMaskBytes) {}

    void operator()(std::int64_t value) {
        if (value != 0) {
            mask_ |= bit_;
            const auto bits = static_cast<std::uint64_t>(value);
            out_ = put_varint(out_, (bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0U));
        }
        bit_ <<= 1U;
    }
    void operator()(std::int32_t value) { (*this)(std::int64_t{value}); }
    void operator()(const Money& money) {
        const Int128 value = money.pico();
        if (value >= std::numeric_limits<std::int64_t>::min() &&
            value <= std::numeric_limits<std::int64_t>::max()) {
            (*this)(static_cast<std::int64_t>(value));
            return;
        }
        mask_ |= bit_;
        bit_ <<= 1U;
        out_ =
            put_varint(out_, (static_cast<Uint128>(value) << 1U) ^ (value < 0 ? ~Uint128{0} : 0U));
    }
    [[nodiscard]] char* finish() {
        put_u32(mask_at_, mask_);
        return out_;
    }

private:
    char* mask_at_;
    char* out_;
    std::uint32_t mask_ = 0;
    std::uint32_t bit_ = 1;
};

/// A mask of the texts that are not empty, then those with their sizes.
class TextWriter {
public:
    explicit TextWriter(char* out) : mask_at_(out), out_(out + kMaskBytes) {}

    void operator()(std::string_view text) {
        if (!text.empty()) {
            mask_ |= bit_;
            out_ = put_varint(out_, text.size());
            std::memcpy(out_, text.data(), text.size());
            out_ += text.size();
        }
        bit_ <<= 1U;
    }
    [[nodiscard]] char* finish() {
        put_u32(mask_at_, mask_);
        return out_;
    }

private:
    char* mask_at_;
    char* out_;
    std::uint32_t mask_ = 0;
    std::uint32_t bit_ = 1;
};

char* put_attempt(const AttemptRecord& attempt, char* out) {
    char* const size_at = out;
    out += kSizeBytes;
    *out++ = static_cast<char>(attempt.outcome);
    *out++ = static_cast<char>(attempt.usage_source);
    NumberWriter numbers{out};
    detail::visit_attempt_numbers(attempt, numbers);
    TextWriter texts{numbers.finish()};
    detail::visit_attempt_texts(attempt, texts);
    out = texts.finish();
    put_u32(
        size_at,
        static_cast<std::uint32_t>(out - size_at - static_cast<std::ptrdiff_t>(kSizeBytes)));
    return out;
}

[[nodiscard]] std::size_t attempts_kept(const RequestRecord& record) {
    return std::min(record.attempts.size(), DecodedRecord::kAttemptsMax);
}

/// The first ones and, where there are too many, the very last: the one that answered.
[[nodiscard]] const AttemptRecord& kept_attempt(const RequestRecord& record, std::size_t index) {
    return index + 1 == DecodedRecord::kAttemptsMax ? record.attempts.back()
                                                    : record.attempts[index];
}

}  // namespace

namespace detail {

std::size_t encoded_bound(const RequestRecord& record) {
    NumberBound numbers;
    visit_request_numbers(record, numbers);
    TextBound texts;
    visit_request_texts(record, texts);
    std::size_t bytes = kHeadBytes + numbers.bytes + texts.bytes;
    for (std::size_t i = 0; i < attempts_kept(record); ++i) {
        bytes += attempt_bound(kept_attempt(record, i));
    }
    return bytes;
}

char* encode_to(const RequestRecord& record, char* out) {
    const std::size_t attempts = attempts_kept(record);
    *out++ = static_cast<char>(kRecordVersion);
    *out++ = static_cast<char>(
        (record.stream ? kFlagStream : 0U) | (record.sandbox ? kFlagSandbox : 0U) |
        (record.has_stated_cost ? kFlagStatedCost : 0U));
    *out++ = static_cast<char>(record.dialect);
    *out++ = static_cast<char>(record.api);
    *out++ = static_cast<char>(record.outcome);
    *out++ = static_cast<char>(record.usage_source);
    *out++ = static_cast<char>(attempts);
    *out++ = 0;
    std::memcpy(out, record.id.bytes.data(), record.id.bytes.size());
    out += record.id.bytes.size();

    NumberWriter numbers{out};
    visit_request_numbers(record, numbers);
    TextWriter texts{numbers.finish()};
    visit_request_texts(record, texts);
    out = texts.finish();
    for (std::size_t i = 0; i < attempts; ++i) {
        out = put_attempt(kept_attempt(record, i), out);
    }
    return out;
}

}  // namespace detail

void encode(const RequestRecord& record, std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + detail::encoded_bound(record));
    const char* const end = detail::encode_to(record, out.data() + before);
    out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace pulse::storage
