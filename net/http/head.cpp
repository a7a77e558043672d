#include "net/http/head.h"

#include <array>
#include <cstring>

namespace pulse::net {

namespace {

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (to_lower(a[i]) != to_lower(b[i])) {
            return false;
        }
    }
    return true;
}

const Field* Fields::find(std::string_view name) const {
    for (const Field& field : fields_) {
        if (iequals(field.name, name)) {
            return &field;
        }
    }
    return nullptr;
}

std::string_view Fields::value(std::string_view name) const {
    const Field* field = find(name);
    return field == nullptr ? std::string_view{} : field->value;
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned) {
    std::size_t at = scanned;
    while (at < bytes.size()) {
        const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
        if (found == nullptr) {
            scanned = bytes.size();
            return std::nullopt;
        }
        const auto line_end =
            static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        // A bare LF ends a line here although the parser refuses it: its sender gets a 400 at once
        // and not a time-out.
        const bool has_cr = line_end + 1 < bytes.size() && bytes[line_end + 1] == '\r';
        const std::size_t next = line_end + (has_cr ? 2 : 1);
        if (next >= bytes.size()) {
            scanned = line_end;
            return std::nullopt;
        }
        if (bytes[next] == '\n') {
            return next + 1;
        }
        at = line_end + 1;
    }
    return std::nullopt;
}

bool is_http2_preface(std::string_view bytes) {
    return bytes.starts_with("PRI * HTTP/2.0");
}

}  // namespace pulse::net
