#include "llm/request/native_request.h"

#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

/// Keeps the body that the facts' views point into.
class Read {
public:
    Read(Dialect dialect, Api api, std::string_view body)
        : body_(body), facts_(read_native_request(dialect, api, body_.view())) {}
    [[nodiscard]] const RequestFacts& operator*() const { return *facts_; }
    [[nodiscard]] const RequestFacts* operator->() const { return &*facts_; }
    [[nodiscard]] bool is_good() const { return facts_.has_value(); }
    [[nodiscard]] std::string param() const {
        return facts_.has_value() ? "" : facts_.error().param();
    }

private:
    Padded body_;
    Result<RequestFacts> facts_;
};

TEST(NativeRequest, ReadsAnthropicsMessages) {
    const Read facts(
        Dialect::anthropic,
        Api::messages,
        R"({"model":"claude-sonnet-4-5","max_tokens":300,"stream":true,"service_tier":"auto",
            "speed":"fast","inference_geo":"us",
            "metadata":{"user_id":"u-7"},
            "messages":[{"role":"user","content":[{"type":"text","text":"hi"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
              {"type":"document","source":{"type":"url","url":"https://x/y.pdf"}}]}],
            "tools":[{"name":"f","input_schema":{}},{"type":"web_search_20250305","name":"web_search"}]})");

    ASSERT_TRUE(facts.is_good());
    EXPECT_EQ(facts->model, "claude-sonnet-4-5");
    EXPECT_EQ(facts->max_output_tokens, 300);
    EXPECT_TRUE(facts->stream);
    EXPECT_EQ(facts->end_user, "u-7");
    EXPECT_EQ(facts->service_tier, "auto");
    EXPECT_EQ(facts->speed, "fast");
    EXPECT_EQ(facts->inference_geo, "us");
    EXPECT_EQ(facts->images, 1);
    EXPECT_EQ(facts->file_parts, 1);
    EXPECT_EQ(facts->tools, 2);
    EXPECT_TRUE(facts->builtin_tools);
}

TEST(NativeRequest, ReadsGeminisLimitsInBothSpellings) {
    for (
        const std::string_view body :
        {R"({"contents":[{"parts":[{"text":"x"},{"inlineData":{"mimeType":"audio/wav","data":"QUJD"}}]}],
             "generationConfig":{"maxOutputTokens":12,"candidateCount":2}})",
         R"({"contents":[{"parts":[{"text":"x"},{"inline_data":{"mime_type":"audio/wav","data":"QUJD"}}]}],
             "generation_config":{"max_output_tokens":12,"candidate_count":2}})"}) {
        const Read facts(Dialect::gemini, Api::generate_content, body);
        ASSERT_TRUE(facts.is_good());
        EXPECT_EQ(facts->max_output_tokens, 12);
        EXPECT_EQ(facts->answers, 2);
        EXPECT_EQ(facts->audio_parts, 1);
        EXPECT_EQ(facts->text_bytes, static_cast<std::int64_t>(body.size()) - 4);
        EXPECT_EQ(facts->model, "");
    }
}

TEST(NativeRequest, RefusesOneKeyInTwoSpellings) {
    const Read twice(
        Dialect::gemini,
        Api::generate_content,
        R"({"generationConfig":{"maxOutputTokens":1},"generation_config":{"max_output_tokens":1000}})");
    EXPECT_EQ(twice.param(), "generation_config");
    const Read inside(
        Dialect::gemini,
        Api::generate_content,
        R"({"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}})");
    EXPECT_EQ(inside.param(), "max_output_tokens");
    const Read same(
        Dialect::anthropic, Api::messages, R"({"model":"a","max_tokens":1,"max_tokens":9})");
    EXPECT_EQ(same.param(), "max_tokens");
    const Read disguised(Dialect::anthropic, Api::messages, R"({"model":"a","Max_Tokens":9})");
    EXPECT_EQ(disguised.param(), "max_tokens");
}

TEST(NativeRequest, ReadsBedrocksBodies) {
    const Read converse(
        Dialect::bedrock,
        Api::converse,
        R"({"messages":[{"role":"user","content":[{"text":"a"},{"image":{"format":"png","source":{"bytes":"QUJDRA=="}}}]}],
            "inferenceConfig":{"maxTokens":7},"toolConfig":{"tools":[{"toolSpec":{}}]},"serviceTier":{"type":"flex"}})");
    ASSERT_TRUE(converse.is_good());
    EXPECT_EQ(converse->max_output_tokens, 7);
    EXPECT_EQ(converse->images, 1);
    EXPECT_EQ(converse->tools, 1);
    EXPECT_EQ(converse->service_tier, "flex");

    const Read titan(
        Dialect::bedrock,
        Api::invoke,
        R"({"inputText":"a","textGenerationConfig":{"maxTokenCount":5}})");
    EXPECT_EQ(titan->max_output_tokens, 5);
    const Read llama(Dialect::bedrock, Api::invoke, R"({"prompt":"a","max_gen_len":6})");
    EXPECT_EQ(llama->max_output_tokens, 6);
}

TEST(NativeRequest, OllamaStreamsUnlessToldOtherwise) {
    EXPECT_TRUE(Read(Dialect::openai, Api::ollama_chat, R"({"model":"m","messages":[]})")->stream);
    EXPECT_FALSE(
        Read(Dialect::openai, Api::ollama_chat, R"({"model":"m","stream":false})")->stream);
    EXPECT_FALSE(
        Read(Dialect::openai, Api::ollama_chat, R"({"model":"m","options":{"num_predict":-1}})")
            ->max_output_tokens);
}

TEST(NativeRequest, SaysWhatIsMissingOrWrong) {
    EXPECT_EQ(Read(Dialect::anthropic, Api::messages, R"({"max_tokens":1})").param(), "model");
    EXPECT_EQ(Read(Dialect::cohere, Api::cohere_chat, R"({"model":7})").param(), "model");
    EXPECT_EQ(
        Read(Dialect::cohere, Api::cohere_chat, R"({"model":"c","stream":"yes"})").param(),
        "stream");
    EXPECT_EQ(
        Read(Dialect::cohere, Api::cohere_chat, R"({"model":"c","max_tokens":-5})").param(),
        "max_tokens");
    EXPECT_FALSE(Read(Dialect::cohere, Api::cohere_chat, R"([1])").is_good());
    EXPECT_FALSE(Read(Dialect::cohere, Api::cohere_chat, R"({"model":"c"} x)").is_good());
    EXPECT_FALSE(Read(Dialect::cohere, Api::cohere_chat, "").is_good());
}

}  // namespace
}  // namespace pulse::llm
