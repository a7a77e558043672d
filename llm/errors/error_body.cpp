#include "llm/errors/error_body.h"

#include "llm/detail/json_text.h"
#include "llm/eventstream/frame_writer.h"
#include "llm/openai/error_body.h"

#include <array>

namespace pulse::llm {

namespace {

// Anthropic's types are a closed list: its clients know no others. Ours stands in details.error_code.
[[nodiscard]] std::string_view anthropic_type(int status) {
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
        case 504:
            return "timeout_error";
        default:
            return status < 500 ? "invalid_request_error" : "api_error";
    }
}

[[nodiscard]] std::string_view anthropic_code(const Error& error) {
    return error.code() == Errc::budget_exhausted ? std::string_view{"enforced_spend_limit_reached"}
                                                  : openai_error_shape(error.code()).code;
}

/// The names of google.rpc.Code. Source: https://github.com/googleapis/googleapis, google/rpc/code.proto
[[nodiscard]] std::string_view google_status(int status) {
    switch (status) {
        case 400:
        case 413:
        case 415:
            return "INVALID_ARGUMENT";
        case 401:
            return "UNAUTHENTICATED";
        case 402:
        case 429:
            return "RESOURCE_EXHAUSTED";
        case 403:
            return "PERMISSION_DENIED";
        case 404:
            return "NOT_FOUND";
        case 405:
        case 426:
            return "UNIMPLEMENTED";
        case 408:
        case 504:
            return "DEADLINE_EXCEEDED";
        case 502:
        case 503:
            return "UNAVAILABLE";
        default:
            return status < 500 ? "FAILED_PRECONDITION" : "INTERNAL";
    }
}

[[nodiscard]] std::string_view aws_type(const Error& error) {
    switch (error.code()) {
        case Errc::budget_exhausted:
            return "ServiceQuotaExceededException";
        case Errc::upstream_timeout:
        case Errc::request_timeout:
            return "ModelTimeoutException";
        default:
            break;
    }
    switch (openai_error_shape(error.code()).status) {
        case 401:
            return "UnrecognizedClientException";
        case 403:
            return "AccessDeniedException";
        case 404:
            return "ResourceNotFoundException";
        case 429:
            return "ThrottlingException";
        case 503:
            return "ServiceUnavailableException";
        default:
            return openai_error_shape(error.code()).status < 500 ? "ValidationException"
                                                                 : "InternalServerException";
    }
}

/// The members of Bedrock's stream unions that say an exception.
[[nodiscard]] std::string_view aws_stream_member(const Error& error) {
    switch (error.code()) {
        case Errc::rate_limited:
        case Errc::budget_exhausted:
            return "throttlingException";
        case Errc::overloaded:
            return "serviceUnavailableException";
        default:
            return "modelStreamErrorException";
    }
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
    out.append(name);
    detail::append_json_string(value, out);
}

void append_anthropic(const Error& error, int status, std::string_view request_id, std::string& out) {
    append_member(R"({"type":"error","error":{"type":)", anthropic_type(status), out);
    append_member(R"(,"message":)", error_message(error), out);
    append_member(R"(,"details":{"error_code":)", anthropic_code(error), out);
    out += "}}";
    if (!request_id.empty()) {
        append_member(R"(,"request_id":)", request_id, out);
    }
    out += '}';
}

void append_google(const Error& error, int status, std::string& out) {
    out += R"({"error":{"code":)";
    out += std::to_string(status);
    append_member(R"(,"message":)", error_message(error), out);
    append_member(R"(,"status":)", google_status(status), out);
    append_member(
        R"(,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"pulse","reason":)",
        openai_error_shape(error.code()).code,
        out);
    out += "}]}}";
}

void append_message(const Error& error, std::string& out) {
    append_member(R"({"message":)", error_message(error), out);
    out += '}';
}

void append_responses_event(const Error& error, std::string& out) {
    const OpenAiErrorShape shape = openai_error_shape(error.code());
    append_member(R"(event: error
data: {"type":"error","code":)", shape.code, out);
    append_member(R"(,"message":)", error_message(error), out);
    out += R"(,"param":null)";
    append_member(R"(,"error":{"type":)", shape.type, out);
    append_member(R"(,"code":)", shape.code, out);
    append_member(R"(,"message":)", error_message(error), out);
    out += R"(,"param":null}})";
    out += "\n\n";
}

}  // namespace

ErrorShape error_shape(Dialect dialect, Errc code) {
    const OpenAiErrorShape shape = openai_error_shape(code);
    // AWS's clients retry any 429; only a 400 with this type ends the loop.
    const bool is_aws_quota = dialect == Dialect::bedrock && code == Errc::budget_exhausted;
    return {is_aws_quota ? 400 : shape.status, shape.code};
}

void append_error_body(
    Dialect dialect, const Error& error, int status, std::string_view request_id, std::string& out) {
    switch (dialect) {
        case Dialect::anthropic:
            return append_anthropic(error, status, request_id, out);
        case Dialect::gemini:
            return append_google(error, status, out);
        case Dialect::bedrock:
        case Dialect::cohere:
            return append_message(error, out);
        case Dialect::openai:
        case Dialect::none:
            return append_openai_error_body(error, out);
    }
}

std::string_view error_type_field(Dialect dialect, const Error& error) {
    return dialect == Dialect::bedrock ? aws_type(error) : std::string_view{};
}

void append_stream_error(
    Dialect dialect, Api api, StreamFraming framing, const Error& error, bool is_first, std::string& out) {
    const int status = openai_error_shape(error.code()).status;
    if (framing == StreamFraming::eventstream) {
        std::string body;
        append_message(error, body);
        return append_exception_frame(aws_stream_member(error), body, out);
    }
    if (framing == StreamFraming::json_array) {
        out += is_first ? "[" : ",";
        append_google(error, status, out);
        out += "]";
        return;
    }
    if (framing == StreamFraming::ndjson) {
        if (dialect == Dialect::cohere) {
            append_member(R"({"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR","error":)",
                          error_message(error), out);
        } else {
            append_member(R"({"error":)", error_message(error), out);
        }
        out += "}\n";
        return;
    }
    switch (dialect) {
        case Dialect::anthropic:
            out += "event: error\ndata: ";
            append_anthropic(error, status, {}, out);
            break;
        case Dialect::gemini:
            // No `event:` line and an integer code: Google's clients swallow anything else.
            out += "data: ";
            append_google(error, status, out);
            break;
        case Dialect::cohere:
            append_member(
                "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\",\"error\":",
                error_message(error), out);
            out += "}}";
            break;
        default:
            if (api == Api::responses || api == Api::response_object) {
                return append_responses_event(error, out);
            }
            out += "data: ";
            append_openai_error_body(error, out);
            break;
    }
    out += "\n\n";
}

}  // namespace pulse::llm
