#include "gateway/providers/address.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

[[nodiscard]] std::string target(const ProviderAddress& address, const AddressAsk& ask) {
    std::string out;
    append_target(out, address, ask);
    return out;
}

/// A call whose path names its model.
[[nodiscard]] AddressAsk call(
    std::string_view path, std::string_view named, std::string_view model) {
    return {
        .api = Api::none,
        .native_path = path,
        .version = {},
        .path_model = named.empty() ? named : path.substr(path.find(named), named.size()),
        .model = model,
        .query = {}};
}

[[nodiscard]] ProviderAddress azure(std::string api_version, std::string base_path = {}) {
    return {
        .style = AddressStyle::azure,
        .base_path = std::move(base_path),
        .api_version = std::move(api_version),
        .deployments = {{"gpt-4o", "my gpt4o"}},
        .project = {},
        .location = {}};
}
[[nodiscard]] AddressAsk azure_call(Api api, std::string_view path, std::string_view query = {}) {
    return {
        .api = api,
        .native_path = path,
        .version = {},
        .path_model = {},
        .model = "gpt-4o",
        .query = query};
}
[[nodiscard]] ProviderAddress vertex(std::string project, std::string location) {
    return {
        .style = AddressStyle::vertex,
        .base_path = {},
        .api_version = {},
        .deployments = {},
        .project = std::move(project),
        .location = std::move(location)};
}
[[nodiscard]] ProviderAddress of_style(AddressStyle style, std::string base_path = {}) {
    return {
        .style = style,
        .base_path = std::move(base_path),
        .api_version = {},
        .deployments = {},
        .project = {},
        .location = {}};
}

TEST(PlainAddress, IsTheBaseUrlAndTheNativePath) {
    const ProviderAddress openai = of_style(AddressStyle::plain, "/v1");

    EXPECT_EQ(target(openai, call("/chat/completions", "", "gpt-4o")), "/v1/chat/completions");
    EXPECT_EQ(
        target(of_style(AddressStyle::plain), call("/v1/messages", "", "claude")), "/v1/messages");
    EXPECT_EQ(target(of_style(AddressStyle::plain), call("/v2/chat", "", "command")), "/v2/chat");
}

TEST(PlainAddress, HasItsVersionOnce) {
    AddressAsk short_path = call("/messages", "", "claude");
    short_path.version = "/v1";

    EXPECT_EQ(target(of_style(AddressStyle::plain), short_path), "/v1/messages");
    EXPECT_EQ(target(of_style(AddressStyle::plain, "/api/v1"), short_path), "/api/v1/messages");
    EXPECT_EQ(
        target(of_style(AddressStyle::plain, "/v1"), call("/v1/messages", "", "m")),
        "/v1/messages");
    EXPECT_EQ(
        target(of_style(AddressStyle::plain, "/v1"), call("/v2/chat", "", "m")), "/v1/v2/chat");
    EXPECT_EQ(
        target(of_style(AddressStyle::plain, "/v1"), call("/vector_stores", "", "")),
        "/v1/vector_stores");
}

TEST(PlainAddress, PassesTheQueryWithoutTheCallersKeyAndAzuresVersion) {
    AddressAsk ask = call("/files", "", "");
    ask.query = "key=sk-1&limit=2&api-version=2024-10-21&after=f%26x&key=&keys=3";

    EXPECT_EQ(
        target(of_style(AddressStyle::plain, "/v1"), ask), "/v1/files?limit=2&after=f%26x&keys=3");
    ask.query = "key=sk-1";
    EXPECT_EQ(target(of_style(AddressStyle::plain, "/v1"), ask), "/v1/files");
}

TEST(PlainAddress, FindsCoheresRerank) {
    AddressAsk ask = call("/rerank", "", "rerank-v3.5");
    ask.api = Api::rerank;

    EXPECT_EQ(target(of_style(AddressStyle::plain), ask), "/v2/rerank");
    EXPECT_EQ(target(of_style(AddressStyle::plain, "/v1"), ask), "/v1/rerank");
}

TEST(AzureAddress, NamesTheDeploymentWhereTheVersionIsADate) {
    EXPECT_EQ(
        target(azure("2024-10-21"), azure_call(Api::chat_completions, "/chat/completions")),
        "/openai/deployments/my%20gpt4o/chat/completions?api-version=2024-10-21");
    EXPECT_EQ(
        target(azure("2024-10-21", "/openai"), azure_call(Api::speech, "/audio/speech")),
        "/openai/deployments/my%20gpt4o/audio/speech?api-version=2024-10-21");
    EXPECT_EQ(
        target(azure("2025-04-01-preview"), azure_call(Api::responses, "/responses")),
        "/openai/responses?api-version=2025-04-01-preview");
    EXPECT_EQ(
        target(azure("2024-10-21"), azure_call(Api::files, "/files/f1", "limit=1")),
        "/openai/files/f1?limit=1&api-version=2024-10-21");
}

TEST(AzureAddress, TakesAModelWithoutDeploymentForItsOwnDeployment) {
    AddressAsk ask = azure_call(Api::embeddings, "/embeddings");
    ask.model = "text-embedding-3-small";

    EXPECT_EQ(
        target(azure("2024-10-21"), ask),
        "/openai/deployments/text-embedding-3-small/embeddings?api-version=2024-10-21");
    EXPECT_EQ(
        name_in_body(azure("2024-10-21"), "text-embedding-3-small"), "text-embedding-3-small");
    EXPECT_EQ(name_in_body(azure("2024-10-21"), "gpt-4o"), "my gpt4o");
    EXPECT_EQ(name_in_body(of_style(AddressStyle::plain), "gpt-4o"), "gpt-4o");
}

TEST(AzureAddress, UsesTheApiWithoutVersionsWhereNoneIsADate) {
    const AddressAsk ask = azure_call(Api::chat_completions, "/chat/completions");

    EXPECT_EQ(target(azure(""), ask), "/openai/v1/chat/completions");
    EXPECT_EQ(target(azure("", "/openai/v1"), ask), "/openai/v1/chat/completions");
    EXPECT_EQ(target(azure("preview"), ask), "/openai/v1/chat/completions?api-version=preview");
}

TEST(AzureAddress, PrefersTheVersionThatTheCallerAskedFor) {
    EXPECT_EQ(
        target(
            azure("2024-10-21"),
            azure_call(
                Api::chat_completions, "/chat/completions", "api-version=2025-01-01-preview")),
        "/openai/deployments/my%20gpt4o/chat/completions?api-version=2025-01-01-preview");
    EXPECT_EQ(
        target(
            azure("", "/openai/v1"),
            azure_call(Api::responses, "/responses", "api-version=2025-04-01-preview")),
        "/openai/responses?api-version=2025-04-01-preview");
    EXPECT_EQ(
        target(
            azure("2024-10-21"),
            azure_call(Api::chat_completions, "/chat/completions", "api-version=v1")),
        "/openai/v1/chat/completions?api-version=v1");
}

TEST(AzureAddress, LeavesAPathThatIsAzuresOwn) {
    const AddressAsk unversioned = azure_call(Api::responses, "/openai/v1/responses");

    EXPECT_EQ(target(azure(""), unversioned), "/openai/v1/responses");
    EXPECT_EQ(target(azure("2024-10-21"), unversioned), "/openai/v1/responses");
    EXPECT_EQ(target(azure("preview"), unversioned), "/openai/v1/responses?api-version=preview");
    EXPECT_EQ(
        target(azure("2024-10-21"), azure_call(Api::other, "/openai/threads/t1")),
        "/openai/threads/t1?api-version=2024-10-21");
}

TEST(AzureAddress, TakesAnyOtherBasePathAsItIs) {
    const AddressAsk ask = azure_call(Api::chat_completions, "/chat/completions");

    EXPECT_EQ(
        target(azure("2024-05-01-preview", "/models"), ask),
        "/models/chat/completions?api-version=2024-05-01-preview");
    EXPECT_EQ(
        target(azure("2024-10-21", "/openai/deployments/one"), ask),
        "/openai/deployments/one/chat/completions?api-version=2024-10-21");
}

TEST(GeminiAddress, NamesTheTargetsModelInTheCallersPath) {
    const ProviderAddress gemini = of_style(AddressStyle::gemini);
    AddressAsk stream =
        call("/v1beta/models/fast:streamGenerateContent", "fast", "gemini-2.5-flash");
    stream.query = "alt=sse&key=sk-1";

    EXPECT_EQ(
        target(gemini, stream), "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    EXPECT_EQ(
        target(
            gemini,
            call("/v1/models/gemini-2.5-pro:countTokens", "gemini-2.5-pro", "gemini-2.5-pro")),
        "/v1/models/gemini-2.5-pro:countTokens");
    EXPECT_EQ(
        target(gemini, call("/models/fast:generateContent", "fast", "a/b")),
        "/v1beta/models/a%2Fb:generateContent");
    EXPECT_EQ(target(gemini, call("/upload/v1beta/files", "", "")), "/upload/v1beta/files");
    EXPECT_EQ(
        target(gemini, call("/v1beta/cachedContents/c1", "", "")), "/v1beta/cachedContents/c1");
}

TEST(GeminiAddress, HasItsVersionOnce) {
    const ProviderAddress versioned = of_style(AddressStyle::gemini, "/v1beta");

    EXPECT_EQ(
        target(versioned, call("/v1beta/models/m:generateContent", "m", "m")),
        "/v1beta/models/m:generateContent");
    EXPECT_EQ(
        target(versioned, call("/models/m:generateContent", "m", "m")),
        "/v1beta/models/m:generateContent");
}

TEST(VertexAddress, GrowsFromGeminisPath) {
    const AddressAsk ask =
        call("/v1beta/models/fast:streamGenerateContent", "fast", "gemini-2.5-flash");

    EXPECT_EQ(
        target(vertex("my-project", "europe-west4"), ask),
        "/v1beta1/projects/my-project/locations/europe-west4/publishers/google/models/"
        "gemini-2.5-flash:streamGenerateContent");
    EXPECT_EQ(
        target(vertex("example.com:p", ""), call("/models/m:generateContent", "m", "m")),
        "/v1/projects/example.com:p/locations/global/publishers/google/models/m:generateContent");
}

TEST(VertexAddress, ReplacesProjectAndLocationOfTheCallersPathByTheSettings) {
    const std::string_view path =
        "/v1/projects/theirs/locations/us-east5/publishers/anthropic/models/"
        "claude-3-7-sonnet@20250219:rawPredict";
    const AddressAsk ask = call(path, "claude-3-7-sonnet@20250219", "claude-sonnet-4-5@20250929");

    EXPECT_EQ(
        target(vertex("ours", "europe-west1"), ask),
        "/v1/projects/ours/locations/europe-west1/publishers/anthropic/models/"
        "claude-sonnet-4-5@20250929:rawPredict");
    EXPECT_EQ(
        target(vertex("", ""), ask),
        "/v1/projects/theirs/locations/us-east5/publishers/anthropic/models/"
        "claude-sonnet-4-5@20250929:rawPredict");
    EXPECT_EQ(
        target(
            vertex("ours", ""),
            call(
                "/projects/p/locations/us-east5/publishers/anthropic/models/"
                "count-tokens:rawPredict",
                "",
                "claude")),
        "/v1/projects/ours/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict");
}

TEST(VertexAddress, NamesThePublisherOfAPartnersModel) {
    EXPECT_EQ(
        target(
            vertex("p", "us-east5"),
            call("/v1/models/claude-x:rawPredict", "claude-x", "claude-sonnet-4-5")),
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/"
        "claude-sonnet-4-5:rawPredict");
}

TEST(VertexAddress, HasNoProjectWhereAKeyStandsForIt) {
    EXPECT_EQ(
        target(vertex("", ""), call("/v1beta/models/m:generateContent", "m", "m")),
        "/v1beta1/publishers/google/models/m:generateContent");
    EXPECT_EQ(
        target(vertex("", ""), call("/v1/publishers/google/models/m:generateContent", "m", "m")),
        "/v1/publishers/google/models/m:generateContent");
}

TEST(BedrockAddress, EncodesTheModelsId) {
    const ProviderAddress bedrock = of_style(AddressStyle::bedrock);

    EXPECT_EQ(
        target(bedrock, call("/model/fast/converse", "fast", "eu.amazon.nova-micro-v1:0")),
        "/model/eu.amazon.nova-micro-v1%3A0/converse");
    EXPECT_EQ(
        target(
            bedrock,
            call(
                "/model/x1/invoke",
                "x1",
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan")),
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.titan/invoke");
}

TEST(BedrockAddress, LeavesAnIdAsItWasSentWhereItIsTheSame) {
    const ProviderAddress bedrock = of_style(AddressStyle::bedrock);

    EXPECT_EQ(
        target(bedrock, call("/model/a-v1:0/converse", "a-v1:0", "a-v1:0")),
        "/model/a-v1:0/converse");
    EXPECT_EQ(
        target(bedrock, call("/model/a-v1%3a0/converse", "a-v1%3a0", "a-v1:0")),
        "/model/a-v1%3a0/converse");
}

TEST(RegionalBaseUrl, NamesTheRegionsHost) {
    EXPECT_EQ(
        regional_base_url("bedrock", "eu-west-1"),
        "https://bedrock-runtime.eu-west-1.amazonaws.com");
    EXPECT_EQ(
        regional_base_url("bedrock", "cn-north-1"),
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(regional_base_url("bedrock", ""), "");
    EXPECT_EQ(
        regional_base_url("vertex", "us-east5"), "https://us-east5-aiplatform.googleapis.com");
    EXPECT_EQ(regional_base_url("vertex", "global"), "https://aiplatform.googleapis.com");
    EXPECT_EQ(regional_base_url("openai", "eu-west-1"), "");
}

TEST(AwsRegion, IsReadFromTheHost) {
    EXPECT_EQ(aws_region_of("bedrock-runtime.eu-west-1.amazonaws.com"), "eu-west-1");
    EXPECT_EQ(aws_region_of("bedrock-runtime-fips.us-gov-west-1.amazonaws.com"), "us-gov-west-1");
    EXPECT_EQ(aws_region_of("bedrock-runtime.cn-north-1.amazonaws.com.cn"), "cn-north-1");
    EXPECT_EQ(
        aws_region_of("vpce-0a1-b2c.bedrock-runtime.us-east-1.vpce.amazonaws.com"), "us-east-1");
    EXPECT_EQ(aws_region_of("127.0.0.1"), "");
    EXPECT_EQ(aws_region_of("s3.amazonaws.com"), "");
}

TEST(AddressStyle, FollowsTheKind) {
    EXPECT_EQ(address_style("azure"), AddressStyle::azure);
    EXPECT_EQ(address_style("vertex"), AddressStyle::vertex);
    EXPECT_EQ(address_style("anthropic"), AddressStyle::plain);
    EXPECT_EQ(address_style("mistral"), AddressStyle::plain);
}

}  // namespace
}  // namespace pulse::gateway
