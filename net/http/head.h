#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace pulse::net {

/// One header field; views into the buffer that the head was parsed from. Names keep the sender's
/// case.
struct Field {
    std::string_view name;
    std::string_view value;
};

namespace detail {
[[nodiscard]] constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
}  // namespace detail

namespace detail {
template <class Word>
[[nodiscard]] inline Word word_at(const char* at) {
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// The bytes of a word without regard to ASCII case. Most words that are compared are equal, or
/// differ in more than case.
template <class Word>
[[nodiscard]] inline bool iequal_words(Word a, Word b) {
    constexpr Word kOnes = static_cast<Word>(~Word{0}) / 0xff;
    if (a == b) {
        return true;
    }
    const Word differing = a ^ b;
    if ((differing & static_cast<Word>(~(kOnes * 0x20))) != 0) {
        return false;
    }
    // Letters: folded to lower case, from 'a' to 'z'; the sums carry into a byte's high bit and no
    // further.
    const Word folded = a | (kOnes * 0x20);
    const Word low = folded & (kOnes * 0x7f);
    const Word from_a = low + kOnes * (0x80 - 'a');
    const Word beyond_z = low + kOnes * (0x80 - ('z' + 1));
    const Word letters = from_a & ~beyond_z & ~folded & (kOnes * 0x80);
    return (differing & ~(letters >> 2)) == 0;
}

/// The rest of iequals(): sizes are equal and not 0. By words that overlap at the end.
[[nodiscard]] inline bool iequal_texts(const char* x, const char* y, std::size_t size) {
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8) {
            if (!iequal_words(word_at<std::uint64_t>(x + i), word_at<std::uint64_t>(y + i))) {
                return false;
            }
        }
        return iequal_words(
            word_at<std::uint64_t>(x + size - 8), word_at<std::uint64_t>(y + size - 8));
    }
    if (size >= 4) {
        return iequal_words(word_at<std::uint32_t>(x), word_at<std::uint32_t>(y)) &&
               iequal_words(
                   word_at<std::uint32_t>(x + size - 4), word_at<std::uint32_t>(y + size - 4));
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (to_lower(x[i]) != to_lower(y[i])) {
            return false;
        }
    }
    return true;
}
}  // namespace detail

/// ASCII case-insensitive equality, as header names compare. A request compares names a hundred
/// times, and most differ in length, in their first letter or in their last.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    return a.empty() || ((((a.front() ^ b.front()) | (a.back() ^ b.back())) & ~0x20) == 0 &&
                         detail::iequal_texts(a.data(), b.data(), a.size()));
}

[[nodiscard]] inline bool istarts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

/// Without the spaces and tabs around it (OWS, RFC 9110 §5.6.3).
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ') || text.ends_with('\t')) {
        text.remove_suffix(1);
    }
    return text;
}

enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

/// The fields of a head, in order. Value; views live as long as the buffer.
class Fields {
public:
    [[nodiscard]] const Field* begin() const { return fields_.data(); }
    [[nodiscard]] const Field* end() const { return fields_.data() + fields_.size(); }
    [[nodiscard]] std::size_t size() const { return fields_.size(); }
    /// The first field of that name; null when absent.
    [[nodiscard]] const Field* find(std::string_view name) const {
        for (const Field& field : fields_) {
            if (field.name.size() == name.size() && iequals(field.name, name)) {
                return &field;
            }
        }
        return nullptr;
    }
    /// Its value, empty when absent.
    [[nodiscard]] std::string_view value(std::string_view name) const {
        const Field* field = find(name);
        return field == nullptr ? std::string_view{} : field->value;
    }
    void clear() { fields_.clear(); }
    void add(Field field) { fields_.push_back(field); }

private:
    std::vector<Field> fields_;
};

struct RequestHead {
    std::string_view method;  ///< upper case as sent
    std::string_view target;  ///< as sent
    std::string_view path;    ///< the target before '?'; not decoded
    std::string_view query;   ///< behind '?', empty when absent
    int minor_version = 1;    ///< HTTP/1.x
    Fields fields;
    BodyFraming framing = BodyFraming::none;
    std::uint64_t content_length = 0;  ///< with BodyFraming::length
    bool keep_alive = true;            ///< what the caller wants: version and Connection
    bool expects_continue = false;
    bool wants_upgrade = false;  ///< Connection: upgrade and an Upgrade field
    std::size_t size = 0;        ///< bytes of the head with its blank line
};

struct ResponseHead {
    int status = 0;
    std::string_view reason;
    int minor_version = 1;
    Fields fields;
    BodyFraming framing = BodyFraming::none;
    std::uint64_t content_length = 0;
    bool keep_alive = true;
    std::size_t size = 0;
};

inline constexpr std::size_t kHeadFieldsMax = 100;

/// Where the head in `bytes` ends (behind its blank line), or nothing while it is unfinished.
/// `scanned` is how far an earlier call came, so that a slow sender does not cost a rescan; it is
/// updated.
[[nodiscard]] std::optional<std::size_t> find_head_end(
    std::string_view bytes, std::size_t& scanned);

/// Parses a whole request head strictly: RFC 9112 with everything refused that proxies have been
/// split by: both Content-Length and Transfer-Encoding, either of them twice, a Transfer-Encoding
/// that is not exactly "chunked" or comes with HTTP/1.0, obs-fold, bare CR or LF, control
/// characters, empty or spaced names, absolute-form and authority-form, no Host or two in HTTP/1.1,
/// more than kHeadFieldsMax fields. `out` is reused. Errors: invalid_request with the rule that was
/// broken (never with the value), header_too_large.
[[nodiscard]] Result<void> parse_request_head(std::string_view head, RequestHead& out);

/// Parses a whole response head to a request with `request_method`, as strictly. 1xx heads are
/// parsed like others; the caller of this skips them. Errors: upstream_bad_answer.
[[nodiscard]] Result<void> parse_response_head(
    std::string_view head, std::string_view request_method, ResponseHead& out);

/// The first bytes of an HTTP/2 connection ("PRI * HTTP/2.0").
[[nodiscard]] bool is_http2_preface(std::string_view bytes);

}  // namespace pulse::net
