#include "base/assert.h"
#include "storage/detail/record_codec.h"
#include "storage/detail/record_fields.h"
#include "storage/records.h"
#include "storage/spool/spool.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// What decodes must lie within its bytes, encode to something that decodes to the same, and fit
// into a record when cut.
namespace {

using pulse::storage::DecodedRecord;

struct WithinBytes {
    std::string_view bytes;
    void operator()(const std::string_view& text) const {
        PULSE_ASSERT(
            text.empty() || (text.data() >= bytes.data() &&
                             text.data() + text.size() <= bytes.data() + bytes.size()));
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const auto first = std::make_unique<DecodedRecord>();
    if (!pulse::storage::decode(input, *first)) {
        return 0;
    }
    WithinBytes within{input};
    pulse::storage::detail::visit_request_texts(first->record, within);
    for (const auto& attempt : first->record.attempts) {
        pulse::storage::detail::visit_attempt_texts(attempt, within);
    }

    std::string encoded;
    pulse::storage::encode(first->record, encoded);
    PULSE_ASSERT(encoded.size() <= pulse::storage::detail::encoded_bound(first->record));
    const auto second = std::make_unique<DecodedRecord>();
    PULSE_ASSERT(pulse::storage::decode(encoded, *second).has_value());
    std::string again;
    pulse::storage::encode(second->record, again);
    PULSE_ASSERT(encoded == again);

    constexpr std::size_t kBytesMax = pulse::storage::SpoolWriter::kRecordBytesMax;
    const pulse::storage::detail::CutRecord cut{first->record, kBytesMax};
    PULSE_ASSERT(pulse::storage::detail::encoded_bound(cut.record()) <= kBytesMax);
    return 0;
}
