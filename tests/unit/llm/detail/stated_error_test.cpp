#include "llm/detail/stated_error.h"

#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm::detail {
namespace {

struct Case {
    std::string body;
    StatedError error;
};

class ErrorBody : public testing::TestWithParam<Case> {};

TEST_P(ErrorBody, IsReadWhateverItsShape) {
    EXPECT_EQ(read_error_body(Padded{GetParam().body}.view()), GetParam().error) << GetParam().body;
}

const RawWord kNone{};

INSTANTIATE_TEST_SUITE_P(
    All,
    ErrorBody,
    testing::Values(
        // OpenAI, Azure, Perplexity, OpenRouter
        Case{
            R"({"error":{"message":"m","type":"t","param":null,"code":"c"}})",
            {"t", {"c", false}, "m"}},
        Case{R"({"error":{"code":"401","message":"m"}})", {"", {"401", false}, "m"}},
        Case{R"({"error":{"message":"m","type":"t","code":400}})", {"t", {"400", true}, "m"}},
        // Gemini, Vertex; the OpenAI-compatible API wraps it in a list
        Case{
            R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"type":"x"}]}})",
            {"RESOURCE_EXHAUSTED", {"429", true}, "m"}},
        Case{
            R"( [{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}] )",
            {"INVALID_ARGUMENT", {"400", true}, "m"}},
        // Anthropic
        Case{
            R"({"type":"error","error":{"type":"not_found_error","message":"m"},"request_id":"r"})",
            {"not_found_error", kNone, "m"}},
        // Ollama, xAI
        Case{R"({"error":"m"})", {"", kNone, "m"}},
        Case{R"({"code":"invalid-argument","error":"m"})", {"", {"invalid-argument", false}, "m"}},
        // Bedrock, Cohere
        Case{R"({"message":"m"})", {"", kNone, "m"}},
        Case{R"({"id":"i","message":"m \"q\""})", {"", kNone, "m \"q\""}},
        // vLLM, older Mistral
        Case{
            R"({"object":"error","message":"m","type":"invalid_model","code":"1500"})",
            {"invalid_model", {"1500", false}, "m"}},
        // Voyage, servers made with FastAPI
        Case{R"({"detail":"m"})", {"", kNone, "m"}},
        Case{
            R"({"detail":[{"loc":["body","x"],"msg":"m","type":"missing"}]})",
            {"missing", kNone, "m"}},
        // No JSON
        Case{"Not Found", {"", kNone, "Not Found"}},
        Case{R"({"error":)", {"", kNone, R"({"error":)"}},
        Case{"", {"", kNone, ""}},
        Case{R"({"error":null})", {"", kNone, ""}}));

TEST(ErrorBody, OfTextIsItsBeginning) {
    const std::string text = std::string(299, 'x') + "\xC3\xA9" + std::string(50, 'y');

    EXPECT_EQ(message_of_text(text), std::string(299, 'x'));
}

TEST(ErrorBody, MessagesAreBounded) {
    const Padded body{R"({"error":")" + std::string(100'000, 'x') + R"("})"};

    EXPECT_EQ(read_error_body(body.view()).message.size(), kErrorMessageMax);
}

TEST(ErrorBody, ListsWithinListsEnd) {
    const Padded body{R"({"error":)" + std::string(500, '[') + std::string(500, ']') + "}"};

    EXPECT_EQ(read_error_body(body.view()).message, "");
}

}  // namespace
}  // namespace pulse::llm::detail
