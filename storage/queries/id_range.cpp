#include "storage/queries/id_range.h"

#include <algorithm>
#include <string>

namespace pulse::storage {
namespace {

constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// -1 for what is none.
[[nodiscard]] int digit_of(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

[[nodiscard]] bool has_form(std::string_view prefix) {
    const bool has_dashes = prefix.find('-') != std::string_view::npos;
    const std::size_t longest = has_dashes ? kForm.size() : 32;
    for (std::size_t i = 0; i < prefix.size() && i < longest; ++i) {
        const bool is_dash = has_dashes && kForm[i] == '-';
        if (is_dash ? prefix[i] != '-' : digit_of(prefix[i]) < 0) {
            return false;
        }
    }
    return !prefix.empty() && prefix.size() <= longest;
}

}  // namespace

Result<IdRange> ids_with_prefix(std::string_view prefix) {
    if (!has_form(prefix)) {
        return Error{
            Errc::invalid_request,
            "id: must be a request's id or its first characters, as in 019adf2c-4b"};
    }
    IdRange range;
    range.last.bytes.fill(0xff);
    std::size_t digit = 0;
    for (const char c : prefix) {
        if (c == '-') {
            continue;
        }
        const auto value = static_cast<unsigned>(digit_of(c));
        const unsigned shift = digit % 2 == 0 ? 4 : 0;
        const auto keep = static_cast<std::uint8_t>(digit % 2 == 0 ? 0x0f : 0xf0);
        for (Uuid* id : {&range.first, &range.last}) {
            std::uint8_t& byte = id->bytes[digit / 2];
            byte = static_cast<std::uint8_t>((byte & keep) | (value << shift));
        }
        ++digit;
    }
    return range;
}

}  // namespace pulse::storage
