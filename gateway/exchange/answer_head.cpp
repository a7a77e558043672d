#include "gateway/exchange/answer_head.h"

#include "base/rfc3339.h"
#include "gateway/exchange/upload_url.h"

#include <array>
#include <charconv>
#include <cstring>

namespace pulse::gateway {

namespace {

void append_number(std::string& out, std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

enum class Fate { pass, drop, rename };

/// Names that never reach a caller: hop-by-hop and framing (RFC 9110 §7.6.1), cookies, our account
/// at the provider.
constexpr std::array<std::string_view, 17> kDropped{
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "set-cookie",
    "set-cookie2",
    "alt-svc",
    "openai-project",
    "openai-organization",
    "anthropic-organization-id",
    "x-accel-buffering"};

/// Lengths of kDropped as a bit set: most fields are decided by it alone.
[[nodiscard]] constexpr std::uint64_t dropped_lengths() {
    std::uint64_t bits = 0;
    for (const std::string_view name : kDropped) {
        bits |= std::uint64_t{1} << name.size();
    }
    return bits;
}

[[nodiscard]] Fate fate_of(std::string_view name) {
    if (name.size() < 64 && ((dropped_lengths() >> name.size()) & 1U) != 0) {
        for (const std::string_view dropped : kDropped) {
            if (dropped.size() == name.size() && net::iequals(dropped, name)) {
                return Fate::drop;
            }
        }
    }
    const char first = name.empty() ? '\0' : name.front();
    if (first == 'x' || first == 'X') {
        if (net::istarts_with(name, "x-ratelimit-")) {
            return Fate::rename;
        }
        return net::istarts_with(name, "x-pulse-") || net::istarts_with(name, "x-litellm-")
                   ? Fate::drop
                   : Fate::pass;
    }
    if ((first == 'a' || first == 'A') && net::istarts_with(name, "anthropic-ratelimit-")) {
        return Fate::rename;
    }
    return Fate::pass;
}

}  // namespace

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Status";
    }
}

void append_status_line(std::string& out, int status) {
    out.append("HTTP/1.1 ");
    append_number(out, status);
    out.append(" ").append(reason_phrase(status)).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    // One growth and plain copies: this runs forty times a request.
    const std::size_t before = out.size();
    out.resize(before + name.size() + value.size() + 4);
    char* at = out.data() + before;
    std::memcpy(at, name.data(), name.size());
    at += name.size();
    *at++ = ':';
    *at++ = ' ';
    if (!value.empty()) {
        std::memcpy(at, value.data(), value.size());
        at += value.size();
    }
    *at++ = '\r';
    *at = '\n';
}

void append_field(std::string& out, std::string_view name, std::int64_t value) {
    out.append(name).append(": ");
    append_number(out, value);
    out.append("\r\n");
}

void append_field(std::string& out, std::string_view name, Money value) {
    out.append(name).append(": ");
    value.append_to(out);
    out.append("\r\n");
}

void append_field(std::string& out, std::string_view name, const Uuid& value) {
    out.append(name).append(": ");
    value.append_to(out);
    out.append("\r\n");
}

void append_openai_duration(std::string& out, std::chrono::milliseconds wait) {
    const std::int64_t ms = wait.count() > 0 ? wait.count() : 0;
    if (ms < 1000) {
        append_number(out, ms);
        out.append("ms");
        return;
    }
    const std::int64_t seconds = (ms + 999) / 1000;
    if (seconds >= 3600) {
        append_number(out, seconds / 3600);
        out.append("h");
    }
    if (seconds >= 60) {
        append_number(out, seconds / 60 % 60);
        out.append("m");
    }
    append_number(out, seconds % 60);
    out.append("s");
}

void append_rate_fields(std::string& out, const policy::RateState& rates) {
    if (rates.requests_limit >= 0) {
        append_field(out, "x-ratelimit-limit-requests", rates.requests_limit);
        append_field(out, "x-ratelimit-remaining-requests", rates.requests_remaining);
        out.append("x-ratelimit-reset-requests: ");
        append_openai_duration(out, rates.requests_reset);
        out.append("\r\n");
    }
    if (rates.tokens_limit >= 0) {
        append_field(out, "x-ratelimit-limit-tokens", rates.tokens_limit);
        append_field(out, "x-ratelimit-remaining-tokens", rates.tokens_remaining);
        out.append("x-ratelimit-reset-tokens: ");
        append_openai_duration(out, rates.tokens_reset);
        out.append("\r\n");
    }
}

void append_anthropic_rate_fields(std::string& out, const policy::RateState& rates, TimePoint now) {
    if (rates.requests_limit >= 0) {
        append_field(out, "anthropic-ratelimit-requests-limit", rates.requests_limit);
        append_field(out, "anthropic-ratelimit-requests-remaining", rates.requests_remaining);
        append_field(out, "anthropic-ratelimit-requests-reset", rfc3339_seconds(now + rates.requests_reset));
    }
    if (rates.tokens_limit >= 0) {
        append_field(out, "anthropic-ratelimit-tokens-limit", rates.tokens_limit);
        append_field(out, "anthropic-ratelimit-tokens-remaining", rates.tokens_remaining);
        append_field(out, "anthropic-ratelimit-tokens-reset", rfc3339_seconds(now + rates.tokens_reset));
    }
}

void PassedFields::end_run() {
    if (begin_ != nullptr) {
        out_.append(begin_, static_cast<std::size_t>(end_ - begin_)).append("\r\n");
        begin_ = nullptr;
    }
}

void append_caller_fields(std::string& out, const net::Fields& fields, CallerFields& options) {
    PassedFields passed(out);
    for (const net::Field& field : fields) {
        const Fate fate = fate_of(field.name);
        if (fate == Fate::drop ||
            (options.skip_cache_control && net::iequals(field.name, "cache-control")) ||
            (options.skip_access_control && net::istarts_with(field.name, "access-control-"))) {
            passed.end_run();
        } else if (options.upload_base != nullptr && names_upload_url(field.name)) {
            passed.end_run();
            append_field(out, field.name, upload_url_below(*options.upload_base, field.value));
        } else if (fate == Fate::rename) {
            passed.end_run();
            out.append("llm_provider-");
            passed.pass(field);
        } else {
            options.has_request_id |= net::iequals(field.name, "x-request-id");
            passed.pass(field);
        }
    }
}

}  // namespace pulse::gateway
