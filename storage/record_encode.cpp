#include "storage/detail/record_codec.h"
#include "storage/detail/record_fields.h"
#include "storage/detail/record_format.h"
#include "storage/records.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

namespace pulse::storage {
namespace {

using detail::Uint128;

static_assert(std::endian::native == std::endian::little, "the spool's format is little-endian");

constexpr std::size_t kMaskBytes = 4;
constexpr std::uint32_t kSizeBytes = 4;
constexpr std::size_t kVarint64Max = 10;
constexpr std::size_t kVarint128Max = 19;
constexpr std::size_t kHeadBytes = 8 + 16;

/// Counts the bytes that what it is shown takes at most; numbers are a constant of their types.
class BoundCoder {
public:
    template <class Visit>
    void words(Visit visit) {
        auto add = [this](const auto&) {
            ++bytes_;
        };
        visit(add);
    }
    template <class Visit>
    void numbers(Visit visit) {
        bytes_ += kMaskBytes;
        auto add = [this](const auto& number) {
            constexpr bool is_money = std::is_same_v<decltype(number), const Money&>;
            bytes_ += is_money ? kVarint128Max : kVarint64Max;
        };
        visit(add);
    }
    template <class Visit>
    void texts(Visit visit) {
        bytes_ += kMaskBytes;
        auto add = [this](std::string_view text) {
            bytes_ += kVarint64Max + text.size();
        };
        visit(add);
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::size_t bytes_ = 0;
};

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
    void operator()(bool value) { (*this)(std::int64_t{value}); }
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

class WriteCoder {
public:
    explicit WriteCoder(char* out) : out_(out) {}
    template <class Visit>
    void words(Visit visit) {
        auto put = [this](auto word) {
            *out_++ = static_cast<char>(word);
        };
        visit(put);
    }
    template <class Visit>
    void numbers(Visit visit) {
        NumberWriter writer{out_};
        visit(writer);
        out_ = writer.finish();
    }
    template <class Visit>
    void texts(Visit visit) {
        TextWriter writer{out_};
        visit(writer);
        out_ = writer.finish();
    }
    [[nodiscard]] char* end() const { return out_; }

private:
    char* out_;
};

char* put_attempt(const AttemptRecord& attempt, char* out) {
    WriteCoder coder{out + kSizeBytes};
    detail::code_attempt(attempt, coder);
    put_u32(out, static_cast<std::uint32_t>(coder.end() - out) - kSizeBytes);
    return coder.end();
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
    BoundCoder bound;
    code_request(record, bound);
    const std::size_t attempts = attempts_kept(record);
    for (std::size_t i = 0; i < attempts; ++i) {
        code_attempt(kept_attempt(record, i), bound);
    }
    return kHeadBytes + attempts * kSizeBytes + bound.bytes();
}

char* encode_to(const RequestRecord& record, RecordKind kind, char* out) {
    const std::size_t attempts = attempts_kept(record);
    *out++ = static_cast<char>(kind);
    *out++ = static_cast<char>(
        (record.stream ? kFlagStream : 0U) | (record.sandbox ? kFlagSandbox : 0U) |
        (record.has_stated_cost ? kFlagStatedCost : 0U) |
        (record.deferred == Deferred::begun ? kFlagDeferredBegun : 0U) |
        (record.deferred == Deferred::ended ? kFlagDeferredEnded : 0U));
    auto put_word = [&out](auto word) {
        *out++ = static_cast<char>(word);
    };
    visit_request_words(record, put_word);
    *out++ = static_cast<char>(attempts);
    *out++ = 0;
    std::memcpy(out, record.id.bytes.data(), record.id.bytes.size());
    out += record.id.bytes.size();

    WriteCoder coder{out};
    code_request(record, coder);
    out = coder.end();
    for (std::size_t i = 0; i < attempts; ++i) {
        out = put_attempt(kept_attempt(record, i), out);
    }
    return out;
}

}  // namespace detail

void encode(const RequestRecord& record, std::string& out, RecordKind kind) {
    const std::size_t before = out.size();
    out.resize(before + detail::encoded_bound(record));
    const char* const end = detail::encode_to(record, kind, out.data() + before);
    out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace pulse::storage
