#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pulse::net {

/// One header field; views into the buffer that the head was parsed from. Names keep the sender's case.
struct Field {
    std::string_view name;
    std::string_view value;
};

namespace detail {
[[nodiscard]] constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
}  // namespace detail

/// ASCII case-insensitive equality, as header names compare. Inline and by words: a request compares names a hundred times.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    constexpr std::uint64_t kCaseBits = 0x2020202020202020ULL;
    std::size_t i = 0;
    for (; i + sizeof(std::uint64_t) <= a.size(); i += sizeof(std::uint64_t)) {
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        std::memcpy(&left, a.data() + i, sizeof left);
        std::memcpy(&right, b.data() + i, sizeof right);
        if (left == right) {
            continue;
        }
        if (((left ^ right) & ~kCaseBits) != 0) {
            return false;
        }
        for (std::size_t j = i; j < i + sizeof(std::uint64_t); ++j) {
            if (detail::to_lower(a[j]) != detail::to_lower(b[j])) {
                return false;
            }
        }
    }
    for (; i < a.size(); ++i) {
        if (detail::to_lower(a[i]) != detail::to_lower(b[i])) {
            return false;
        }
    }
    return true;
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
    bool wants_upgrade = false;        ///< Connection: upgrade and an Upgrade field
    std::size_t size = 0;              ///< bytes of the head with its blank line
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

/// Where the head in `bytes` ends (behind its blank line), or nothing while it is unfinished. `scanned` is how far an earlier
/// call came, so that a slow sender does not cost a rescan; it is updated.
[[nodiscard]] std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned);

/// Parses a whole request head strictly: RFC 9112 with everything refused that proxies have been split by: both
/// Content-Length and Transfer-Encoding, either of them twice, a Transfer-Encoding that is not exactly "chunked" or comes with
/// HTTP/1.0, obs-fold, bare CR or LF, control characters, empty or spaced names, absolute-form and authority-form, no Host or two in
/// HTTP/1.1, more than kHeadFieldsMax fields. `out` is reused. Errors: invalid_request with the rule that was broken
/// (never with the value), header_too_large.
[[nodiscard]] Result<void> parse_request_head(std::string_view head, RequestHead& out);

/// Parses a whole response head to a request with `request_method`, as strictly. 1xx heads are parsed like others; the
/// caller of this skips them. Errors: upstream_bad_answer.
[[nodiscard]] Result<void> parse_response_head(
    std::string_view head, std::string_view request_method, ResponseHead& out);

/// The first bytes of an HTTP/2 connection ("PRI * HTTP/2.0").
[[nodiscard]] bool is_http2_preface(std::string_view bytes);

}  // namespace pulse::net
