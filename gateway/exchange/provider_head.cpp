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
            return net::istarts_with(name, "x-stainless-") || net::istarts_with(name, "x-claude-code-") ||
                   (net::istarts_with(name, "x-goog-") && !iequals(name, "x-goog-api-key") &&
                    !iequals(name, "x-goog-iam-authorization-token") && !iequals(name, "x-goog-user-project")) ||
                   (net::istarts_with(name, "x-amzn-") && !net::istarts_with(name, "x-amzn-oidc") &&
                    !iequals(name, "x-amzn-trace-id"));
        case 'a':
        case 'A':
            return net::istarts_with(name, "anthropic-") && name.find("key") == std::string_view::npos &&
                   name.find("Key") == std::string_view::npos;
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
    out.append(request.head.method).append(" ").append(request.target);
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
    if (request.body_size > 0 || request.head.method == "POST" || request.head.method == "PUT") {
        append_field(out, "content-length", static_cast<std::int64_t>(request.body_size));
    }
}

}  // namespace pulse::gateway
