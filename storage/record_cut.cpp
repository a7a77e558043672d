#include "base/assert.h"
#include "storage/detail/record_codec.h"
#include "storage/detail/record_fields.h"

#include <algorithm>

namespace pulse::storage::detail {
namespace {

struct LongestText {
    std::string_view* text = nullptr;
    void operator()(std::string_view& candidate) {
        if (text == nullptr || candidate.size() > text->size()) {
            text = &candidate;
        }
    }
};

/// The first `size` bytes, or fewer so that no UTF-8 character is cut in two.
[[nodiscard]] std::string_view first_characters(std::string_view text, std::size_t size) {
    while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xc0U) == 0x80U) {
        --size;
    }
    return text.substr(0, size);
}

}  // namespace

CutRecord::CutRecord(const RequestRecord& record, std::size_t bytes_max) : record_(record) {
    const std::size_t kept = std::min(record.attempts.size(), DecodedRecord::kAttemptsMax);
    std::copy_n(record.attempts.begin(), kept, attempts_);
    if (record.attempts.size() > kept) {
        attempts_[kept - 1] = record.attempts.back();
    }
    record_.attempts = std::span<const AttemptRecord>{attempts_, kept};

    for (std::size_t bound = encoded_bound(record_); bound > bytes_max;
         bound = encoded_bound(record_)) {
        LongestText longest;
        visit_request_texts(record_, longest);
        for (std::size_t i = 0; i < kept; ++i) {
            visit_attempt_texts(attempts_[i], longest);
        }
        PULSE_ASSERT(!longest.text->empty());
        const std::size_t size = longest.text->size();
        const std::size_t cut = std::min(bound - bytes_max, size - size / 2);
        *longest.text = longest.text == &record_.tags_json
                            ? std::string_view{}
                            : first_characters(*longest.text, size - cut);
    }
}

}  // namespace pulse::storage::detail
