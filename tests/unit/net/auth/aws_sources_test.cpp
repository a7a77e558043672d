#include "net/auth/aws_sources.h"

#include "base/rfc3339.h"
#include "tests/support/auth/fake_fetch.h"
#include "tests/support/auth/test_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using tests::environment_of;
using tests::FakeFetch;
using tests::TestFolder;

constexpr const char* kAnswer =
    R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIA1","SecretAccessKey":"secret1",)"
    R"("Token":"token1","Expiration":"2026-11-21T18:00:00Z"})";

TEST(AwsFromEnvironment, ReadsTheThreeVariables) {
    const auto keys = aws_from_environment(environment_of(
        {{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_SESSION_TOKEN", "T"}}));

    ASSERT_TRUE(keys);
    EXPECT_EQ(*keys, (AwsCredentials{"A", "S", "T", {}}));
}

TEST(AwsFromEnvironment, IsNotFoundOrHalf) {
    EXPECT_EQ(aws_from_environment(environment_of({})).error().code(), Errc::not_found);

    const auto half = aws_from_environment(environment_of({{"AWS_ACCESS_KEY_ID", "A"}}));
    EXPECT_EQ(half.error().code(), Errc::configuration);
    EXPECT_THAT(half.error().detail(), HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
    const auto broken = aws_from_environment(
        environment_of({{"AWS_ACCESS_KEY_ID", "A\n"}, {"AWS_SECRET_ACCESS_KEY", "S"}}));
    EXPECT_EQ(broken.error().code(), Errc::configuration);
}

TEST(AwsFromProfile, ReadsBothSharedFilesBelowTheHome) {
    const TestFolder home;
    home.write(".aws/credentials", "[default]\naws_access_key_id=A\naws_secret_access_key=S\n");
    home.write(
        ".aws/config",
        "[default]\nregion=eu-west-3\n[profile b]\naws_access_key_id=B\naws_secret_access_key=T\n");
    const auto environment = environment_of({{"HOME", home.path().string()}});

    EXPECT_EQ(aws_from_profile(environment).value().access_key_id, "A");
    EXPECT_EQ(aws_from_profile(environment, "b").value().access_key_id, "B");
    EXPECT_EQ(aws_region(environment), "eu-west-3");
}

TEST(AwsFromProfile, FollowsTheVariables) {
    const TestFolder folder;
    const auto environment = environment_of(
        {{"AWS_SHARED_CREDENTIALS_FILE",
          folder.write(
              "keys", "[p]\naws_access_key_id=P\naws_secret_access_key=S\nregion=a-b-1\n")},
         {"AWS_CONFIG_FILE", (folder.path() / "absent").string()},
         {"AWS_PROFILE", "p"}});

    EXPECT_EQ(aws_from_profile(environment).value().access_key_id, "P");
    EXPECT_EQ(aws_region(environment), "a-b-1");
    EXPECT_EQ(aws_region(environment_of({{"AWS_DEFAULT_REGION", "d"}, {"AWS_REGION", "r"}})), "r");
}

TEST(AwsFromProfile, SaysWhatIsWrong) {
    const TestFolder home;
    home.write(
        ".aws/credentials",
        "[half]\naws_access_key_id=A\n[none]\n"
        "[odd]\naws_access_key_id=A\x01\naws_secret_access_key=S\n");
    home.write(".aws/config", "[profile sso]\nsso_session=s\n");
    const auto environment = environment_of({{"HOME", home.path().string()}});

    const auto half = aws_from_profile(environment, "half");
    const auto sso = aws_from_profile(environment, "sso");
    const auto absent = aws_from_profile(environment, "absent");
    const auto none = aws_from_profile(environment, "none");

    EXPECT_EQ(half.error().code(), Errc::configuration);
    EXPECT_THAT(half.error().detail(), HasSubstr("aws_secret_access_key; write both"));
    EXPECT_EQ(sso.error().code(), Errc::configuration);
    EXPECT_THAT(sso.error().detail(), HasSubstr("export-credentials --profile sso"));
    EXPECT_EQ(absent.error().code(), Errc::not_found);
    EXPECT_THAT(absent.error().detail(), HasSubstr("`absent` does not exist"));
    EXPECT_THAT(none.error().detail(), HasSubstr("`none` has no keys"));
    EXPECT_THAT(
        aws_from_profile(environment, "odd").error().detail(),
        HasSubstr("has a control character"));
}

TEST(AwsFromContainer, AsksTheAnnouncedPathWithItsToken) {
    const TestFolder folder;
    FakeFetch server;
    server.answer(200, kAnswer);
    const auto environment = environment_of(
        {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1"},
         {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder.write("token", "Basic abc\n")}});

    const auto keys = aws_from_container(environment, server.fetch());

    ASSERT_TRUE(keys) << keys.error().detail();
    EXPECT_EQ(
        *keys,
        (AwsCredentials{"ASIA1", "secret1", "token1", parse_rfc3339("2026-11-21T18:00:00Z")}));
    EXPECT_EQ(server.asked.at(0).url, "http://169.254.170.2/v2/credentials/1");
    EXPECT_THAT(
        server.asked.at(0).headers,
        ElementsAre(Pair("accept", "application/json"), Pair("authorization", "Basic abc")));
    EXPECT_EQ(server.asked.at(0).route, AuthRequest::Route::direct);
}

TEST(AwsFromContainer, GoesToNoForeignAddressInTheClear) {
    FakeFetch server;
    const auto at = [&](const char* url) {
        return aws_from_container(
            environment_of({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}}), server.fetch());
    };

    EXPECT_EQ(at("http://example.com/keys").error().code(), Errc::configuration);
    EXPECT_EQ(at("http://127.0.0.1.example.com/").error().code(), Errc::configuration);
    EXPECT_EQ(at("http://localhost@example.com/").error().code(), Errc::configuration);
    EXPECT_TRUE(server.asked.empty());
    EXPECT_EQ(
        at("http://169.254.170.23/v1/credentials").error().code(), Errc::upstream_unavailable);
    EXPECT_EQ(at("http://[fd00:ec2::23]/v1").error().code(), Errc::upstream_unavailable);
    EXPECT_EQ(at("http://127.0.0.1:8080/keys").error().code(), Errc::upstream_unavailable);
    EXPECT_EQ(at("https://example.com/keys").error().code(), Errc::upstream_unavailable);
    EXPECT_EQ(server.asked.size(), 4U);
    EXPECT_EQ(
        aws_from_container(environment_of({}), server.fetch()).error().code(), Errc::not_found);
}

TEST(AwsFromInstance, TakesASessionThenTheRoleThenItsKeys) {
    FakeFetch server;
    server.answer(200, "session1");
    server.answer(200, "my-role\n");
    server.answer(200, kAnswer);

    const auto keys = aws_from_instance(environment_of({}), server.fetch());

    ASSERT_TRUE(keys) << keys.error().detail();
    EXPECT_EQ(keys->access_key_id, "ASIA1");
    ASSERT_EQ(server.asked.size(), 3U);
    EXPECT_EQ(server.asked[0].method, "PUT");
    EXPECT_EQ(server.asked[0].url, "http://169.254.169.254/latest/api/token");
    EXPECT_THAT(
        server.asked[0].headers,
        ElementsAre(Pair("x-aws-ec2-metadata-token-ttl-seconds", "21600")));
    EXPECT_EQ(
        server.asked[2].url,
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
    EXPECT_THAT(server.asked[2].headers, ElementsAre(Pair("x-aws-ec2-metadata-token", "session1")));
}

TEST(AwsFromInstance, NeverFallsBackToTheFirstVersion) {
    FakeFetch server;
    server.answer(403, "");

    const auto keys = aws_from_instance(environment_of({}), server.fetch());

    EXPECT_EQ(keys.error().code(), Errc::not_found);
    EXPECT_EQ(server.asked.size(), 1U);
}

TEST(AwsFromInstance, SaysThatThereIsNoRole) {
    FakeFetch server;
    server.answer(200, "session1");
    server.answer(404, "");

    const auto keys = aws_from_instance(environment_of({}), server.fetch());

    EXPECT_EQ(keys.error().code(), Errc::not_found);
    EXPECT_THAT(keys.error().detail(), HasSubstr("no role"));
    const auto disabled =
        aws_from_instance(environment_of({{"AWS_EC2_METADATA_DISABLED", "true"}}), server.fetch());
    EXPECT_EQ(disabled.error().code(), Errc::not_found);
    EXPECT_EQ(server.asked.size(), 2U);
}

TEST(AwsFromAnywhere, StopsAtTheFirstThatHasThem) {
    const TestFolder home;
    home.write(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=S\n");
    FakeFetch server;
    server.answer(200, kAnswer);
    const std::string path = home.path().string();

    const auto from_file = aws_from_anywhere(
        environment_of({{"HOME", path}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}}),
        server.fetch());
    const auto from_environment = aws_from_anywhere(
        environment_of(
            {{"HOME", path}, {"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "S"}}),
        server.fetch());
    const auto from_container = aws_from_anywhere(
        environment_of({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}}), server.fetch());

    EXPECT_EQ(from_file.value().access_key_id, "F");
    EXPECT_EQ(from_environment.value().access_key_id, "E");
    EXPECT_EQ(from_container.value().access_key_id, "ASIA1");
}

TEST(AwsFromAnywhere, DoesNotPassOverWhatIsBroken) {
    FakeFetch server;

    const auto keys =
        aws_from_anywhere(environment_of({{"AWS_SECRET_ACCESS_KEY", "S"}}), server.fetch());

    EXPECT_EQ(keys.error().code(), Errc::configuration);
    EXPECT_TRUE(server.asked.empty());
}

TEST(AwsFromAnywhere, NamesAllThatItTriedAndTheFix) {
    FakeFetch server;

    const auto keys = aws_from_anywhere(environment_of({{"HOME", "/nowhere"}}), server.fetch());

    EXPECT_EQ(keys.error().code(), Errc::not_found);
    EXPECT_THAT(keys.error().detail(), HasSubstr("AWS_ACCESS_KEY_ID is not set"));
    EXPECT_THAT(keys.error().detail(), HasSubstr("/nowhere/.aws/credentials"));
    EXPECT_THAT(keys.error().detail(), HasSubstr("no instance metadata service (nobody is there)"));
    EXPECT_THAT(keys.error().detail(), HasSubstr("set AWS_ACCESS_KEY_ID and"));
}

TEST(AwsAnswer, IsRefusedWhereItCannotServe) {
    for (const char* json :
         {"",
          "[]",
          "{",
          R"({"AccessKeyId":"A"})",
          R"({"AccessKeyId":"A","SecretAccessKey":3})",
          R"({"AccessKeyId":"A\n","SecretAccessKey":"geheim"})",
          R"({"AccessKeyId":"A","SecretAccessKey":"geheim","Token":"a\r\nb: c"})",
          R"({"AccessKeyId":"A","SecretAccessKey":"geheim","Expiration":"soon"})"}) {
        const auto keys = parse_aws_answer(json);
        ASSERT_FALSE(keys) << json;
        EXPECT_EQ(keys.error().code(), Errc::upstream_bad_answer) << json;
        EXPECT_THAT(keys.error().detail(), Not(HasSubstr("geheim"))) << json;
    }
    const auto failed =
        parse_aws_answer(R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no"})");
    EXPECT_THAT(failed.error().detail(), HasSubstr("AssumeRoleUnauthorizedAccess: no"));
}

TEST(AwsAnswer, MayHaveNoEnd) {
    const auto keys = parse_aws_answer(R"({"AccessKeyId":"A","SecretAccessKey":"S"})");

    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->expires_at, std::nullopt);
}

}  // namespace
}  // namespace pulse::net
