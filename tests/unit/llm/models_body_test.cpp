#include "llm/models_body.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

TEST(ModelsBody, SaysOneModel) {
    EXPECT_EQ(
        model_detail(
            Dialect::openai, {.id = "gpt-4o", .owned_by = "openai", .created = 1715367049}),
        R"({"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"openai"})");
}

TEST(ModelsBody, ListsModelsInOrder) {
    EXPECT_EQ(
        model_list(
            Dialect::openai,
            {{.id = "a", .owned_by = "x", .created = 1},
             {.id = "b\"", .owned_by = "y", .created = 2}}),
        R"({"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"x"},)"
        R"({"id":"b\"","object":"model","created":2,"owned_by":"y"}]})");
}

TEST(ModelsBody, AnEmptyListIsAList) {
    EXPECT_EQ(model_list(Dialect::openai, {}), R"({"object":"list","data":[]})");
}

TEST(ModelsBody, AnthropicsListIsOnePage) {
    EXPECT_EQ(
        model_list(Dialect::anthropic, {{.id = "claude-a", .owned_by = "x", .created = 0}}),
        R"({"data":[{"type":"model","id":"claude-a","display_name":"claude-a","created_at":"1970-01-01T00:00:00Z"}],)"
        R"("has_more":false,"first_id":"claude-a","last_id":"claude-a"})");
    EXPECT_EQ(
        model_list(Dialect::anthropic, {}),
        R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
}

TEST(ModelsBody, GeminisNamesBeginWithTheirCollection) {
    EXPECT_EQ(
        model_detail(Dialect::gemini, {.id = "gemini-x", .owned_by = "g", .created = 0}),
        R"({"name":"models/gemini-x","baseModelId":"gemini-x","displayName":"gemini-x",)"
        R"("supportedGenerationMethods":["generateContent","countTokens"]})");
}

}  // namespace
}  // namespace pulse::llm
