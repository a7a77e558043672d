#include "gateway/exchange/operation.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

struct PathCase {
    std::string_view path;
    Operation operation;
    Api api;
    std::string_view argument;
};

class FindRoute : public testing::TestWithParam<PathCase> {};

TEST_P(FindRoute, NamesOperationApiAndArgument) {
    const Route route = find_route(GetParam().path);

    EXPECT_EQ(route.operation, GetParam().operation);
    EXPECT_EQ(route.api, GetParam().api);
    EXPECT_EQ(route.argument, GetParam().argument);
}

INSTANTIATE_TEST_SUITE_P(
    Paths,
    FindRoute,
    testing::Values(
        PathCase{"/", Operation::root, Api::none, ""},
        PathCase{"/healthz", Operation::health, Api::none, ""},
        PathCase{"/health/liveliness", Operation::health, Api::none, ""},
        PathCase{"/readyz", Operation::ready, Api::none, ""},
        PathCase{"/v1/chat/completions", Operation::model_call, Api::chat_completions, ""},
        PathCase{"/chat/completions", Operation::model_call, Api::chat_completions, ""},
        PathCase{"/openai/v1/chat/completions", Operation::model_call, Api::chat_completions, ""},
        PathCase{"//v1/chat/completions", Operation::model_call, Api::chat_completions, ""},
        PathCase{"/v1/completions", Operation::model_call, Api::completions, ""},
        PathCase{"/v1/embeddings", Operation::model_call, Api::embeddings, ""},
        PathCase{"/v1/models", Operation::model_list, Api::models, ""},
        PathCase{"/v1/models/openai/gpt-4o", Operation::model_detail, Api::models, "openai/gpt-4o"},
        PathCase{"/v1/pulse/key", Operation::key_standing, Api::none, ""},
        PathCase{"/v1/pulse/requests/0190", Operation::request_lookup, Api::none, "0190"},
        PathCase{"/v1/chat/completions/", Operation::unknown, Api::none, ""},
        PathCase{"/v1/models/", Operation::unknown, Api::none, ""},
        PathCase{"/v1", Operation::unknown, Api::none, ""},
        PathCase{"/v2/chat/completions", Operation::unknown, Api::none, ""},
        PathCase{"/v1/organization/admin_api_keys", Operation::unknown, Api::none, ""}));

TEST(TakesMethod, IsThePathsOwnMatter) {
    const Route call = find_route("/v1/embeddings");
    const Route key = find_route("/v1/pulse/key");

    EXPECT_TRUE(takes_method(call, "POST"));
    EXPECT_FALSE(takes_method(call, "GET"));
    EXPECT_FALSE(takes_method(call, "post"));
    EXPECT_TRUE(takes_method(key, "GET"));
    EXPECT_FALSE(takes_method(key, "HEAD"));
    EXPECT_TRUE(takes_method(find_route("/"), "HEAD"));
}

}  // namespace
}  // namespace pulse::gateway
