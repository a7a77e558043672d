#include "storage/postgres/clean_record.h"

#include "storage/detail/record_fields.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace pulse::storage::postgres {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The size of the character that `text` begins with; 0 where it is none (RFC 3629), or zero.
[[nodiscard]] std::size_t character_size(std::string_view text) {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
    };
    const auto follows = [&byte](std::size_t i) {
        return (byte(i) & 0xc0U) == 0x80U;
    };
    const std::uint8_t first = byte(0);
    if (first < 0x80U) {
        return first == 0 ? 0 : 1;
    }
    if (first >= 0xc2U && first <= 0xdfU) {
        return follows(1) ? 2 : 0;
    }
    if (first >= 0xe0U && first <= 0xefU) {
        const bool is_overlong = first == 0xe0U && byte(1) < 0xa0U;
        const bool is_surrogate = first == 0xedU && byte(1) > 0x9fU;
        return follows(1) && follows(2) && !is_overlong && !is_surrogate ? 3 : 0;
    }
    if (first >= 0xf0U && first <= 0xf4U) {
        const bool is_overlong = first == 0xf0U && byte(1) < 0x90U;
        const bool is_beyond = first == 0xf4U && byte(1) > 0x8fU;
        return follows(1) && follows(2) && follows(3) && !is_overlong && !is_beyond ? 4 : 0;
    }
    return 0;
}

[[nodiscard]] bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

[[nodiscard]] bool is_clean(std::string_view text) {
    for (; !text.empty() && !is_plain(text);) {
        const std::size_t size = character_size(text);
        if (size == 0) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

[[nodiscard]] std::string cleaned(std::string_view text) {
    std::string out;
    out.reserve(text.size() + kReplacement.size());
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        out.append(size == 0 ? kReplacement : text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

/// The first bytes, so that no character is cut in two.
[[nodiscard]] std::string_view first_bytes(std::string_view text, std::size_t size) {
    while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xc0U) == 0x80U) {
        --size;
    }
    return text.substr(0, size);
}

/// The number of a `\uXXXX` that `json` begins with, or -1.
[[nodiscard]] int escaped_unit(std::string_view json) {
    if (json.size() < 6 || !json.starts_with("\\u")) {
        return -1;
    }
    int unit = 0;
    for (const char c : json.substr(2, 4)) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

/// `\u0000` and halves of a surrogate pair, which are JSON and no text of PostgreSQL's, become
/// `\ufffd`.
[[nodiscard]] std::string with_escapes_that_jsonb_takes(std::string_view json) {
    std::string out;
    while (!json.empty()) {
        const int unit = escaped_unit(json);
        if (unit < 0) {
            const std::size_t size =
                json.front() == '\\' ? std::min<std::size_t>(2, json.size()) : 1;
            out.append(json.substr(0, size));
            json.remove_prefix(size);
            continue;
        }
        const bool is_high = unit >= 0xd800 && unit <= 0xdbff;
        const int next = is_high ? escaped_unit(json.substr(6)) : -1;
        const bool is_pair = next >= 0xdc00 && next <= 0xdfff;
        const bool is_refused = unit == 0 || (unit >= 0xd800 && unit <= 0xdfff && !is_pair);
        const std::size_t size = is_pair ? 12 : 6;
        out.append(is_refused ? std::string_view{"\\ufffd"} : json.substr(0, size));
        json.remove_prefix(size);
    }
    return out;
}

/// What stands in an index or a rollup's key.
template <class Visitor>
void visit_key_texts(DecodedRecord& of, Visitor& visit) {
    RequestRecord& record = of.record;
    for (std::string_view* const text :
         {&record.org,
          &record.team,
          &record.project,
          &record.user,
          &record.app,
          &record.client,
          &record.end_user,
          &record.provider,
          &record.model_served,
          &record.price_version,
          &record.object_id}) {
        visit(*text);
    }
    for (std::size_t i = 0; i < record.attempts.size(); ++i) {
        visit(of.attempts[i].provider);
        visit(of.attempts[i].model);
    }
}

template <class Visitor>
void visit_texts(DecodedRecord& of, Visitor& visit) {
    detail::visit_request_texts(of.record, visit);
    for (std::size_t i = 0; i < of.record.attempts.size(); ++i) {
        detail::visit_attempt_texts(of.attempts[i], visit);
    }
}

[[nodiscard]] bool is_acceptable(const DecodedRecord& decoded) {
    bool acceptable = true;
    auto check = [&acceptable](std::string_view text) {
        acceptable = acceptable && text.size() <= CleanRecords::kKeyTextBytesMax && is_clean(text);
    };
    detail::visit_request_texts(decoded.record, check);
    for (const AttemptRecord& attempt : decoded.record.attempts) {
        detail::visit_attempt_texts(attempt, check);
    }
    return acceptable && decoded.record.tags_json.find("\\u") == std::string_view::npos;
}

}  // namespace

CleanRecords::CleanRecords(std::span<const DecodedRecord* const> records)
    : records_(records.begin(), records.end()) {
    for (const DecodedRecord*& record : records_) {
        if (is_acceptable(*record)) {
            continue;
        }
        DecodedRecord& copy = copies_.emplace_back();
        copy.record = record->record;
        const std::size_t attempts =
            std::min(record->record.attempts.size(), DecodedRecord::kAttemptsMax);
        std::copy_n(record->record.attempts.begin(), attempts, copy.attempts);
        copy.record.attempts = {copy.attempts, attempts};
        auto clean = [this](std::string_view& text) {
            if (!is_clean(text)) {
                text = texts_.emplace_back(cleaned(text));
            }
        };
        visit_texts(copy, clean);
        auto cut = [](std::string_view& text) {
            if (text.size() > kKeyTextBytesMax) {
                text = first_bytes(text, kKeyTextBytesMax);
            }
        };
        visit_key_texts(copy, cut);
        copy.record.tags_json =
            texts_.emplace_back(with_escapes_that_jsonb_takes(copy.record.tags_json));
        record = &copy;
    }
}

}  // namespace pulse::storage::postgres
