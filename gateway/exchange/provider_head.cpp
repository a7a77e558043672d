#include "gateway/exchange/provider_head.h"

#include "gateway/exchange/answer_head.h"

#include <array>
#include <charconv>

namespace pulse::gateway {

namespace {

constexpr std::string_view kHopsField = "x-pulse-hops";

[[nodiscard]] bool is_forwarded_by(const Provider& provider, std::string_view name) {
    for (const std::string& other : provider.forward_headers) {
        if (net::iequals(other, name)) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] bool is_connection_named(std::string_view connection, std::string_view name) {
    while (!connection.empty()) {
        const std::size_t comma = connection.find(',');
        if (net::iequals(net::trimmed(connection.substr(0, comma)), name)) {
            return true;
        }
        connection =
            comma == std::string_view::npos ? std::string_view{} : connection.substr(comma + 1);
    }
    return false;
}

void append_query(std::string& out, std::string_view query) {
    char separator = '?';
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        if (!pair.empty() && !pair.starts_with("key=")) {
            out.push_back(separator);
            out.append(pair);
            separator = '&';
        }
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    }
}

}  // namespace

bool passes_to_provider(std::string_view name) {
    using net::iequals;
    switch (name.size()) {
        case 6:
            return iequals(name, "accept");
        case 10:
            if (iequals(name, "user-agent") || iequals(name, "tracestate")) {
                return true;
            }
            break;
        case 11:
            if (iequals(name, "openai-beta") || iequals(name, "traceparent")) {
                return true;
            }
            break;
        case 12:
            if (iequals(name, "content-type")) {
                return true;
            }
            break;
        case 14:
            if (iequals(name, "accept-charset")) {
                return true;
            }
            break;
        case 15:
            if (iequals(name, "accept-language") || iequals(name, "idempotency-key")) {
                return true;
            }
            break;
        case 16:
            if (iequals(name, "content-language") || iequals(name, "x-server-timeout")) {
                return true;
            }
            break;
        case 19:
            if (iequals(name, "content-disposition") || iequals(name, "x-client-request-id")) {
                return true;
            }
            break;
        default:
            break;
    }
    switch (name.empty() ? '\0' : name.front()) {
        case 'x':
        case 'X':
            return net::istarts_with(name, "x-stainless-") ||
                   net::istarts_with(name, "x-claude-code-");
        case 'a':
        case 'A':
            return net::istarts_with(name, "anthropic-");
        default:
            return false;
    }
}

int hops_of(const net::RequestHead& head) {
    const std::string_view value = head.fields.value(kHopsField);
    int hops = 0;
    std::from_chars(value.data(), value.data() + value.size(), hops);
    return hops > 0 ? hops : 0;
}

void append_provider_head(std::string& out, const ProviderRequest& request) {
    out.append(request.head.method)
        .append(" ")
        .append(request.provider.base_path)
        .append(request.native_path);
    append_query(out, request.head.query);
    out.append(" HTTP/1.1\r\n").append(request.provider.fixed_head);
    const std::string_view connection = request.head.fields.value("connection");
    const bool names_fields =
        connection.size() > 10 || connection.find(',') != std::string_view::npos;
    {
        PassedFields passed(out);
        for (const net::Field& field : request.head.fields) {
            const bool passes =
                passes_to_provider(field.name) || is_forwarded_by(request.provider, field.name);
            const bool holds_key = passes && !request.caller_key.empty() &&
                                   field.value.find(request.caller_key) != std::string_view::npos;
            if (!passes || holds_key ||
                (names_fields && is_connection_named(connection, field.name))) {
                passed.end_run();
            } else {
                passed.pass(field);
            }
        }
    }
    append_field(out, kHopsField, static_cast<std::int64_t>(request.hops));
    append_field(out, "content-length", static_cast<std::int64_t>(request.body_size));
    out.append("\r\n");
}

}  // namespace pulse::gateway
