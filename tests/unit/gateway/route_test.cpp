#include "gateway/paths/route.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

[[nodiscard]] Route route_of(std::string_view path) {
    const Mount mount = find_mount(path);
    return find_route(mount.rest, mount.dialect);
}

struct PathCase {
    std::string_view path;
    Operation operation;
    Api api;
    std::string_view argument = {};
    Dialect dialect = Dialect::openai;
    std::string_view model = {};
};

std::ostream& operator<<(std::ostream& out, const PathCase& path) {
    return out << path.path;
}

class FindRoute : public testing::TestWithParam<PathCase> {};

TEST_P(FindRoute, NamesOperationApiDialectAndWhatThePathNames) {
    const Route route = route_of(GetParam().path);

    EXPECT_EQ(route.operation, GetParam().operation);
    EXPECT_EQ(route.api, GetParam().api);
    EXPECT_EQ(route.argument, GetParam().argument);
    EXPECT_EQ(route.dialect, GetParam().dialect);
    EXPECT_EQ(route.model, GetParam().model);
}

using enum Operation;

INSTANTIATE_TEST_SUITE_P(
    OwnPaths,
    FindRoute,
    testing::Values(
        PathCase{"/", root, Api::none},
        PathCase{"/healthz", health, Api::none},
        PathCase{"/health/liveliness", health, Api::none},
        PathCase{"/readyz", ready, Api::none},
        PathCase{"/v1/models", model_list, Api::models},
        PathCase{"/v1/models/openai/gpt-4o", model_detail, Api::models, "openai/gpt-4o"},
        PathCase{"/v1/pulse/key", key_standing, Api::none},
        PathCase{"/v1/pulse/estimate", cost_estimate, Api::none},
        PathCase{"/v1/pulse/requests/0190", request_lookup, Api::none, "0190"},
        PathCase{"/v1/models/", model_detail, Api::models, ""},
        PathCase{"/v1", unknown, Api::none},
        PathCase{"/v2/chat/completions", unknown, Api::none}));

INSTANTIATE_TEST_SUITE_P(
    OpenAi,
    FindRoute,
    testing::Values(
        PathCase{"/v1/chat/completions", model_call, Api::chat_completions},
        PathCase{"/chat/completions", model_call, Api::chat_completions},
        PathCase{"/openai/v1/chat/completions", model_call, Api::chat_completions},
        PathCase{"//v1/chat/completions", model_call, Api::chat_completions},
        PathCase{"/v1/completions", model_call, Api::completions},
        PathCase{"/v1/embeddings", model_call, Api::embeddings},
        PathCase{"/v1/responses", model_call, Api::responses},
        PathCase{"/v1/responses/compact", model_call, Api::responses_compact},
        PathCase{"/v1/responses/resp_1", object_call, Api::response_object, "resp_1"},
        PathCase{"/v1/responses/resp_1/cancel", object_call, Api::response_object, "resp_1"},
        PathCase{"/v1/chat/completions/chatcmpl-1", object_call, Api::response_object, "chatcmpl-1"},
        PathCase{"/v1/audio/transcriptions", model_call, Api::transcriptions},
        PathCase{"/v1/files", object_call, Api::files},
        PathCase{"/v1/files/file-1/content", object_call, Api::files, "file-1"},
        PathCase{"/v1/uploads/upload_1/parts", object_call, Api::uploads, "upload_1"},
        PathCase{"/v1/vector_stores/vs_1/files/file-2", object_call, Api::other, "vs_1"},
        PathCase{"/v1/realtime", realtime, Api::realtime},
        PathCase{"/v1/chat/completions/", unknown, Api::none}));

INSTANTIATE_TEST_SUITE_P(
    ClosedToCallers,
    FindRoute,
    testing::Values(
        PathCase{"/v1/organization/admin_api_keys", closed, Api::none},
        PathCase{"/v1/realtime/client_secrets", closed, Api::none},
        PathCase{"/v1/fine_tuning/jobs", closed, Api::none},
        PathCase{"/v1/chatkit/sessions", closed, Api::none},
        PathCase{"/v1beta/auth_tokens", closed, Api::none, "", Dialect::gemini},
        PathCase{"/anthropic/v1/organizations/api_keys", closed, Api::none, "", Dialect::anthropic}));

INSTANTIATE_TEST_SUITE_P(
    OtherDialects,
    FindRoute,
    testing::Values(
        PathCase{"/v1/messages", model_call, Api::messages, "", Dialect::anthropic},
        PathCase{"/messages", model_call, Api::messages, "", Dialect::anthropic},
        PathCase{"/anthropic/v1/messages", model_call, Api::messages, "", Dialect::anthropic},
        PathCase{"/v1/messages/count_tokens", token_count, Api::token_counting, "", Dialect::anthropic},
        PathCase{"/v1/messages/batches/b1/results", object_call, Api::message_batches, "b1", Dialect::anthropic},
        PathCase{"/v1beta/models/gemini-2.5-flash:generateContent", model_call, Api::generate_content, "",
                 Dialect::gemini, "gemini-2.5-flash"},
        PathCase{"/v1/models/gemini-2.5-flash:streamGenerateContent", model_call, Api::generate_content, "",
                 Dialect::gemini, "gemini-2.5-flash"},
        PathCase{"/gemini/v1alpha/models/x:countTokens", model_call, Api::token_counting, "", Dialect::gemini, "x"},
        PathCase{"/v1beta/models/gemini-2.5-flash", model_detail, Api::models, "gemini-2.5-flash", Dialect::gemini},
        PathCase{"/upload/v1beta/files", object_call, Api::files, "", Dialect::gemini},
        PathCase{"/v1/projects/p/locations/l/publishers/google/models/m:generateContent", model_call,
                 Api::generate_content, "", Dialect::gemini, "m"},
        PathCase{"/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict", model_call,
                 Api::token_counting, "", Dialect::gemini},
        PathCase{"/openai/deployments/my-gpt/chat/completions", model_call, Api::chat_completions, "",
                 Dialect::openai, "my-gpt"},
        PathCase{"/openai/responses", model_call, Api::responses},
        PathCase{"/model/us.amazon.nova-lite-v1%3A0/converse-stream", model_call, Api::converse, "",
                 Dialect::bedrock, "us.amazon.nova-lite-v1%3A0"},
        PathCase{"/bedrock/model/m/invoke", model_call, Api::invoke, "", Dialect::bedrock, "m"},
        PathCase{"/v2/chat", model_call, Api::cohere_chat, "", Dialect::cohere},
        PathCase{"/rerank", model_call, Api::rerank, "", Dialect::cohere}));

TEST(FindRoute, SharedPathsFollowWhatTheCallerSent) {
    EXPECT_EQ(find_route("/v1/files", Dialect::none, {.anthropic = true}).dialect, Dialect::anthropic);
    EXPECT_EQ(find_route("/v1/files", Dialect::none, {.gemini = true}).dialect, Dialect::gemini);
    EXPECT_EQ(find_route("/v1/models", Dialect::none, {.anthropic = true}).dialect, Dialect::anthropic);
    EXPECT_EQ(find_route("/v1/models", Dialect::none, {.gemini = true}).dialect, Dialect::gemini);
    EXPECT_EQ(find_route("/v1/chat/completions", Dialect::none, {.anthropic = true}).api, Api::chat_completions);
}

TEST(FindMount, NamesAProviderOrADialect) {
    const Mount named = find_mount("/providers/azure-eu/openai/deployments/x/chat/completions");
    EXPECT_EQ(named.provider, "azure-eu");
    EXPECT_EQ(named.rest, "/openai/deployments/x/chat/completions");
    EXPECT_EQ(find_mount("/bedrock/model/m/converse").dialect, Dialect::bedrock);
    EXPECT_EQ(find_mount("/v1/chat/completions").dialect, Dialect::none);
    EXPECT_EQ(find_mount("/providers//v1/chat").provider, "");
}

[[nodiscard]] Route mounted(
    std::string_view path, std::string_view base, Dialect dialect = Dialect::openai, std::string_view method = "POST") {
    return find_mounted_route(path, method, {.dialect = dialect, .is_azure = false, .base_path = base});
}

TEST(FindMountedRoute, TakesThePathWithAndWithoutThatOfTheBaseUrl) {
    for (const std::string_view path : {"/openai/v1/chat/completions", "/v1/chat/completions", "/chat/completions"}) {
        const Route route = mounted(path, "/openai/v1");
        EXPECT_EQ(route.api, Api::chat_completions) << path;
        EXPECT_EQ(route.native_path, "/chat/completions") << path;
    }
    EXPECT_EQ(mounted("/v1/embeddings", "").native_path, "/v1/embeddings") << "the base URL has no version";
    EXPECT_EQ(mounted("/v1/evals", "/v1").native_path, "/evals");
    EXPECT_EQ(mounted("/v1/skills", "", Dialect::anthropic).native_path, "/v1/skills");
}

TEST(FindMountedRoute, MetersWhatEndsLikeACall) {
    EXPECT_EQ(mounted("/beta/chat/completions", "").api, Api::chat_completions);
    const Route google = mounted("/v1beta/openai/chat/completions", "", Dialect::gemini);
    EXPECT_EQ(google.api, Api::chat_completions);
    EXPECT_EQ(google.dialect, Dialect::openai);
    EXPECT_EQ(google.native_path, "/v1beta/openai/chat/completions");
    EXPECT_EQ(mounted("/some/thing", "/v1").api, Api::other);
}

TEST(FindMountedRoute, LeavesTheProvidersOwnListsToIt) {
    EXPECT_EQ(mounted("/v1/models", "/v1", Dialect::openai, "GET").operation, object_call);
    EXPECT_EQ(mounted("/v1beta/models/veo:predictLongRunning", "", Dialect::gemini).operation, object_call);
    EXPECT_EQ(mounted("/v1/models/ft:x", "/v1", Dialect::openai, "DELETE").operation, closed);
    EXPECT_EQ(mounted("/v1/organization/users", "/v1", Dialect::openai, "GET").operation, closed);
    EXPECT_EQ(mounted("/api/chat", "/v1").api, Api::ollama_chat);
    EXPECT_TRUE(mounted("/api/chat", "/v1").at_root);
}

TEST(FindMountedRoute, KnowsAzuresPaths) {
    const Route route = find_mounted_route(
        "/openai/deployments/d/chat/completions", "POST", {.dialect = Dialect::openai, .is_azure = true, .base_path = {}});
    EXPECT_EQ(route.api, Api::chat_completions);
    EXPECT_EQ(route.model, "d");
}

TEST(TakesMethod, IsThePathsOwnMatter) {
    const Route call = find_route("/v1/embeddings");
    const Route key = find_route("/v1/pulse/key");

    EXPECT_TRUE(takes_method(call, "POST"));
    EXPECT_FALSE(takes_method(call, "GET"));
    EXPECT_FALSE(takes_method(call, "post"));
    EXPECT_TRUE(takes_method(key, "GET"));
    EXPECT_FALSE(takes_method(key, "HEAD"));
    EXPECT_TRUE(takes_method(find_route("/"), "HEAD"));
    EXPECT_TRUE(takes_method(find_route("/v1/responses/r"), "DELETE"));
}

}  // namespace
}  // namespace pulse::gateway
