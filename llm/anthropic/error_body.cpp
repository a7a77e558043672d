#include "llm/anthropic/error_body.h"

#include "llm/detail/json_text.h"
#include "llm/openai/error_body.h"

namespace pulse::llm {
namespace {

std::string_view type_of(int status) {
    switch (status) {
        case 401:
            return "authentication_error";
        case 402:
            return "billing_error";
        case 403:
            return "permission_error";
        case 404:
            return "not_found_error";
        case 413:
            return "request_too_large";
        case 429:
            return "rate_limit_error";
        case 503:
        case 529:
            return "overloaded_error";
        case 504:
            return "timeout_error";
        default:
            return status < 500 ? "invalid_request_error" : "api_error";
    }
}

}  // namespace

void append_anthropic_error_body(const Error& error, int status, std::string& out) {
    out += R"({"type":"error","error":{"type":)";
    detail::append_json_string(type_of(status), out);
    out += R"(,"message":)";
    detail::append_json_string(error_message(error), out);
    out += "}}";
}

}  // namespace pulse::llm
