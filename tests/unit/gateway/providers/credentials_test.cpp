#include "gateway/providers/credentials/credentials.h"

#include "tests/support/auth/fake_fetch.h"
#include "tests/support/auth/test_files.h"
#include "tests/support/auth/test_rsa_key.h"
#include "tests/support/fake_clock.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using tests::environment_of;
using tests::FakeClock;
using tests::FakeFetch;

[[nodiscard]] std::string token_answer(std::string_view token, int life) {
    return R"({"access_token":")" + std::string(token) + R"(","expires_in":)" +
           std::to_string(life) + "}";
}

class CredentialsTest : public ::testing::Test {
protected:
    [[nodiscard]] static CredentialSettings vertex() {
        CredentialSettings settings;
        settings.provider = "vertex";
        settings.kind = "vertex";
        settings.credentials = boost::json::serialize(boost::json::object{
            {"type", "service_account"},
            {"client_email", "me@p"},
            {"private_key", tests::test_rsa_key().private_pem()},
            {"quota_project_id", "q1"}});
        return settings;
    }
    [[nodiscard]] static CredentialSettings bedrock_in_a_container() {
        CredentialSettings settings;
        settings.provider = "bedrock";
        settings.kind = "bedrock";
        settings.region = "eu-west-1";
        settings.credentials = "container";
        return settings;
    }
    [[nodiscard]] Result<std::string> added_by(const Credential& credential) {
        std::string head;
        const auto done = credential.append_auth_fields(
            {.method = "POST", .target = "/", .host = "h", .body = {}, .now = clock_.now()},
            signer_,
            head);
        return done ? Result<std::string>(head) : Result<std::string>(done.error());
    }
    void renew() { next_ = credentials_.renew_due(); }

    FakeClock clock_;
    FakeFetch server_;
    Credentials credentials_{
        environment_of({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/c"}}),
        [fetch = server_.fetch()](const net::AuthRequest& request, const std::atomic<bool>&) {
            return fetch(request);
        },
        clock_};
    net::SigV4Signer signer_;
    TimePoint next_;
};

TEST_F(CredentialsTest, FetchATokenOnceAndUseItUntilItIsRenewed) {
    server_.answer(200, token_answer("one", 3'600));
    server_.answer(200, token_answer("two", 3'600));
    const auto credential = credentials_.obtain(vertex()).value();

    renew();
    EXPECT_EQ(
        added_by(*credential).value(), "x-goog-user-project: q1\r\nauthorization: Bearer one\r\n");
    EXPECT_GE(next_, clock_.now() + seconds(3'060));
    EXPECT_LE(next_, clock_.now() + seconds(3'240));

    clock_.advance(seconds(3'000));
    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Bearer one\r\n"));
    clock_.advance(seconds(240));
    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Bearer two\r\n"));
    EXPECT_EQ(server_.asked.size(), 2U);
}

TEST_F(CredentialsTest, KeepTheOldTokenInUseWhileRenewalFails) {
    server_.answer(200, token_answer("one", 3'600));
    const auto credential = credentials_.obtain(vertex()).value();
    renew();

    clock_.advance(seconds(3'240));
    server_.answer(500, "");
    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Bearer one\r\n"));
    EXPECT_LE(next_, clock_.now() + seconds(2));

    clock_.advance(seconds(359));
    EXPECT_TRUE(added_by(*credential));
    clock_.advance(seconds(1));
    const auto ended = added_by(*credential);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::upstream_credentials);
    EXPECT_THAT(
        ended.error().detail(), HasSubstr("providers.vertex: its credentials have expired"));
    EXPECT_THAT(ended.error().detail(), HasSubstr("status 500"));

    server_.answer(200, token_answer("two", 3'600));
    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Bearer two\r\n"));
}

TEST_F(CredentialsTest, AskLessAndLessOftenWhileNobodyAnswers) {
    const auto credential = credentials_.obtain(vertex()).value();
    std::vector<long> pauses;
    for (int i = 0; i < 9; ++i) {
        renew();
        pauses.push_back(std::chrono::duration_cast<seconds>(next_ - clock_.now()).count());
        clock_.advance(next_ - clock_.now());
    }

    EXPECT_LE(pauses.front(), 1);
    EXPECT_GE(pauses[4], 11);
    EXPECT_GE(pauses.back(), 44);
    EXPECT_LE(pauses.back(), 75);
    EXPECT_THAT(added_by(*credential).error().detail(), HasSubstr("nobody is there"));
}

TEST_F(CredentialsTest, AreFetchedAgainWhenTheProviderRefusesThemButNotEachTime) {
    server_.answer(200, token_answer("one", 3'600));
    server_.answer(200, token_answer("two", 3'600));
    const auto credential = credentials_.obtain(vertex()).value();
    renew();

    credential->refused();
    clock_.advance(seconds(9));
    renew();
    EXPECT_EQ(server_.asked.size(), 1U);
    clock_.advance(seconds(1));
    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Bearer two\r\n"));

    clock_.advance(seconds(60));
    renew();
    EXPECT_EQ(server_.asked.size(), 2U);
}

TEST_F(CredentialsTest, RenewTheKeysOfARole) {
    const auto answer = [](const char* id, const char* end) {
        return std::string(R"({"AccessKeyId":")") + id +
               R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + end + R"("})";
    };
    server_.answer(200, answer("ASIA1", "2026-01-01T01:00:00Z"));
    server_.answer(200, answer("ASIA2", "2026-01-01T02:00:00Z"));
    const auto credential = credentials_.obtain(bedrock_in_a_container()).value();

    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("x-amz-security-token: t\r\n"));
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Credential=ASIA1/20260101/eu-west-1"));
    clock_.advance(seconds(3'240));
    renew();
    EXPECT_THAT(added_by(*credential).value(), HasSubstr("Credential=ASIA2/"));
    clock_.advance(seconds(3'960));
    EXPECT_EQ(added_by(*credential).error().code(), Errc::upstream_credentials);
}

TEST_F(CredentialsTest, AreSharedByEqualSettingsWhileSomebodyHoldsThem) {
    server_.answer(200, token_answer("one", 3'600));
    auto before_reload = credentials_.obtain(vertex()).value();
    renew();

    const auto after_reload = credentials_.obtain(vertex()).value();
    CredentialSettings other = vertex();
    other.provider = "another";
    const auto of_another = credentials_.obtain(other).value();
    renew();

    EXPECT_EQ(before_reload, after_reload);
    EXPECT_NE(before_reload, of_another);
    EXPECT_EQ(server_.asked.size(), 2U);
}

TEST_F(CredentialsTest, StopBeingRenewedWhenNobodyHoldsThem) {
    (void)credentials_.obtain(vertex()).value();

    renew();

    EXPECT_TRUE(server_.asked.empty());
    EXPECT_EQ(next_, TimePoint::max());
}

TEST_F(CredentialsTest, AreFetchedByTheThreadBeforeStartReturnsAndForNewOnes) {
    server_.answer(200, token_answer("one", 3'600));
    server_.answer(200, token_answer("two", 3'600));
    const auto first = credentials_.obtain(vertex()).value();

    credentials_.start(seconds(30));
    EXPECT_THAT(added_by(*first).value(), HasSubstr("Bearer one\r\n"));
    CredentialSettings other = vertex();
    other.provider = "another";
    const auto second = credentials_.obtain(other).value();
    while (!added_by(*second)) {
        std::this_thread::yield();
    }
    EXPECT_THAT(added_by(*second).value(), HasSubstr("Bearer two\r\n"));
    credentials_.stop();
}

TEST(Credentials, GiveUpAFetchWhenTheyStop) {
    std::atomic<bool> is_asked{false};
    Credentials credentials(
        environment_of({}),
        [&](const net::AuthRequest&,
            const std::atomic<bool>& cancelled) -> Result<net::AuthAnswer> {
            is_asked = true;
            while (!cancelled) {
                std::this_thread::yield();
            }
            return Error(Errc::upstream_unavailable, "cancelled");
        },
        system_clock());
    CredentialSettings settings;
    settings.provider = "p";
    settings.kind = "vertex";
    settings.credentials = "metadata";
    const auto credential = credentials.obtain(settings).value();

    credentials.start(std::chrono::milliseconds(1));
    while (!is_asked) {
        std::this_thread::yield();
    }
    credentials.stop();

    EXPECT_TRUE(is_asked);
}

}  // namespace
}  // namespace pulse::gateway
