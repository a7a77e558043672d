#include "storage/detail/known_values.h"
#include "storage/detail/record_fields.h"
#include "storage/detail/record_format.h"
#include "storage/records.h"

#include <algorithm>
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
        // Most values are below 128, and most others below 2⁶³: no 128-bit arithmetic for them.
        std::uint64_t value = 0;
        const std::size_t quick = std::min<std::size_t>(rest_.size(), 9);
        for (std::size_t i = 0; i < quick; ++i) {
            const auto byte = static_cast<std::uint8_t>(rest_[i]);
            value |= std::uint64_t{byte & 0x7fU} << (7 * i);
            if (byte < 0x80U) {
                rest_.remove_prefix(i + 1);
                return value;
            }
        }
        return long_varint();
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
    [[nodiscard]] Uint128 long_varint() {
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
    std::string_view rest_;
    bool failed_ = false;
};

class NumberReader {
public:
    explicit NumberReader(Reader& reader) : reader_(reader), mask_(reader.u32()) {}

    void operator()(std::int64_t& out) {
        out = is_present() ? narrowed<std::int64_t>(number()) : 0;
    }
    void operator()(std::int32_t& out) {
        out = is_present() ? narrowed<std::int32_t>(number()) : 0;
    }
    void operator()(bool& out) { out = is_present() && number() != 0; }
    void operator()(Money& out) { out = is_present() ? Money::from_pico(number()) : Money{}; }

    /// Passes over what a newer version appended.
    void finish() {
        while (mask_ != 0 && !reader_.failed()) {
            if (is_present()) {
                static_cast<void>(number());
            }
        }
    }

private:
    [[nodiscard]] bool is_present() {
        const bool present = (mask_ & 1U) != 0;
        mask_ >>= 1U;
        return present;
    }
    [[nodiscard]] Int128 number() {
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

class ReadCoder {
public:
    explicit ReadCoder(Reader& reader) : reader_(reader) {}
    /// A value that this program does not know is refused.
    template <class Visit>
    void words(Visit visit) {
        auto read = [this]<class Enum>(Enum& word) {
            word = static_cast<Enum>(reader_.u8());
            if (!detail::is_known(word)) {
                reader_.fail();
                word = Enum{};
            }
        };
        visit(read);
    }
    template <class Visit>
    void numbers(Visit visit) {
        NumberReader numbers{reader_};
        visit(numbers);
        numbers.finish();
    }
    template <class Visit>
    void texts(Visit visit) {
        TextReader texts{reader_};
        visit(texts);
        texts.finish();
    }

private:
    Reader& reader_;
};

void read_attempt(Reader& outer, AttemptRecord& attempt) {
    Reader reader{outer.bytes(outer.u32())};
    ReadCoder coder{reader};
    detail::code_attempt(attempt, coder);
    if (reader.failed()) {
        outer.fail();
    }
}

}  // namespace

Result<void> decode(std::string_view bytes, DecodedRecord& out) {
    Reader reader{bytes};
    const std::uint8_t kind = reader.u8();
    if (!record_kind(bytes)) {
        return Error{Errc::corrupt_input, "record of unknown kind " + std::to_string(kind)};
    }
    RequestRecord& record = out.record;
    record = RequestRecord{};
    const std::uint8_t flags = reader.u8();
    record.stream = (flags & detail::kFlagStream) != 0;
    record.sandbox = (flags & detail::kFlagSandbox) != 0;
    record.has_stated_cost = (flags & detail::kFlagStatedCost) != 0;
    if ((flags & detail::kFlagDeferredBegun) != 0) {
        record.deferred = Deferred::begun;
    }
    if ((flags & detail::kFlagDeferredEnded) != 0) {
        record.deferred = Deferred::ended;
    }
    ReadCoder coder{reader};
    coder.words([&record](auto& visit) { detail::visit_request_words(record, visit); });
    const std::size_t attempts = reader.u8();
    static_cast<void>(reader.u8());
    const std::string_view id = reader.bytes(record.id.bytes.size());
    if (!id.empty()) {
        std::memcpy(record.id.bytes.data(), id.data(), id.size());
    }

    detail::code_request(record, coder);
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
