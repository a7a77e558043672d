#include "storage/detail/known_values.h"
#include "storage/detail/record_fields.h"
#include "storage/detail/record_format.h"
#include "storage/records.h"

#include <cstring>
#include <limits>

namespace pulse::storage {
namespace {

using detail::Uint128;

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

Result<void> decode(std::string_view bytes, DecodedRecord& out) {
    Reader reader{bytes};
    const std::uint8_t version = reader.u8();
    if (version != detail::kRecordVersion) {
        return Error{Errc::corrupt_input, "record of unknown version " + std::to_string(version)};
    }
    RequestRecord& record = out.record;
    record = RequestRecord{};
    const std::uint8_t flags = reader.u8();
    record.stream = (flags & detail::kFlagStream) != 0;
    record.sandbox = (flags & detail::kFlagSandbox) != 0;
    record.has_stated_cost = (flags & detail::kFlagStatedCost) != 0;
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
