#include "llm/request/output_limit.h"

#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace pulse::llm {
namespace {

struct LimitCase {
    const char* name;
    Api api;
    std::string body;
    std::string limited;  ///< to 40 tokens
    std::string model = "m";
    ChatLimitName chat_name = ChatLimitName::max_tokens;
};

void PrintTo(const LimitCase& limit, std::ostream* out) {
    *out << limit.name;
}

[[nodiscard]] std::string with_changes(const LimitCase& asked) {
    const Padded body{asked.body};
    const auto changes = output_limit_changes(
        {.api = asked.api,
         .body = body.view(),
         .model = asked.model,
         .chat_name = asked.chat_name,
         .limit = 40});
    EditedBody edited;
    edit_body(body.view(), {}, {}, false, edited, changes);
    std::string out;
    for (const std::string_view part : edited) {
        out += part;
    }
    EXPECT_EQ(out.size(), edited.size());
    return out;
}

class OutputLimit : public testing::TestWithParam<LimitCase> {};

TEST_P(OutputLimit, StandsWhereTheApiHasIt) {
    EXPECT_EQ(with_changes(GetParam()), GetParam().limited);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies,
    OutputLimit,
    testing::Values(
        LimitCase{
            "chat_without",
            Api::chat_completions,
            R"({"model":"m","messages":[]})",
            R"({"max_tokens":40,"model":"m","messages":[]})"},
        LimitCase{
            "chat_without_of_a_newer_model",
            Api::chat_completions,
            R"({"model":"gpt-5","messages":[]})",
            R"({"max_completion_tokens":40,"model":"gpt-5","messages":[]})",
            "gpt-5",
            ChatLimitName::max_completion_tokens},
        LimitCase{
            "chat_under_the_callers_name",
            Api::chat_completions,
            R"({"model":"gpt-5","max_tokens" : 4000,"messages":[]})",
            R"({"model":"gpt-5","max_tokens" : 40,"messages":[]})",
            "gpt-5",
            ChatLimitName::max_completion_tokens},
        LimitCase{
            "chat_with_both",
            Api::chat_completions,
            R"({"max_tokens":50,"max_completion_tokens":30,"model":"m"})",
            R"({"max_tokens":40,"max_completion_tokens":30,"model":"m"})"},
        LimitCase{
            "chat_with_null",
            Api::chat_completions,
            R"({"model":"m","max_completion_tokens":null})",
            R"({"model":"m","max_completion_tokens":40})"},
        LimitCase{
            "a_limit_within_a_message_is_no_limit",
            Api::chat_completions,
            R"({"messages":[{"max_tokens":1,"content":"\"max_tokens\":5"}]})",
            R"({"max_tokens":40,"messages":[{"max_tokens":1,"content":"\"max_tokens\":5"}]})"},
        LimitCase{
            "completions",
            Api::completions,
            R"({"prompt":"a","max_tokens":100})",
            R"({"prompt":"a","max_tokens":40})"},
        LimitCase{
            "responses",
            Api::responses,
            R"({"input":"a"})",
            R"({"max_output_tokens":40,"input":"a"})"},
        LimitCase{
            "messages",
            Api::messages,
            R"({"max_tokens":64000,"model":"m"})",
            R"({"max_tokens":40,"model":"m"})"},
        LimitCase{
            "gemini_without",
            Api::generate_content,
            R"({"contents":[]})",
            R"({"generationConfig":{"maxOutputTokens":40},"contents":[]})"},
        LimitCase{
            "gemini_with_another_field",
            Api::generate_content,
            R"({"generationConfig": { "temperature":0 } })",
            R"({"generationConfig": {"maxOutputTokens":40, "temperature":0 } })"},
        LimitCase{
            "gemini_empty",
            Api::generate_content,
            R"({"generationConfig":{},"contents":[]})",
            R"({"generationConfig":{"maxOutputTokens":40},"contents":[]})"},
        LimitCase{
            "gemini_null",
            Api::generate_content,
            R"({"generationConfig":null,"contents":[]})",
            R"({"generationConfig":{"maxOutputTokens":40},"contents":[]})"},
        LimitCase{
            "gemini_in_the_other_spelling",
            Api::generate_content,
            R"({"generation_config":{"max_output_tokens":8192,"top_k":1}})",
            R"({"generation_config":{"max_output_tokens":40,"top_k":1}})"},
        LimitCase{
            "gemini_without_in_the_other_spelling",
            Api::generate_content,
            R"({"generation_config":{"top_k":1}})",
            R"({"generation_config":{"maxOutputTokens":40,"top_k":1}})"},
        LimitCase{
            "converse",
            Api::converse,
            R"({"messages":[],"inferenceConfig":{"maxTokens":512}})",
            R"({"messages":[],"inferenceConfig":{"maxTokens":40}})"},
        LimitCase{
            "converse_without",
            Api::converse,
            R"({"messages":[]})",
            R"({"inferenceConfig":{"maxTokens":40},"messages":[]})"},
        LimitCase{
            "invoke_of_anthropic",
            Api::invoke,
            R"({"anthropic_version":"x"})",
            R"({"max_tokens":40,"anthropic_version":"x"})",
            "us.anthropic.claude-3-haiku-20240307-v1:0"},
        LimitCase{
            "invoke_of_titan",
            Api::invoke,
            R"({"inputText":"x"})",
            R"({"textGenerationConfig":{"maxTokenCount":40},"inputText":"x"})",
            "amazon.titan-text-express-v1"},
        LimitCase{
            "invoke_of_llama",
            Api::invoke,
            R"({"prompt":"x","max_gen_len":512})",
            R"({"prompt":"x","max_gen_len":40})",
            "meta.llama3-8b-instruct-v1:0"},
        LimitCase{
            "invoke_of_a_family_that_is_not_known",
            Api::invoke,
            R"({"prompt":"x"})",
            R"({"prompt":"x"})",
            "acme.model-v1"},
        LimitCase{
            "cohere",
            Api::cohere_chat,
            R"({"model":"command-a-03-2025"})",
            R"({"max_tokens":40,"model":"command-a-03-2025"})"},
        LimitCase{
            "ollama_without_a_bound",
            Api::ollama_chat,
            R"({"options":{"num_predict":-1}})",
            R"({"options":{"num_predict":40}})"},
        LimitCase{"an_empty_body", Api::chat_completions, "{}", "{}"},
        LimitCase{
            "an_api_without_a_limit",
            Api::embeddings,
            R"({"input":"a","max_tokens":100})",
            R"({"input":"a","max_tokens":100})"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(OutputLimitMin, IsWhatTheApiTakes) {
    EXPECT_EQ(output_limit_min(Api::responses), 16);
    EXPECT_EQ(output_limit_min(Api::chat_completions), 1);
    EXPECT_EQ(output_limit_min(Api::embeddings), 0);
    EXPECT_EQ(output_limit_min(Api::responses_compact), 0);
}

TEST(BodyChanges, StandBesideThoseOfTheModelAndTheUsageOption) {
    const std::string text = R"({"model":"m","max_tokens":9000,"stream":true})";
    const Padded body{text};
    RequestFacts facts;
    facts.model = "m";
    facts.model_value = {text.find("\"m\""), 3};
    facts.object_open = 1;
    facts.stream = true;
    const auto changes = output_limit_changes(
        {.api = Api::chat_completions, .body = body.view(), .model = "m", .limit = 7});
    EditedBody edited;

    edit_body(body.view(), facts, "other", true, edited, changes);

    std::string out;
    for (const std::string_view part : edited) {
        out += part;
    }
    EXPECT_EQ(
        out,
        R"({"stream_options":{"include_usage":true},"model":"other","max_tokens":7,"stream":true})");
}

}  // namespace
}  // namespace pulse::llm
