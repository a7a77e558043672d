#include "llm/openai/error_body.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

struct Row {
    Errc errc;
    int status;
    std::string type;
    std::string code;
};

class OpenAiError : public testing::TestWithParam<Row> {};

TEST_P(OpenAiError, HasItsStatusTypeAndCode) {
    const OpenAiErrorShape shape = openai_error_shape(GetParam().errc);

    EXPECT_EQ(shape.status, GetParam().status);
    EXPECT_EQ(shape.type, GetParam().type);
    EXPECT_EQ(shape.code, GetParam().code);
}

TEST_P(OpenAiError, SaysWhatToDoWhenThereIsNoDetail) {
    std::string body;
    append_openai_error_body(Error{GetParam().errc}, body);

    const auto error = boost::json::parse(body).at("error").as_object();
    EXPECT_GT(error.at("message").as_string().size(), 20U);
    EXPECT_EQ(error.at("type").as_string(), GetParam().type);
    EXPECT_EQ(error.at("code").as_string(), GetParam().code);
    EXPECT_TRUE(error.at("param").is_null());
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    OpenAiError,
    testing::Values(
        Row{Errc::invalid_request, 400, "invalid_request_error", "invalid_request_error"},
        Row{Errc::unauthenticated, 401, "invalid_request_error", "invalid_api_key"},
        Row{Errc::forbidden, 403, "invalid_request_error", "forbidden"},
        Row{Errc::ip_not_allowed, 403, "invalid_request_error", "ip_not_allowed"},
        Row{Errc::model_not_allowed, 403, "invalid_request_error", "model_not_allowed"},
        Row{Errc::attribution_required, 403, "invalid_request_error", "attribution_required"},
        Row{Errc::model_not_found, 404, "invalid_request_error", "model_not_found"},
        Row{Errc::not_found, 404, "invalid_request_error", "not_found"},
        Row{Errc::method_not_allowed, 405, "invalid_request_error", "method_not_allowed"},
        Row{Errc::request_timeout, 408, "invalid_request_error", "request_timeout"},
        Row{Errc::request_too_large, 413, "invalid_request_error", "request_too_large"},
        Row{Errc::unsupported_media_type, 415, "invalid_request_error", "unsupported_media_type"},
        Row{Errc::upgrade_required, 426, "invalid_request_error", "upgrade_required"},
        Row{Errc::header_too_large, 431, "invalid_request_error", "header_too_large"},
        Row{Errc::rate_limited, 429, "rate_limit_error", "rate_limit_exceeded"},
        Row{Errc::budget_exhausted, 429, "insufficient_quota", "insufficient_quota"},
        Row{Errc::max_tokens_exceeded, 400, "invalid_request_error", "max_tokens_exceeded"},
        Row{Errc::max_cost_exceeded, 400, "invalid_request_error", "max_cost_exceeded"},
        Row{Errc::unpriced_model, 400, "invalid_request_error", "unpriced_model"},
        Row{Errc::upstream_credentials, 502, "server_error", "upstream_credentials"},
        Row{Errc::upstream_unavailable, 502, "server_error", "upstream_unavailable"},
        Row{Errc::upstream_timeout, 504, "server_error", "upstream_timeout"},
        Row{Errc::upstream_bad_answer, 502, "server_error", "upstream_bad_answer"},
        Row{Errc::policy_unavailable, 503, "server_error", "policy_unavailable"},
        Row{Errc::overloaded, 503, "server_error", "overloaded"},
        Row{Errc::storage_unavailable, 503, "server_error", "storage_unavailable"},
        Row{Errc::corrupt_input, 500, "server_error", "internal_error"},
        Row{Errc::limit_exceeded, 400, "invalid_request_error", "limit_exceeded"},
        Row{Errc::configuration, 500, "server_error", "internal_error"},
        Row{Errc::internal, 500, "server_error", "internal_error"}));

TEST(OpenAiErrorBody, HoldsDetailAndParam) {
    std::string body = "before ";
    append_openai_error_body(
        Error{Errc::invalid_request, "'n' must be \"small\""}.with_param("n"), body);

    EXPECT_EQ(
        body,
        R"(before {"error":{"message":"'n' must be \"small\"","type":"invalid_request_error","param":"n",)"
        R"("code":"invalid_request_error"}})");
}

TEST(OpenAiErrorBody, TheWordInvalidIsNotInABrokenAnswersError) {
    std::string body;
    append_openai_error_body(Error{Errc::upstream_bad_answer}, body);

    EXPECT_EQ(body.find("invalid"), std::string::npos);
}

TEST(OpenAiStreamError, IsOneEventThatClientsThrowOn) {
    std::string out = ": x\n\n";
    append_openai_stream_error(
        "the provider\nhung up", "server_error", "upstream_unavailable", out);

    EXPECT_EQ(
        out,
        ": x\n\ndata: {\"error\":{\"message\":\"the provider\\nhung "
        "up\",\"type\":\"server_error\",\"param\":null,"
        "\"code\":\"upstream_unavailable\"}}\n\n");
}

}  // namespace
}  // namespace pulse::llm
