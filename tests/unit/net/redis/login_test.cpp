#include "tests/support/redis_server.h"
#include "tests/support/server_process.h"

#include <gtest/gtest.h>

#include "../test_certificates.h"
#include "client_fixture.h"
#include <string>

namespace pulse::net::redis {
namespace {

using tests::RedisServer;

TEST(RedisLogin, UsesAPassword) {
    std::string why;
    const auto server = RedisServer::start({"--requirepass", "se/cret"}, why);
    if (server == nullptr) {
        GTEST_SKIP() << why;
    }
    ClientThread client{"redis://:se%2Fcret@" + server->address() + "/2"};
    EXPECT_EQ(client.call({"SET", "k", "v"}).text(), "OK");

    ClientThread wrong{"redis://:hunter2@" + server->address()};
    EXPECT_TRUE(wrong.await_state(NodeState::down));
    EXPECT_NE(wrong.states.text().find("refused (WRONGPASS)"), std::string::npos);
    EXPECT_EQ(wrong.states.text().find("hunter2"), std::string::npos);
    const Outcome outcome = wrong.call({"GET", "k"});
    EXPECT_TRUE(outcome.is(Failure::Kind::unavailable));
    EXPECT_EQ(outcome.text().find("hunter2"), std::string::npos);

    ClientThread none{"redis://" + server->address()};
    EXPECT_TRUE(none.await_state(NodeState::down));
    EXPECT_NE(none.states.text().find("NOAUTH"), std::string::npos);
}

TEST(RedisLogin, UsesAUserOfTheAccessControlList) {
    std::string why;
    const auto server = RedisServer::start({}, why);
    if (server == nullptr) {
        GTEST_SKIP() << why;
    }
    // Neither PING nor CLIENT: what a user may not do does not keep it from what it may.
    ASSERT_EQ(
        server->command({"ACL", "SETUSER", "pulse", "on", ">pw", "~p:*", "+get", "+set"}), "OK");
    ClientThread client{"redis://pulse:pw@" + server->address()};

    EXPECT_EQ(client.call({"SET", "p:k", "v"}).text(), "OK");
    EXPECT_TRUE(client.call({"SET", "other", "v"}).text().starts_with("NOPERM"));
    Listening listening;
    client.run([&](Client& redis) { redis.subscribe("changes", listening); });
    EXPECT_TRUE(ClientThread::await([&] { return listening.refused > 0; }));
    EXPECT_EQ(server->command({"ACL", "SETUSER", "pulse", "+subscribe", "allchannels"}), "OK");
    EXPECT_TRUE(ClientThread::await([&] { return listening.subscribed == 1; }));
    // It may not PING either: that it is told so proves as much as a PONG.
    std::this_thread::sleep_for(std::chrono::milliseconds{2'500});
    EXPECT_EQ(listening.interrupted, 0);
    client.run([&](Client& redis) { redis.unsubscribe(listening); });
}

TEST(RedisLogin, SpeaksTlsToWhomItTrusts) {
    TestCertificates certificates;
    std::string why;
    tests::give_to_server_user(certificates.authority().parent_path());
    const auto server = RedisServer::start(
        {"--tls-cert-file",
         certificates.certificate().string(),
         "--tls-key-file",
         certificates.private_key().string(),
         "--tls-ca-cert-file",
         certificates.authority().string(),
         "--tls-auth-clients",
         "no"},
        why);
    if (server == nullptr) {
        GTEST_SKIP() << why;
    }
    const auto settings_with = [&](const std::string& options) {
        ClientSettings settings =
            ClientThread::settings_for("rediss://" + server->address() + options);
        settings.tls = open_redis_tls(settings.address).value();
        return settings;
    };

    ClientThread client{settings_with("?ca=" + certificates.authority().string())};
    EXPECT_EQ(client.call({"SET", "k", std::string(100'000, 'x')}).text(), "OK");
    EXPECT_EQ(client.call({"GET", "k"}).text().size(), 100'000U);

    ClientThread distrustful{settings_with("")};
    EXPECT_TRUE(distrustful.await_state(NodeState::down));
    EXPECT_NE(distrustful.states.text().find("certificate"), std::string::npos)
        << distrustful.states.text();
}

TEST(RedisLogin, SaysWhyAuthoritiesCannotBeUsed) {
    const auto tls = open_redis_tls(*parse_redis_url("rediss://h?ca=/no/such/file.pem"));

    ASSERT_FALSE(tls);
    EXPECT_EQ(tls.error().code(), Errc::configuration);
    EXPECT_NE(tls.error().detail().find("/no/such/file.pem"), std::string::npos);
}

}  // namespace
}  // namespace pulse::net::redis
