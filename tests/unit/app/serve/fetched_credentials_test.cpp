#include "app/serve/auth_fetch.h"
#include "base/rfc3339.h"
#include "gateway/providers/credentials/credentials.h"
#include "tests/support/auth/fake_auth_server.h"
#include "tests/support/auth/test_files.h"
#include "tests/support/auth/test_rsa_key.h"
#include "tests/support/fake_clock.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::app {
namespace {

using gateway::CredentialSettings;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::environment_of;
using tests::FakeAuthServer;
using tests::http_answer;

[[nodiscard]] Result<std::string> added_by(const gateway::Credential& credential, TimePoint now) {
    net::SigV4Signer signer;
    std::string head;
    const auto done = credential.append_auth_fields(
        {.method = "POST", .target = "/", .host = "h", .body = {}, .now = now}, signer, head);
    return done ? Result<std::string>(head) : Result<std::string>(done.error());
}

TEST(FetchedCredentials, OfAServiceAccountComeFromItsTokenServer) {
    FakeAuthServer server(
        {http_answer("503 Service Unavailable", ""),
         http_answer("200 OK", R"({"access_token":"one","expires_in":3600,"token_type":"Bearer"})"),
         http_answer(
             "200 OK", R"({"access_token":"two","expires_in":3600,"token_type":"Bearer"})")});
    tests::FakeClock clock;
    gateway::Credentials credentials(environment_of({}), fetch_auth, clock);
    CredentialSettings settings;
    settings.provider = "vertex";
    settings.kind = "vertex";
    settings.credentials = boost::json::serialize(boost::json::object{
        {"type", "service_account"},
        {"client_email", "me@p"},
        {"private_key", tests::test_rsa_key().private_pem()},
        {"token_uri", server.url() + "/token"}});
    const auto credential = credentials.obtain(settings).value();

    clock.advance(credentials.renew_due() - clock.now());
    EXPECT_THAT(added_by(*credential, clock.now()).error().detail(), HasSubstr("status 503"));
    (void)credentials.renew_due();
    EXPECT_EQ(added_by(*credential, clock.now()).value(), "authorization: Bearer one\r\n");
    clock.advance(seconds(3'300));
    (void)credentials.renew_due();
    EXPECT_EQ(added_by(*credential, clock.now()).value(), "authorization: Bearer two\r\n");

    ASSERT_EQ(server.asked().size(), 3U);
    EXPECT_THAT(server.asked()[0], StartsWith("POST /token HTTP/1.1\r\n"));
    EXPECT_THAT(server.asked()[0], HasSubstr("%3Ajwt-bearer&assertion="));
}

TEST(FetchedCredentials, OfAnInstanceComeFromItsMetadataService) {
    FakeAuthServer server(
        {http_answer("200 OK", "session"),
         http_answer("200 OK", "role"),
         http_answer(
             "200 OK",
             R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t",)"
             R"("Expiration":"2026-01-01T06:00:00Z"})")});
    tests::FakeClock clock;
    gateway::Credentials credentials(
        environment_of(
            {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url() + "/"}, {"HOME", "/nowhere"}}),
        fetch_auth,
        clock);
    CredentialSettings settings;
    settings.provider = "bedrock";
    settings.kind = "bedrock";
    settings.region = "eu-west-1";
    settings.credentials = "environment";
    const auto credential = credentials.obtain(settings).value();

    (void)credentials.renew_due();

    EXPECT_THAT(
        added_by(*credential, clock.now()).value(),
        HasSubstr("Credential=ASIA1/20260101/eu-west-1/bedrock/aws4_request"));
    ASSERT_EQ(server.asked().size(), 3U);
    EXPECT_THAT(server.asked()[0], StartsWith("PUT /latest/api/token HTTP/1.1\r\n"));
    EXPECT_THAT(
        server.asked()[2],
        StartsWith("GET /latest/meta-data/iam/security-credentials/role HTTP/1.1\r\n"));
    EXPECT_THAT(server.asked()[2], HasSubstr("x-aws-ec2-metadata-token: session\r\n"));
}

TEST(FetchedCredentials, OfAGoogleMachineComeFromItsMetadataServer) {
    FakeAuthServer server({http_answer("200 OK", R"({"access_token":"m","expires_in":300})")});
    tests::FakeClock clock;
    gateway::Credentials credentials(
        environment_of({{"GCE_METADATA_HOST", server.url().substr(7)}}), fetch_auth, clock);
    CredentialSettings settings;
    settings.provider = "vertex";
    settings.kind = "vertex";
    settings.credentials = "metadata";
    const auto credential = credentials.obtain(settings).value();

    (void)credentials.renew_due();

    EXPECT_EQ(added_by(*credential, clock.now()).value(), "authorization: Bearer m\r\n");
    EXPECT_THAT(server.asked().at(0), HasSubstr("metadata-flavor: Google\r\n"));
}

}  // namespace
}  // namespace pulse::app
