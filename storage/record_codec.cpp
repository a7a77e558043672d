#include "storage/detail/record_codec.h"

#include "storage/detail/known_values.h"
#include "storage/detail/record_fields.h"
#include "storage/records.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace pulse::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "the spool's format is little-endian");

__extension__ using Uint128 = unsigned __int128;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kFlagStream = 1U << 0U;
constexpr std::uint8_t kFlagSandbox = 1U << 1U;
constexpr std::uint8_t kFlagStatedCost = 1U << 2U;

constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kSizeBytes = 4;
constexpr std::size_t kVarint64Max = 10;
constexpr std::size_t kVarint128Max = 19;
constexpr std::size_t kHeadBytes = 8 + 16;

// --- sizes
// ----------------------------------------------------------------------------------------------------

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

// --- writing
// --------------------------------------------------------------------------------------------------

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

// --- reading
// --------------------------------------------------------------------------------------------------

/// Takes values off the front of bytes; after the first failure everything is zero and failed()
/// holds.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool failed() const { return failed_; }

    [[nodiscard]] std::string_view bytes(std::uint64_t size) {
        if (size > rest_.size()) {
            fail();
            return {};
        }
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    [[nodiscard]] std::uint8_t u8() {
        const std::string_view taken = bytes(1);
        return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken.front());
    }
    [[nodiscard]] std::uint32_t u32() {
        const std::string_view taken = bytes(sizeof(std::uint32_t));
        std::uint32_t value = 0;
        if (!taken.empty()) {
            std::memcpy(&value, taken.data(), sizeof value);
        }
        return value;
    }
    [[nodiscard]] Uint128 varint() {
        Uint128 value = 0;
        for (unsigned shift = 0; shift < 128; shift += 7) {
            const std::uint8_t byte = u8();
            const Uint128 part = byte & 0x7fU;
            if (failed_ || (shift == 126 && part > 3)) {
                break;
            }
            value |= part << shift;
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
        fail();
        return 0;
    }
    [[nodiscard]] std::string_view text() {
        const Uint128 size = varint();
        return bytes(size > rest_.size() ? rest_.size() + 1 : static_cast<std::uint64_t>(size));
    }
    void fail() {
        failed_ = true;
        rest_ = {};
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

class NumberReader {
public:
    explicit NumberReader(Reader& reader) : reader_(reader), mask_(reader.u32()) {}

    void operator()(std::int64_t& out) { out = narrowed<std::int64_t>(next()); }
    void operator()(std::int32_t& out) { out = narrowed<std::int32_t>(next()); }
    void operator()(Money& out) { out = Money::from_pico(next()); }

    /// Passes over what a newer version appended.
    void finish() {
        while (mask_ != 0 && !reader_.failed()) {
            static_cast<void>(next());
        }
    }

private:
    [[nodiscard]] Int128 next() {
        const bool present = (mask_ & 1U) != 0;
        mask_ >>= 1U;
        if (!present) {
            return 0;
        }
        const Uint128 coded = reader_.varint();
        return static_cast<Int128>((coded >> 1U) ^ ((coded & 1U) != 0 ? ~Uint128{0} : Uint128{0}));
    }
    template <class Integer>
    [[nodiscard]] Integer narrowed(Int128 value) {
        if (value < std::numeric_limits<Integer>::min() ||
            value > std::numeric_limits<Integer>::max()) {
            reader_.fail();
            return 0;
        }
        return static_cast<Integer>(value);
    }
    Reader& reader_;
    std::uint32_t mask_;
};

class TextReader {
public:
    explicit TextReader(Reader& reader) : reader_(reader), mask_(reader.u32()) {}

    void operator()(std::string_view& out) { out = next(); }
    void finish() {
        while (mask_ != 0 && !reader_.failed()) {
            static_cast<void>(next());
        }
    }

private:
    [[nodiscard]] std::string_view next() {
        const bool present = (mask_ & 1U) != 0;
        mask_ >>= 1U;
        return present ? reader_.text() : std::string_view{};
    }
    Reader& reader_;
    std::uint32_t mask_;
};

/// A value of an enumeration; one that this program does not know is refused.
template <class Enum>
[[nodiscard]] Enum read_enum(Reader& reader) {
    const auto value = static_cast<Enum>(reader.u8());
    if (!detail::is_known(value)) {
        reader.fail();
        return Enum{};
    }
    return value;
}

void read_attempt(Reader& outer, AttemptRecord& attempt) {
    Reader reader{outer.bytes(outer.u32())};
    attempt.outcome = read_enum<Outcome>(reader);
    attempt.usage_source = read_enum<UsageSource>(reader);
    NumberReader numbers{reader};
    detail::visit_attempt_numbers(attempt, numbers);
    numbers.finish();
    TextReader texts{reader};
    detail::visit_attempt_texts(attempt, texts);
    texts.finish();
    if (reader.failed()) {
        outer.fail();
    }
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
    *out++ = static_cast<char>(kVersion);
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

Result<void> decode(std::string_view bytes, DecodedRecord& out) {
    Reader reader{bytes};
    const std::uint8_t version = reader.u8();
    if (version != kVersion) {
        return Error{Errc::corrupt_input, "record of unknown version " + std::to_string(version)};
    }
    RequestRecord& record = out.record;
    record = RequestRecord{};
    const std::uint8_t flags = reader.u8();
    record.stream = (flags & kFlagStream) != 0;
    record.sandbox = (flags & kFlagSandbox) != 0;
    record.has_stated_cost = (flags & kFlagStatedCost) != 0;
    record.dialect = read_enum<Dialect>(reader);
    record.api = read_enum<Api>(reader);
    record.outcome = read_enum<Outcome>(reader);
    record.usage_source = read_enum<UsageSource>(reader);
    const std::size_t attempts = reader.u8();
    static_cast<void>(reader.u8());
    const std::string_view id = reader.bytes(record.id.bytes.size());
    if (!id.empty()) {
        std::memcpy(record.id.bytes.data(), id.data(), id.size());
    }

    NumberReader numbers{reader};
    detail::visit_request_numbers(record, numbers);
    numbers.finish();
    TextReader texts{reader};
    detail::visit_request_texts(record, texts);
    texts.finish();
    if (reader.failed() || attempts > DecodedRecord::kAttemptsMax) {
        return Error{Errc::corrupt_input, "record cut short or malformed"};
    }
    for (std::size_t i = 0; i < attempts; ++i) {
        out.attempts[i] = AttemptRecord{};
        read_attempt(reader, out.attempts[i]);
    }
    if (reader.failed()) {
        return Error{Errc::corrupt_input, "record's attempts cut short or malformed"};
    }
    record.attempts = std::span<const AttemptRecord>{out.attempts, attempts};
    return {};
}

}  // namespace pulse::storage
