#include "app/serve/auth_fetch.h"

#include "tests/support/auth/fake_auth_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::FakeAuthServer;
using tests::http_answer;
using tests::ScriptedConnection;
using tests::ScriptedProvider;

const std::atomic<bool> kNotCancelled{false};

TEST(AuthFetch, PostsAFormAndReadsTheAnswerWhateverItsStatus) {
    FakeAuthServer server({http_answer("400 Bad Request", R"({"error":"invalid_grant"})")});
    net::AuthRequest request;
    request.method = "POST";
    request.url = server.url() + "/token";
    request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    request.body = "grant_type=refresh_token&a=%26";

    const auto got = fetch_auth(request, kNotCancelled);

    ASSERT_TRUE(got) << got.error().detail();
    EXPECT_EQ(got->status, 400);
    EXPECT_EQ(got->body, R"({"error":"invalid_grant"})");
    EXPECT_THAT(server.asked().at(0), StartsWith("POST /token HTTP/1.1\r\n"));
    EXPECT_THAT(
        server.asked().at(0), HasSubstr("content-type: application/x-www-form-urlencoded\r\n"));
    EXPECT_THAT(server.asked().at(0), HasSubstr("\r\n\r\ngrant_type=refresh_token&a=%26"));
}

TEST(AuthFetch, PutsWithoutABody) {
    FakeAuthServer server({http_answer("200 OK", "session")});
    net::AuthRequest request;
    request.method = "PUT";
    request.url = server.url() + "/latest/api/token";
    request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    request.route = net::AuthRequest::Route::direct;

    const auto got = fetch_auth(request, kNotCancelled);

    ASSERT_TRUE(got) << got.error().detail();
    EXPECT_EQ(got->body, "session");
    EXPECT_THAT(server.asked().at(0), StartsWith("PUT /latest/api/token HTTP/1.1\r\n"));
    EXPECT_THAT(server.asked().at(0), HasSubstr("Content-Length: 0\r\n"));
    EXPECT_THAT(server.asked().at(0), HasSubstr("x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
}

TEST(AuthFetch, CarriesNoSecretToWhereARedirectPoints) {
    FakeAuthServer server(
        {"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"});
    net::AuthRequest request;
    request.url = server.url() + "/";

    const auto got = fetch_auth(request, kNotCancelled);

    ASSERT_TRUE(got) << got.error().detail();
    EXPECT_EQ(got->status, 302);
}

TEST(AuthFetch, ReadsNoMoreThanAnAnswerMayHave) {
    FakeAuthServer server({http_answer("200 OK", std::string(net::kAuthAnswerBytesMax + 1, 'x'))});
    net::AuthRequest request;
    request.url = server.url() + "/";

    EXPECT_EQ(fetch_auth(request, kNotCancelled).error().code(), Errc::request_too_large);
}

TEST(AuthFetch, GivesUpInTime) {
    ScriptedProvider silent({[](ScriptedConnection& connection) {
        (void)connection.read_request();
        (void)connection.await_close();
    }});
    net::AuthRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(silent.port()) + "/";
    request.timeout = std::chrono::milliseconds(100);

    EXPECT_EQ(fetch_auth(request, kNotCancelled).error().code(), Errc::upstream_timeout);
}

}  // namespace
}  // namespace pulse::app
