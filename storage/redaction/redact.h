#pragma once

#include <string>
#include <string_view>

namespace pulse::storage {

/// The text without what must not be kept: credentials (API keys, bearer tokens, AWS key ids,
/// private keys in PEM), e-mail addresses, card numbers (13–19 digits with a right Luhn sum) and
/// IBANs (with right check digits), each in place of what it was: `[api-key]`, `[email]`, `[card]`,
/// `[iban]`,
/// `[private-key]`. Finds them within JSON too, since none of them needs an escape there, except
/// for the line ends of a PEM block, which may be `\n` in two characters. The rest is unchanged.
/// Linear in the text's size. What it cannot know: names, addresses, secrets without a form
/// (docs/operations/content_logging.md). Pure; thread-safe.
/// Sources: ISO/IEC 7812-1 Annex B (Luhn), ISO 13616-1 (IBAN, mod 97), RFC 7468 §2 (PEM labels).
[[nodiscard]] std::string redacted(std::string_view text);

/// Valid UTF-8 without NUL, as both databases take it: other bytes become U+FFFD.
[[nodiscard]] std::string stored_text(std::string_view text);

namespace detail {
/// `digits` are characters '0'–'9'.
[[nodiscard]] bool has_right_luhn_sum(std::string_view digits);
/// Capital letters and digits, spaces removed.
[[nodiscard]] bool has_right_iban_digits(std::string_view iban);
}  // namespace detail

}  // namespace pulse::storage
