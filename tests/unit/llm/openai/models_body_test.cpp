#include "llm/openai/models_body.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

TEST(ModelsBody, SaysOneModel) {
    EXPECT_EQ(
        openai_model({.id = "gpt-4o", .owned_by = "openai", .created = 1715367049}),
        R"({"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"openai"})");
}

TEST(ModelsBody, ListsModelsInOrder) {
    EXPECT_EQ(
        openai_model_list(
            {{.id = "a", .owned_by = "x", .created = 1},
             {.id = "b\"", .owned_by = "y", .created = 2}}),
        R"({"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"x"},)"
        R"({"id":"b\"","object":"model","created":2,"owned_by":"y"}]})");
}

TEST(ModelsBody, AnEmptyListIsAList) {
    EXPECT_EQ(openai_model_list({}), R"({"object":"list","data":[]})");
}

}  // namespace
}  // namespace pulse::llm
