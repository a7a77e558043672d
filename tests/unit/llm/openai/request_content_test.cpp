#include "llm/openai/request_reader.h"
#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

RequestFacts facts_of(Api api, const std::string& fields) {
    const Padded body{R"({"model":"m",)" + fields + "}"};
    const auto facts = read_openai_request(api, body.view());
    EXPECT_TRUE(facts.has_value()) << fields;
    return facts.has_value() ? *facts : RequestFacts{};
}

RequestFacts chat(const std::string& fields) {
    return facts_of(Api::chat_completions, fields);
}

TEST(RequestContent, TextMessagesHaveNoParts) {
    const RequestFacts facts =
        chat(R"("messages":[{"role":"system","content":"a"},{"role":"user","content":null}])");

    EXPECT_EQ(facts.images + facts.audio_parts + facts.file_parts, 0);
}

TEST(RequestContent, CountsImagesAudioAndFiles) {
    const RequestFacts facts = chat(
        R"("messages":[{"role":"user","content":[{"type":"text","text":"look"},)"
        R"({"type":"image_url","image_url":{"url":"https://example.com/a.png"}},)"
        R"({"image_url":{"url":"https://example.com/b.png"},"type":"image_url"}]},)"
        R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},)"
        R"({"type":"file","file":{"file_id":"file-1"}},{"type":"video_url","video_url":{"url":"x"}}]}])");

    EXPECT_EQ(facts.images, 2);
    EXPECT_EQ(facts.audio_parts, 1);
    EXPECT_EQ(facts.file_parts, 2);
}

TEST(RequestContent, APartOfSeveralKindsCountsAsEach) {
    const RequestFacts facts = chat(
        R"("messages":[{"role":"user","content":[{"type":"text","type":"image_url","input_audio":{"data":""}}]}])");

    EXPECT_EQ(facts.images, 1);
    EXPECT_EQ(facts.audio_parts, 1);
}

TEST(RequestContent, InlineImagesAndAudioAreNoText) {
    const std::string data(10'000, 'A');
    const std::string fields =
        R"("messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":)"
        R"({"url":"data:image/png;base64,)" +
        data + R"("}},{"type":"image_url","image_url":"data:image/png;base64,)" + data +
        R"("},{"type":"input_audio","input_audio":{"data":")" + data + R"("}}]}])";

    const RequestFacts facts = chat(fields);

    EXPECT_LT(facts.text_bytes, 500);
    EXPECT_GT(facts.text_bytes, 100);
}

TEST(RequestContent, TextThatPretendsToBeAnImageIsText) {
    const std::string text(10'000, 'A');

    const RequestFacts facts = chat(
        R"("messages":[{"role":"user","content":[{"type":"image_url","text":")" + text +
        R"(","image_url":{"url":")" + text + R"("}}]}])");

    EXPECT_GT(facts.text_bytes, 20'000);
}

TEST(RequestContent, TextBytesAreTheBodyElse) {
    const std::string fields = R"("messages":[{"role":"user","content":"hello"}])";

    const auto around = static_cast<std::int64_t>(std::string{R"({"model":"m",})"}.size());

    EXPECT_EQ(chat(fields).text_bytes, static_cast<std::int64_t>(fields.size()) + around);
}

TEST(RequestContent, CountsTools) {
    const RequestFacts facts = chat(
        R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"custom","custom":{}}])");

    EXPECT_EQ(facts.tools, 2);
    EXPECT_FALSE(facts.builtin_tools);
}

TEST(RequestContent, CountsLegacyFunctions) {
    EXPECT_EQ(chat(R"("functions":[{"name":"a"},{"name":"b"}])").tools, 2);
}

class BuiltinTool : public testing::TestWithParam<std::string> {};

TEST_P(BuiltinTool, IsSeen) {
    EXPECT_TRUE(chat(GetParam()).builtin_tools);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BuiltinTool,
    testing::Values(
        R"("tools":[{"type":"function"},{"type":"web_search"}])",
        R"("tools":[{"type":"function","type":"browser_search"}])",
        R"("tools":[{"type":"functio\u006e"}])",
        R"("web_search_options":{})",
        R"("plugins":[{"id":"web"}])"));

TEST(RequestContent, AbsentBuiltinsAreNone) {
    EXPECT_FALSE(chat(R"("tools":null,"web_search_options":null,"plugins":null)").builtin_tools);
}

struct Prompts {
    Api api;
    std::string fields;
    std::int64_t count;
};

class PromptCount : public testing::TestWithParam<Prompts> {};

TEST_P(PromptCount, IsRead) {
    EXPECT_EQ(facts_of(GetParam().api, GetParam().fields).prompts, GetParam().count);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    PromptCount,
    testing::Values(
        Prompts{Api::embeddings, R"("input":"one")", 1},
        Prompts{Api::embeddings, R"("input":["one"])", 1},
        Prompts{Api::embeddings, R"("input":["one","two","three"])", 3},
        Prompts{Api::embeddings, R"("input":[1,2,3,4])", 1},
        Prompts{Api::embeddings, R"("input":[[1,2],[3,4],[5]])", 3},
        Prompts{Api::embeddings, R"("input":[])", 1},
        Prompts{Api::embeddings, R"("input":null)", 1},
        Prompts{Api::completions, R"("prompt":"one")", 1},
        Prompts{Api::completions, R"("prompt":["one","two"])", 2},
        Prompts{Api::completions, R"("prompt":[15, 16])", 1},
        Prompts{Api::completions, R"("prompt":[[15],[16]])", 2},
        Prompts{Api::chat_completions, R"("prompt":["one","two"])", 1},
        Prompts{Api::chat_completions, R"("input":17)", 1}));

}  // namespace
}  // namespace pulse::llm
