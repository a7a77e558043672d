#pragma once

#include <string>
#include <string_view>

namespace pulse::net {

/// Appends `text` with each octet but RFC 3986's unreserved ones (letters, digits, `-._~`) and
/// those of `kept` as %XX in upper case.
void append_percent_encoded(std::string& out, std::string_view text, std::string_view kept = {});

/// Appends `text` with each %XX as its octet; a `%` without two hexadecimal digits stays. `+` is a
/// plus sign.
void append_percent_decoded(std::string& out, std::string_view text);

}  // namespace pulse::net
