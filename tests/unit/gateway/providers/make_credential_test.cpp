#include "gateway/providers/credentials/make_credential.h"

#include "base/rfc3339.h"
#include "gateway/providers/credentials/renewable.h"
#include "tests/support/auth/test_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tests::environment_of;
using tests::TestFolder;

const TimePoint kNow = parse_rfc3339("2026-11-21T10:00:00Z").value();
const EnvironmentLookup kNoEnvironment = environment_of({});

[[nodiscard]] CredentialSettings settings(std::string kind, std::string api_key = {}) {
    CredentialSettings made;
    made.provider = "mine";
    made.kind = std::move(kind);
    made.api_key = std::move(api_key);
    return made;
}

/// What is added to a head that holds `before`.
[[nodiscard]] std::string added(const Credential& credential, std::string before = {}) {
    net::SigV4Signer signer;
    std::string head = "POST /x HTTP/1.1\r\nhost: h\r\n" + std::move(before);
    const std::size_t size = head.size();
    const auto done = credential.append_auth_fields(
        {.method = "POST", .target = "/x", .host = "h", .body = {}, .now = kNow}, signer, head);
    EXPECT_TRUE(done) << done.error().detail();
    return head.substr(size);
}
[[nodiscard]] std::string added_by(const CredentialSettings& made) {
    return added(*make_credential(made, kNoEnvironment).value());
}
[[nodiscard]] std::string why_not(
    const CredentialSettings& made, const EnvironmentLookup& environment = kNoEnvironment) {
    const auto credential = make_credential(made, environment);
    EXPECT_FALSE(credential);
    EXPECT_EQ(credential.error().code(), Errc::configuration);
    return credential.error().detail();
}

TEST(Credential, StandsInTheFieldThatTheKindWants) {
    EXPECT_EQ(added_by(settings("openai", "k")), "authorization: Bearer k\r\n");
    EXPECT_EQ(added_by(settings("mistral", "k")), "authorization: Bearer k\r\n");
    EXPECT_EQ(added_by(settings("azure", "k")), "api-key: k\r\n");
    EXPECT_EQ(added_by(settings("gemini", "k")), "x-goog-api-key: k\r\n");
    EXPECT_EQ(added_by(settings("vertex", "k")), "x-goog-api-key: k\r\n");
    EXPECT_EQ(added_by(settings("bedrock", "k")), "authorization: Bearer k\r\n");
    EXPECT_EQ(added_by(settings("openai")), "");
}

TEST(Credential, OfAnthropicBringsTheVersionThatTheCallerLeftOut) {
    const auto credential = make_credential(settings("anthropic", "k"), kNoEnvironment).value();

    EXPECT_EQ(added(*credential), "anthropic-version: 2023-06-01\r\nx-api-key: k\r\n");
    EXPECT_EQ(added(*credential, "Anthropic-Version: 2026-10-21\r\n"), "x-api-key: k\r\n");
    EXPECT_EQ(
        added(*credential, "x-note: anthropic-version: 1\r\n"),
        "anthropic-version: 2023-06-01\r\nx-api-key: k\r\n");
}

TEST(Credential, WithALineBreakIsRefusedAndNotShown) {
    const std::string why = why_not(settings("openai", "geheim\r\nx: y"));

    EXPECT_THAT(why, HasSubstr("providers.mine: api_key holds a control character"));
    EXPECT_THAT(why, Not(HasSubstr("geheim")));
}

TEST(BedrockCredential, IsTheBearerTokenOfTheEnvironmentBeforeAnyKeys) {
    const auto environment = environment_of(
        {{"AWS_BEARER_TOKEN_BEDROCK", "t"},
         {"AWS_ACCESS_KEY_ID", "A"},
         {"AWS_SECRET_ACCESS_KEY", "S"},
         {"AWS_REGION", "eu-west-1"}});
    CredentialSettings by_environment = settings("bedrock");
    by_environment.credentials = "environment";

    EXPECT_EQ(
        added(*make_credential(by_environment, environment).value()),
        "authorization: Bearer t\r\n");
}

TEST(BedrockCredential, SignsWithTheKeysOfTheEnvironmentAtOnce) {
    CredentialSettings made = settings("bedrock");
    made.host = "bedrock-runtime.eu-west-3.amazonaws.com";
    const auto environment = environment_of(
        {{"AWS_ACCESS_KEY_ID", "AKID"},
         {"AWS_SECRET_ACCESS_KEY", "geheim"},
         {"AWS_REGION", "us-east-1"}});

    const std::string fields = added(*make_credential(made, environment).value());

    EXPECT_THAT(fields, HasSubstr("Credential=AKID/20261121/eu-west-3/bedrock/aws4_request"));
    EXPECT_THAT(fields, Not(HasSubstr("geheim")));
}

TEST(BedrockCredential, FindsItsRegionInTheSettingsTheHostOrTheEnvironment) {
    const auto environment = environment_of(
        {{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_REGION", "us-east-1"}});
    CredentialSettings made = settings("bedrock");
    made.host = "127.0.0.1";

    EXPECT_THAT(
        added(*make_credential(made, environment).value()), HasSubstr("/us-east-1/bedrock/"));
    made.region = "ap-south-1";
    EXPECT_THAT(
        added(*make_credential(made, environment).value()), HasSubstr("/ap-south-1/bedrock/"));
    made.region.clear();
    EXPECT_THAT(
        why_not(made, environment_of({{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "S"}})),
        HasSubstr("write `region:` or set AWS_REGION"));
}

TEST(BedrockCredential, OfAProfileThatCannotServeRefusesTheStart) {
    const TestFolder home;
    home.write(".aws/credentials", "[good]\naws_access_key_id=G\naws_secret_access_key=S\n");
    home.write(".aws/config", "[profile good]\nregion=eu-north-1\n");
    const auto environment = environment_of({{"HOME", home.path().string()}});
    CredentialSettings made = settings("bedrock");

    made.credentials = "profile:good";
    EXPECT_THAT(
        added(*make_credential(made, environment).value()),
        HasSubstr("Credential=G/20261121/eu-north-1/"));
    made.region = "eu-west-1";
    made.credentials = "profile:absent";
    EXPECT_THAT(why_not(made, environment), HasSubstr("`absent` does not exist"));
    made.credentials = "vault";
    EXPECT_THAT(
        why_not(made, environment),
        HasSubstr("allowed are environment, profile:NAME, container and instance"));
}

TEST(BedrockCredential, SignsTheAmzFieldsOfTheRequest) {
    CredentialSettings made = settings("bedrock");
    made.region = "eu-west-1";
    const auto credential =
        make_credential(
            made, environment_of({{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "S"}}))
            .value();

    const std::string fields =
        added(*credential, "X-Amz-Meta: 1\r\nx-amzn-bedrock-trace: ENABLED\r\naccept: */*\r\n");

    EXPECT_THAT(
        fields,
        HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta, Signature="));
}

TEST(BedrockCredential, ThatIsNotThereYetSaysSoAndLeavesTheHead) {
    CredentialSettings made = settings("bedrock");
    made.region = "eu-west-1";
    made.credentials = "instance";
    const auto credential = make_credential(made, kNoEnvironment).value();
    net::SigV4Signer signer;
    std::string head = "POST / HTTP/1.1\r\n";

    const auto done = credential->append_auth_fields(
        {.method = "POST", .target = "/", .host = "h", .body = {}, .now = kNow}, signer, head);

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Errc::upstream_credentials);
    EXPECT_THAT(done.error().detail(), HasSubstr("providers.mine has no credentials"));
    EXPECT_EQ(head, "POST / HTTP/1.1\r\n");
    ASSERT_NE(credential->renewable(), nullptr);
    EXPECT_LE(credential->renewable()->due(), kNow);
}

TEST(VertexCredential, WithAFileThatCannotServeRefusesTheStart) {
    const TestFolder folder;
    CredentialSettings made = settings("vertex");
    made.credentials = folder.write("key.json", "{}");

    EXPECT_THAT(why_not(made), HasSubstr("key.json: its type is not said"));
    made.credentials.clear();
    EXPECT_THAT(
        why_not(made, environment_of({{"GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/k.json"}})),
        HasSubstr("/nowhere/k.json does not exist"));
}

}  // namespace
}  // namespace pulse::gateway
