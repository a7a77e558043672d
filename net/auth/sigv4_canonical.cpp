#include "net/auth/sigv4_canonical.h"

#include "base/hex.h"
#include "net/auth/percent.h"

#include <algorithm>
#include <utility>

namespace pulse::net {

namespace {

constexpr std::size_t kDateSize = 8;

[[nodiscard]] bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Takes the text up to the next `separator`, and it, off the front of `rest`.
[[nodiscard]] std::string_view take_until(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view taken = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

/// RFC 3986 §5.2.4, and empty segments vanish. What stands last decides whether a '/' ends it.
[[nodiscard]] std::string normalized(std::string_view path) {
    std::string out;
    bool ends_in_slash = false;
    std::string_view rest = path;
    while (!rest.empty()) {
        ends_in_slash = rest.find('/') != std::string_view::npos;
        const std::string_view segment = take_until(rest, '/');
        if (segment == "..") {
            out.resize(out.empty() ? 0 : out.rfind('/'));
            ends_in_slash = true;
        } else if (segment == ".") {
            ends_in_slash = true;
        } else if (!segment.empty()) {
            out.append("/").append(segment);
        }
    }
    if (ends_in_slash || out.empty()) {
        out.push_back('/');
    }
    return out;
}

void append_path(std::string& out, std::string_view path, SigV4Path form) {
    if (form == SigV4Path::normalized) {
        append_percent_encoded(out, normalized(path), "/");
        return;
    }
    std::string decoded;
    append_percent_decoded(decoded, path);
    append_percent_encoded(out, decoded.empty() ? "/" : decoded, "/");
}

void append_query(std::string& out, std::string_view query) {
    std::vector<std::pair<std::string, std::string>> pairs;
    std::string decoded;
    const auto recoded = [&](std::string_view text) {
        std::string encoded;
        decoded.clear();
        append_percent_decoded(decoded, text);
        append_percent_encoded(encoded, decoded);
        return encoded;
    };
    while (!query.empty()) {
        std::string_view pair = take_until(query, '&');
        if (!pair.empty()) {
            std::string name = recoded(take_until(pair, '='));
            pairs.emplace_back(std::move(name), recoded(pair));
        }
    }
    std::sort(pairs.begin(), pairs.end());
    for (const auto& [name, value] : pairs) {
        out.append(name).append("=").append(value).append("&");
    }
    if (!pairs.empty()) {
        out.pop_back();
    }
}

[[nodiscard]] char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

[[nodiscard]] bool is_before(const Field& a, const Field& b) {
    return std::lexicographical_compare(
        a.name.begin(), a.name.end(), b.name.begin(), b.name.end(), [](char x, char y) {
            return lower(x) < lower(y);
        });
}

/// Without space at its ends, any run of it within as one: what proxies may do to it on the way.
void append_value(std::string& out, std::string_view value) {
    // find() of one character runs over a session token of a kilobyte in 30 ns.
    const auto has = [&](char c) {
        return value.find(c) != std::string_view::npos;
    };
    if (!has(' ') && !has('\t') && !has('\r') && !has('\n')) {
        out.append(value);
        return;
    }
    const char* separator = "";
    while (!value.empty()) {
        const auto* const end = std::find_if(value.begin(), value.end(), is_space);
        const auto size = static_cast<std::size_t>(end - value.begin());
        if (size > 0) {
            out.append(separator).append(value.substr(0, size));
            separator = " ";
        }
        value.remove_prefix(std::min(size + 1, value.size()));
    }
}

void append_fields(std::string& out, std::string& names, std::span<const Field> fields) {
    std::vector<Field> sorted(fields.begin(), fields.end());
    std::stable_sort(sorted.begin(), sorted.end(), is_before);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i > 0 && !is_before(sorted[i - 1], sorted[i])) {
            out.back() = ',';  // the same name again: its values in their order
            append_value(out, sorted[i].value);
        } else {
            const std::size_t start = out.size();
            for (const char c : sorted[i].name) {
                out.push_back(lower(c));
            }
            names.append(names.empty() ? "" : ";").append(out, start);
            out.push_back(':');
            append_value(out, sorted[i].value);
        }
        out.push_back('\n');
    }
}

}  // namespace

void append_canonical_request(
    std::string& out, std::string& signed_names, const SigV4Request& request, SigV4Path path) {
    out.append(request.method).append("\n");
    append_path(out, request.path, path);
    out.append("\n");
    append_query(out, request.query);
    out.append("\n");
    append_fields(out, signed_names, request.fields);
    out.append("\n").append(signed_names).append("\n").append(request.payload_sha256);
}

void append_string_to_sign(
    std::string& out,
    std::string_view timestamp,
    const SigV4Scope& scope,
    const Sha256& canonical_request) {
    out.append("AWS4-HMAC-SHA256\n").append(timestamp).append("\n");
    append_credential_scope(out, timestamp, scope);
    out.append("\n").append(to_hex(canonical_request));
}

void append_credential_scope(
    std::string& out, std::string_view timestamp, const SigV4Scope& scope) {
    out.append(timestamp.substr(0, kDateSize))
        .append("/")
        .append(scope.region)
        .append("/")
        .append(scope.service)
        .append("/aws4_request");
}

}  // namespace pulse::net
