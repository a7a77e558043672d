#pragma once

#include <string>
#include <string_view>

namespace pulse::pricing::detail {

/// A text as valid UTF-8: itself where it is, else a copy in which U+FFFD stands for each maximal
/// part of a character that is cut off or wrong, and for each byte that begins none (Unicode 16.0
/// §3.9, "Substitution of Maximal Subparts"): what TextDecoder, Rust's from_utf8_lossy and Python's
/// errors="replace" make of it.
/// Views `text`, which outlives it.
class Utf8Text {
public:
    explicit Utf8Text(std::string_view text);
    Utf8Text(const Utf8Text&) = delete;
    Utf8Text& operator=(const Utf8Text&) = delete;

    [[nodiscard]] std::string_view text() const { return text_; }

private:
    std::string repaired_;
    std::string_view text_;
};

}  // namespace pulse::pricing::detail
