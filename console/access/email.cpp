#include "console/access/email.h"

#include <algorithm>

namespace pulse::console {
namespace {

constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321 §4.5.3.1.3, without the brackets

}  // namespace

std::optional<std::string> normalized_email(std::string_view text) {
    const std::size_t at = text.find('@');
    const bool is_address =
        text.size() <= kEmailBytesMax && at != std::string_view::npos && at > 0 &&
        at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!is_address) {
        return std::nullopt;
    }
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return lower;
}

}  // namespace pulse::console
