#include "llm/openai/prompt_reader.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

using Layout = Prompt::Layout;

Prompt read(Api api, std::string_view body) {
    auto prompt = read_openai_prompt(api, body);
    EXPECT_TRUE(prompt.has_value());
    return prompt ? *prompt : Prompt{};
}

TEST(OpenAiPrompt, OfChatHasMessagesPartsAndTurnsOfTools) {
    const Prompt prompt = read(Api::chat_completions, R"({"messages":[
        {"role":"system","content":"a\n\u00e9"},
        {"role":"user","name":"ann","content":[{"type":"text","text":"b"},{"type":"text","text":"c"},{"type":"input_audio"}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"1","content":"d"}]})");

    EXPECT_EQ(prompt.layout, Layout::chat);
    ASSERT_EQ(prompt.messages.size(), 4U);
    EXPECT_EQ(prompt.messages[0].texts, std::vector<std::string>{"a\n\xc3\xa9"});
    EXPECT_EQ(prompt.messages[1].name, "ann");
    EXPECT_EQ(prompt.messages[1].texts, (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(prompt.audio_parts, 1);
    ASSERT_EQ(prompt.messages[2].calls.size(), 1U);
    EXPECT_EQ(prompt.messages[2].calls[0].name, "f");
    EXPECT_TRUE(prompt.messages[3].is_tool_result);
    EXPECT_FALSE(prompt.messages[2].is_tool_result);
}

TEST(OpenAiPrompt, OfResponsesHasInstructionsAndItems) {
    const Prompt prompt = read(Api::chat_completions, R"({"instructions":"be kind","input":[
        {"role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"https://x/y.png","detail":"low"}]},
        {"type":"function_call","name":"f","arguments":"{\"a\":1}"},
        {"type":"function_call_output","output":"42"},
        {"type":"item_reference","id":"x"}],
        "text":{"format":{"type":"json_schema","schema":{"type":"object"}}}})");

    EXPECT_EQ(prompt.layout, Layout::responses);
    ASSERT_EQ(prompt.messages.size(), 4U);
    EXPECT_EQ(prompt.messages[0].role, "developer");
    EXPECT_EQ(prompt.messages[2].calls[0].arguments, "{\"a\":1}");
    EXPECT_EQ(prompt.messages[3].texts[0], "42");
    ASSERT_EQ(prompt.images.size(), 1U);
    EXPECT_EQ(prompt.images[0].detail, Prompt::Image::Detail::low);
    EXPECT_TRUE(prompt.has_stored_parts);
    EXPECT_EQ(prompt.schema_text, R"({"type":"object"})");
}

TEST(OpenAiPrompt, OfPlainApisHasTextsAndTokens) {
    EXPECT_EQ(read(Api::completions, R"({"prompt":"a"})").messages.size(), 1U);
    EXPECT_EQ(read(Api::completions, R"({"prompt":["a","b"]})").messages.size(), 2U);
    EXPECT_EQ(read(Api::embeddings, R"({"input":[1,2,3]})").token_ids, 3);
    EXPECT_EQ(read(Api::embeddings, R"({"input":[[1,2],[3]]})").token_ids, 3);
    EXPECT_EQ(read(Api::embeddings, R"({"input":"x"})").layout, Layout::plain);
}

TEST(OpenAiPrompt, WritesToolsAsModelsAreShownThem) {
    const Prompt prompt = read(
        Api::chat_completions,
        R"({"messages":[],"tool_choice":{"type":"function","function":{"name":"get"}},
        "tools":[{"type":"function","function":{"name":"get","description":"Reads.","parameters":{"type":"object",
          "properties":{"city":{"type":"string","description":"Where"},"unit":{"type":"string","enum":["c","f"]},
            "days":{"type":"array","items":{"type":"integer"}},
            "more":{"type":"object","properties":{"deep":{"type":["number","null"],"description":"not shown"}}},
            "any":{"anyOf":[{"type":"boolean"},{"type":"null"}]}},
          "required":["city"]}}},
          {"type":"function","function":{"name":"now"}}]})");

    EXPECT_EQ(
        prompt.tools_text,
        "namespace functions {\n\n"
        "// Reads.\n"
        "type get = (_: {\n"
        "// Where\n"
        "city: string,\n"
        "unit?: \"c\" | \"f\",\n"
        "days?: number[],\n"
        "more?: {\n"
        "  deep?: number | null,\n"
        "},\n"
        "any?: boolean | null,\n"
        "}) => any;\n\n"
        "type now = () => any;\n\n"
        "} // namespace functions");
    EXPECT_EQ(prompt.tool_forced, "get");
    EXPECT_FALSE(prompt.has_builtin_tools);
}

TEST(OpenAiPrompt, EndsAtADepthThatNoSchemaHas) {
    std::string schema = R"({"type":"string"})";
    for (int i = 0; i < 400; ++i) {
        schema = R"({"type":"array","items":)" + schema + "}";
    }
    const Prompt prompt = read(
        Api::chat_completions,
        R"({"messages":[],"functions":[{"name":"f","parameters":{"type":"object","properties":{"a":)" +
            schema + "}}}]}");

    EXPECT_NE(prompt.tools_text.find("any["), std::string::npos);
    EXPECT_LT(prompt.tools_text.size(), 400U);
}

TEST(OpenAiPrompt, BoundsASchemaThatUnfoldsWithoutEnd) {
    std::string schema = R"({"type":"string"})";
    for (int i = 0; i < 14; ++i) {
        schema =
            R"({"type":["object","object","object","object"],"properties":{"a":)" + schema + "}}";
    }
    const std::string body =
        R"({"messages":[],"functions":[{"name":"f","parameters":{"type":"object","properties":{"a":)" +
        schema + "}}}]}";
    const Prompt prompt = read(Api::chat_completions, body);

    EXPECT_LT(prompt.tools_text.size(), 5 * body.size() + 2'048);
}

TEST(OpenAiPrompt, KnowsToolsOfTheProviderAndStoredParts) {
    EXPECT_TRUE(read(Api::chat_completions, R"({"input":"x","tools":[{"type":"web_search"}]})")
                    .has_builtin_tools);
    EXPECT_TRUE(read(Api::chat_completions, R"({"messages":[],"web_search_options":{}})")
                    .has_builtin_tools);
    EXPECT_TRUE(read(Api::chat_completions, R"({"input":"x","previous_response_id":"r"})")
                    .has_stored_parts);
    EXPECT_FALSE(read(Api::chat_completions, R"({"input":"x","previous_response_id":null})")
                     .has_stored_parts);
    EXPECT_TRUE(
        read(Api::chat_completions, R"({"messages":[],"tool_choice":"none"})").tools_forbidden);
}

TEST(OpenAiPrompt, TakesWrongTypesForNothing) {
    const Prompt prompt = read(
        Api::chat_completions,
        R"({"messages":[1,{"role":2,"content":[3,{"type":"text"}]},{"role":"user","tool_calls":{}}],"tools":[4,{"type":"function"}],"tool_choice":5})");

    EXPECT_EQ(prompt.messages.size(), 2U);
    EXPECT_FALSE(read_openai_prompt(Api::chat_completions, "[]"));
    EXPECT_FALSE(read_openai_prompt(Api::chat_completions, "{"));
}

}  // namespace
}  // namespace pulse::llm
