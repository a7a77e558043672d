#include "llm/openai/error_body.h"

#include "base/assert.h"
#include "llm/detail/json_text.h"

#include <array>
#include <cstddef>

namespace pulse::llm {
namespace {

constexpr std::string_view kRequest = "invalid_request_error";
constexpr std::string_view kLimit = "rate_limit_error";
constexpr std::string_view kQuota = "insufficient_quota";
constexpr std::string_view kServer = "server_error";

struct Row {
    Errc code;
    OpenAiErrorShape shape;
    std::string_view message;  ///< what to do, for an error without a detail
};

// The order is that of Errc. Types are OpenAI's own where it has one for the case: its clients
// choose their exception by the status and show the rest. `upstream_bad_answer` has no "invalid" in
// it because ai 7 reads that word as "do not retry". Source:
// https://platform.openai.com/docs/guides/error-codes
constexpr std::array kRows{
    Row{Errc::invalid_request,
        {400, kRequest, "invalid_request_error"},
        "The request is not what the API takes: see its reference."},
    Row{Errc::unauthenticated,
        {401, kRequest, "invalid_api_key"},
        "No valid API key was sent: send 'Authorization: Bearer sk-pulse-…' with a key that is "
        "neither revoked nor "
        "expired."},
    Row{Errc::forbidden,
        {403, kRequest, "forbidden"},
        "This key may not do that: ask its owner to change its policy."},
    Row{Errc::ip_not_allowed,
        {403, kRequest, "ip_not_allowed"},
        "This key may not do that: ask its owner to change its policy."},
    Row{Errc::model_not_allowed,
        {403, kRequest, "model_not_allowed"},
        "This key may not use that model: GET /v1/models lists those it may."},
    Row{Errc::attribution_required,
        {403, kRequest, "attribution_required"},
        "This key needs attribution: send x-pulse-project, x-pulse-team or what its policy names."},
    Row{Errc::model_not_found,
        {404, kRequest, "model_not_found"},
        "No such model: GET /v1/models lists what there is; provider/model addresses a provider."},
    Row{Errc::not_found,
        {404, kRequest, "not_found"},
        "No such path: a provider's own API is under /providers/{provider}/."},
    Row{Errc::method_not_allowed,
        {405, kRequest, "method_not_allowed"},
        "This path does not take that method."},
    Row{Errc::request_timeout,
        {408, kRequest, "request_timeout"},
        "The request did not arrive in time: send it again, faster."},
    Row{Errc::request_too_large,
        {413, kRequest, "request_too_large"},
        "The request body is larger than this gateway takes: send less, or raise "
        "gateway.max_body."},
    Row{Errc::unsupported_media_type,
        {415, kRequest, "unsupported_media_type"},
        "This content type or content encoding is not taken: send JSON."},
    Row{Errc::upgrade_required,
        {426, kRequest, "upgrade_required"},
        "WebSocket is not served on this path: send a plain HTTP request."},
    Row{Errc::header_too_large,
        {431, kRequest, "header_too_large"},
        "The request head is larger than this gateway takes: send fewer or shorter headers."},
    Row{Errc::rate_limited,
        {429, kLimit, "rate_limit_exceeded"},
        "The key's rate limit is reached: wait as long as Retry-After says."},
    Row{Errc::budget_exhausted,
        {429, kQuota, "insufficient_quota"},
        "The budget is used up: wait for its next window, or ask for a larger one."},
    Row{Errc::max_tokens_exceeded,
        {400, kRequest, "max_tokens_exceeded"},
        "The request asks for more tokens than the key may use at once: lower max_tokens."},
    Row{Errc::max_cost_exceeded,
        {400, kRequest, "max_cost_exceeded"},
        "The request may cost more than the key may spend at once: lower max_tokens or choose a "
        "cheaper model."},
    Row{Errc::unpriced_model,
        {400, kRequest, "unpriced_model"},
        "The model has no price and the policy blocks such models: add one to the catalogue."},
    Row{Errc::upstream_credentials,
        {502, kServer, "upstream_credentials"},
        "The provider refused the gateway's credentials: its operator must renew them."},
    Row{Errc::upstream_unavailable,
        {502, kServer, "upstream_unavailable"},
        "The provider could not be reached: try again."},
    Row{Errc::upstream_timeout,
        {504, kServer, "upstream_timeout"},
        "The provider did not answer in time; it may bill the call all the same."},
    Row{Errc::upstream_bad_answer,
        {502, kServer, "upstream_bad_answer"},
        "The provider's answer was broken: try again."},
    Row{Errc::policy_unavailable,
        {503, kServer, "policy_unavailable"},
        "The policy store is away: try again after Retry-After."},
    Row{Errc::overloaded,
        {503, kServer, "overloaded"},
        "The gateway is overloaded or about to stop: try again after Retry-After."},
    Row{Errc::storage_unavailable,
        {503, kServer, "storage_unavailable"},
        "The gateway cannot record requests at the moment: try again."},
    Row{Errc::corrupt_input,
        {500, kServer, "internal_error"},
        "The gateway read data that it cannot understand: tell its operator the request id."},
    Row{Errc::limit_exceeded,
        {400, kRequest, "limit_exceeded"},
        "The request exceeds a fixed limit of this gateway."},
    Row{Errc::configuration,
        {500, kServer, "internal_error"},
        "The gateway's configuration is wrong: tell its operator the request id."},
    Row{Errc::internal,
        {500, kServer, "internal_error"},
        "Something failed inside the gateway: tell its operator the request id."},
};

constexpr bool rows_stand_in_order() {
    for (std::size_t index = 0; index < kRows.size(); ++index) {
        if (kRows[index].code != static_cast<Errc>(index)) {
            return false;
        }
    }
    return kRows.size() == static_cast<std::size_t>(Errc::internal) + 1;
}
static_assert(rows_stand_in_order());

const Row& row_of(Errc code) {
    PULSE_ASSERT(static_cast<std::size_t>(code) < kRows.size());
    return kRows[static_cast<std::size_t>(code)];
}

void append_error(
    std::string_view message,
    std::string_view type,
    std::string_view param,
    std::string_view code,
    std::string& out) {
    out += R"({"error":{"message":)";
    detail::append_json_string(message, out);
    out += R"(,"type":)";
    detail::append_json_string(type, out);
    out += R"(,"param":)";
    if (param.empty()) {
        out += "null";
    } else {
        detail::append_json_string(param, out);
    }
    out += R"(,"code":)";
    detail::append_json_string(code, out);
    out += "}}";
}

}  // namespace

OpenAiErrorShape openai_error_shape(Errc code) {
    return row_of(code).shape;
}

std::string_view error_message(const Error& error) {
    return error.detail().empty() ? row_of(error.code()).message : std::string_view{error.detail()};
}

void append_openai_error_body(const Error& error, std::string& out) {
    const Row& row = row_of(error.code());
    append_error(error_message(error), row.shape.type, error.param(), row.shape.code, out);
}

void append_openai_stream_error(
    std::string_view message, std::string_view type, std::string_view code, std::string& out) {
    out += "data: ";
    append_error(message, type, {}, code, out);
    out += "\n\n";
}

}  // namespace pulse::llm
