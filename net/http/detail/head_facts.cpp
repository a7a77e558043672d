#include "net/http/detail/head_facts.h"

#include <algorithm>

namespace pulse::net::detail {

namespace {

/// Digits only: no sign, no space, no list, no overflow.
bool parse_length(std::string_view text, std::uint64_t& out) {
    constexpr std::size_t kDigitsMax = 19;  // all 19-digit numbers fit into 64 bits
    if (text.empty() || text.size() > kDigitsMax) {
        return false;
    }
    out = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return false;
        }
        out = out * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace

void HeadFacts::read_connection(std::string_view options) {
    while (!options.empty()) {
        const std::size_t comma = std::min(options.find(','), options.size());
        const std::string_view option = without_blanks(options.substr(0, comma));
        options.remove_prefix(std::min(comma + 1, options.size()));
        says_close |= iequals(option, "close");
        says_keep_alive |= iequals(option, "keep-alive");
        says_upgrade |= iequals(option, "upgrade");
    }
}

void HeadFacts::read_host(std::string_view host) {
    if (has_host) {
        break_rule("Host is there twice");
    }
    has_host = true;
    if (host.find_first_of(" \t,/@\\?#") != std::string_view::npos) {
        break_rule("Host is not one name or address with an optional port");
    }
}

void HeadFacts::read_length(std::string_view length) {
    if (has_length) {
        break_rule("Content-Length is there twice");
    }
    has_length = true;
    if (!parse_length(length, content_length)) {
        break_rule("Content-Length is not one plain number");
    }
}

void HeadFacts::read_coding(std::string_view codings) {
    if (has_coding) {
        break_rule("Transfer-Encoding is there twice");
    }
    has_coding = true;
    if (!iequals(codings, "chunked")) {
        break_rule("Transfer-Encoding is not exactly \"chunked\"");
    }
}

BodyFraming HeadFacts::framing(BodyFraming undeclared) const {
    if (has_coding) {
        return BodyFraming::chunked;
    }
    if (has_length) {
        return content_length == 0 ? BodyFraming::none : BodyFraming::length;
    }
    return undeclared;
}

}  // namespace pulse::net::detail
