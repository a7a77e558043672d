#include "net/auth/google_token.h"

#include "base/rfc3339.h"
#include "net/auth/base64url.h"
#include "net/auth/rsa_signature.h"
#include "tests/support/auth/fake_fetch.h"
#include "tests/support/auth/test_rsa_key.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace pulse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using tests::FakeFetch;
using tests::test_rsa_key;
using tests::TestRsaKey;

const TimePoint kNow = parse_rfc3339("2026-11-21T10:00:00.5Z").value();

[[nodiscard]] std::string from_base64url(std::string text) {
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    const std::size_t padding = (4 - text.size() % 4) % 4;
    text.append(padding, '=');
    std::string out(text.size() / 4 * 3, '\0');
    EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(out.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size()));
    out.resize(out.size() - padding);
    return out;
}

[[nodiscard]] GoogleServiceAccount account() {
    return {
        .client_email = "me@p.iam.gserviceaccount.com",
        .private_key = test_rsa_key().private_pem(),
        .private_key_id = "key-1",
        .token_uri = "https://oauth2.googleapis.com/token"};
}
[[nodiscard]] GoogleCredentials of(GoogleIdentity identity) {
    return {.identity = std::move(identity), .project_id = {}, .quota_project_id = {}};
}

// RFC 4648 §10 and §5.
TEST(Base64Url, HasItsOwnAlphabetAndNoPadding) {
    EXPECT_EQ(base64url(""), "");
    EXPECT_EQ(base64url("f"), "Zg");
    EXPECT_EQ(base64url("fo"), "Zm8");
    EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
}

TEST(GoogleAssertion, SaysWhoAsksForWhatAndIsSigned) {
    const auto assertion = make_google_assertion(account(), kNow);

    ASSERT_TRUE(assertion) << assertion.error().detail();
    const std::size_t first = assertion->find('.');
    const std::size_t second = assertion->find('.', first + 1);
    const auto header = boost::json::parse(from_base64url(assertion->substr(0, first)));
    const auto claims =
        boost::json::parse(from_base64url(assertion->substr(first + 1, second - first - 1)));
    EXPECT_EQ(header, (boost::json::object{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "key-1"}}));
    EXPECT_EQ(
        claims,
        (boost::json::object{
            {"iss", "me@p.iam.gserviceaccount.com"},
            {"scope", "https://www.googleapis.com/auth/cloud-platform"},
            {"aud", "https://oauth2.googleapis.com/token"},
            {"iat", 1795255200},
            {"exp", 1795258800}}));
    EXPECT_TRUE(test_rsa_key().verifies(
        assertion->substr(0, second), from_base64url(assertion->substr(second + 1))));
}

TEST(RsaSignature, WantsAnUnencryptedRsaKeyOfSize) {
    const auto why = [](const std::string& pem) {
        const auto made = sign_rs256(pem, "text");
        EXPECT_FALSE(made);
        EXPECT_EQ(made.error().code(), Errc::configuration);
        return made.error().detail();
    };

    EXPECT_THAT(why(""), HasSubstr("is no PEM private key"));
    EXPECT_THAT(
        why("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        HasSubstr("is no PEM private key; make a new key"));
    EXPECT_THAT(why(TestRsaKey(1024).private_pem()), HasSubstr("2048 bits"));
}

TEST(GoogleToken, IsGivenForAnAssertion) {
    FakeFetch server;
    server.answer(200, R"({"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"})");

    const auto token = fetch_google_token(of(account()), server.fetch(), kNow);

    ASSERT_TRUE(token) << token.error().detail();
    EXPECT_EQ(token->text, "ya29.x");
    EXPECT_EQ(token->expires_at, kNow + std::chrono::seconds(3599));
    const AuthRequest& asked = server.asked.at(0);
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.url, "https://oauth2.googleapis.com/token");
    EXPECT_THAT(
        asked.body,
        StartsWith(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"));
    EXPECT_EQ(asked.route, AuthRequest::Route::usual);
}

TEST(GoogleToken, IsGivenForAConsent) {
    FakeFetch server;
    server.answer(200, R"({"access_token":"t","expires_in":10})");
    const GoogleAuthorizedUser user{
        .client_id = "c.apps",
        .client_secret = "s&1",
        .refresh_token = "1//r",
        .token_uri = "https://t/"};

    ASSERT_TRUE(fetch_google_token(of(user), server.fetch(), kNow));

    EXPECT_EQ(
        server.asked.at(0).body,
        "grant_type=refresh_token&client_id=c.apps&client_secret=s%261&refresh_token=1%2F%2Fr");
}

TEST(GoogleToken, IsGivenByTheMachine) {
    FakeFetch server;
    server.answer(200, R"({"access_token":"t","expires_in":10})");

    ASSERT_TRUE(fetch_google_token(of(GoogleMachine{"http://m"}), server.fetch(), kNow));

    EXPECT_EQ(
        server.asked.at(0).url,
        "http://m/computeMetadata/v1/instance/service-accounts/default/token");
    EXPECT_THAT(server.asked.at(0).headers, ElementsAre(Pair("metadata-flavor", "Google")));
    EXPECT_EQ(server.asked.at(0).route, AuthRequest::Route::direct);
}

TEST(GoogleToken, RefusedIsSaidInGooglesWordsWithTheFix) {
    FakeFetch server;
    server.answer(400, R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})");
    server.answer(503, "<html>");

    const auto refused = fetch_google_token(of(account()), server.fetch(), kNow);
    const auto away = fetch_google_token(of(account()), server.fetch(), kNow);

    EXPECT_EQ(refused.error().code(), Errc::configuration);
    EXPECT_THAT(refused.error().detail(), HasSubstr("invalid_grant, Invalid JWT Signature."));
    EXPECT_THAT(refused.error().detail(), HasSubstr("check that the service account"));
    EXPECT_EQ(away.error().code(), Errc::upstream_unavailable);
}

TEST(GoogleToken, OfNobodyNamesWhatToSet) {
    FakeFetch server;

    const auto token = fetch_google_token(of(GoogleMachine{"http://m"}), server.fetch(), kNow);

    EXPECT_EQ(token.error().code(), Errc::upstream_unavailable);
    EXPECT_THAT(token.error().detail(), HasSubstr("set GOOGLE_APPLICATION_CREDENTIALS"));
}

TEST(TokenAnswer, IsRefusedWhereItCannotServe) {
    for (const char* json :
         {"",
          "null",
          R"({"expires_in":1})",
          R"({"access_token":"geheim"})",
          R"({"access_token":"geheim","expires_in":0})",
          R"({"access_token":"geheim","expires_in":-5})",
          R"({"access_token":"geheim","expires_in":"3600"})",
          R"({"access_token":"geheim","expires_in":9223372036854775807})",
          R"({"access_token":"geheim\r\nx: y","expires_in":3600})"}) {
        const auto token = parse_token_answer(json, kNow);
        ASSERT_FALSE(token) << json;
        EXPECT_EQ(token.error().code(), Errc::upstream_bad_answer) << json;
        EXPECT_THAT(token.error().detail(), Not(HasSubstr("geheim"))) << json;
    }
}

}  // namespace
}  // namespace pulse::net
