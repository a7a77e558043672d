#include "tests/support/redis_server.h"

#include <gtest/gtest.h>

#include "client_fixture.h"
#include <string>

namespace pulse::net::redis {
namespace {

using tests::RedisServer;

class RedisSingleNode : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        server_ = RedisServer::start({}, why);
        if (server_ == nullptr) {
            GTEST_SKIP() << why;
        }
    }
    [[nodiscard]] std::string url() const { return "redis://" + server_->address(); }

    std::unique_ptr<RedisServer> server_;
};

TEST_F(RedisSingleNode, AnswersTheFirstCallsThoughItConnectsMeanwhile) {
    ClientThread client{url()};

    EXPECT_EQ(client.call({"SET", "k", "a\r\nb"}).text(), "OK");
    EXPECT_EQ(client.call({"GET", "k"}).text(), "a\r\nb");
    EXPECT_TRUE(client.call({"GET", "absent"}).reply->is_nil());
    EXPECT_EQ(client.call({"HSET", "h", "f", "v"}).text(), "1");
    EXPECT_EQ(client.call({"HGETALL", "h"}).reply->at(1).text(), "v");
    EXPECT_EQ(client.call({"CLIENT", "GETNAME"}).text(), "pulse");
    EXPECT_EQ(client.states.states(), std::vector<std::string>{"up"});
}

TEST_F(RedisSingleNode, GivesErrorsOfTheCommandToItsHandler) {
    ClientThread client{url()};
    ASSERT_EQ(client.call({"SET", "k", "text"}).text(), "OK");

    const Outcome outcome = client.call({"INCR", "k"});

    ASSERT_TRUE(outcome.reply);
    EXPECT_TRUE(outcome.reply->is_error());
    EXPECT_EQ(outcome.text(), "ERR value is not an integer or out of range");
}

TEST_F(RedisSingleNode, LoadsAScriptThatTheServerDoesNotHave) {
    ClientThread client{url()};
    const Script script{"return {redis.call('INCRBY', KEYS[1], ARGV[1]), 'x'}"};

    EXPECT_EQ(client.eval(script, {"n"}, {"2"}).reply->at(0).integer(), 2);
    EXPECT_EQ(client.metrics().redirects, 1U);
    EXPECT_EQ(client.eval(script, {"n"}, {"3"}).reply->at(0).integer(), 5);
    EXPECT_EQ(client.metrics().redirects, 1U);
    ASSERT_EQ(server_->command({"SCRIPT", "FLUSH"}), "OK");
    EXPECT_EQ(client.eval(script, {"n"}, {"4"}).reply->at(0).integer(), 9);
    EXPECT_EQ(
        client.eval(Script{"return redis.call('NO')"}, {"n"}, {}).reply->kind(),
        Reply::Kind::error);
}

TEST_F(RedisSingleNode, SendsWhatOneTurnIssuesInOneWriteAndAnswersInOrder) {
    ClientThread client{url()};
    ASSERT_EQ(client.call({"PING"}).text(), "PONG");
    const std::uint64_t writes = client.metrics().writes;
    constexpr int kCalls = 1000;
    std::vector<int> order;
    std::promise<void> ended;

    client.run([&](Client&) {
        for (int i = 0; i < kCalls; ++i) {
            client.start({"ECHO", std::to_string(i)}, [&, i](const Outcome& outcome) {
                EXPECT_EQ(outcome.text(), std::to_string(i));
                order.push_back(i);
                if (order.size() == kCalls) {
                    ended.set_value();
                }
            });
            EXPECT_TRUE(order.empty());
        }
    });
    ended.get_future().wait();

    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(client.metrics().writes, writes + 1);
    EXPECT_EQ(client.metrics().in_flight, 0U);
}

TEST_F(RedisSingleNode, CallsNobodyWhoForgotOrIsGone) {
    ClientThread client{url()};
    ASSERT_EQ(client.call({"PING"}).text(), "PONG");
    const std::vector<std::string_view> words{"INCR", "n"};
    const auto never = [](const Outcome&) {
        FAIL() << "called";
    };

    auto* const forgetful = new OneCall{never};
    client.run([&](Client& redis) {
        redis.command("n", words, *forgetful);
        EXPECT_TRUE(forgetful->is_waiting());
        forgetful->forget();
        EXPECT_FALSE(forgetful->is_waiting());
        OneCall gone{never};
        redis.command("n", words, gone);
    });

    EXPECT_EQ(client.call({"INCR", "n"}).text(), "3");
    client.run([&](Client&) { delete forgetful; });
}

TEST_F(RedisSingleNode, FailsWhatWaitsForAFrozenServerAtItsDeadlineAndThenAtOnce) {
    ClientSettings settings = ClientThread::settings_for(url());
    settings.deadline = std::chrono::milliseconds{50};
    ClientThread client{settings};
    ASSERT_TRUE(client.await_state(NodeState::up));
    server_->freeze();

    // In reality about 52 ms; a machine that is busy must not fail the test.
    for (int i = 0; i < settings.misses_max; ++i) {
        const Outcome outcome = client.call({"GET", "k"});
        EXPECT_TRUE(outcome.is(Failure::Kind::deadline)) << outcome.text();
        EXPECT_GE(outcome.took.count(), 49);
        EXPECT_LE(outcome.took.count(), 500);
    }
    const Outcome outcome = client.call({"GET", "k"});
    EXPECT_TRUE(outcome.is(Failure::Kind::unavailable)) << outcome.text();
    EXPECT_LE(outcome.took.count(), 20);
    EXPECT_EQ(client.run([](Client& redis) { return redis.is_available("k"); }), false);

    // Long enough for the connection to be given up too.
    std::this_thread::sleep_for(std::chrono::milliseconds{2'500});
    server_->thaw();
    const auto thawed = std::chrono::steady_clock::now();
    EXPECT_TRUE(client.await_state(NodeState::up));
    EXPECT_LE(std::chrono::steady_clock::now() - thawed, std::chrono::seconds{2});
    EXPECT_EQ(client.states.states(), (std::vector<std::string>{"up", "down", "up"}));
    EXPECT_NE(client.states.text().find("without a reply in time"), std::string::npos);
}

TEST_F(RedisSingleNode, DropsTheLateRepliesOfAServerThatThaws) {
    ClientSettings settings = ClientThread::settings_for(url());
    settings.deadline = std::chrono::milliseconds{100};
    settings.misses_max = 1000;
    ClientThread client{settings};
    ASSERT_TRUE(client.await_state(NodeState::up));
    server_->freeze();
    ASSERT_TRUE(client.call({"ECHO", "late"}).is(Failure::Kind::deadline));
    server_->thaw();

    EXPECT_TRUE(ClientThread::await([&] { return client.call({"ECHO", "new"}).text() == "new"; }));
    EXPECT_EQ(client.metrics().reconnects, 0U);
}

TEST_F(RedisSingleNode, IsUpAgainAsSoonAsLateRepliesComeAfterAHiccup) {
    ClientSettings settings = ClientThread::settings_for(url());
    settings.deadline = std::chrono::milliseconds{100};
    settings.misses_max = 1;
    ClientThread client{settings};
    ASSERT_TRUE(client.await_state(NodeState::up));
    server_->freeze();
    ASSERT_TRUE(client.call({"ECHO", "late"}).is(Failure::Kind::deadline));
    server_->thaw();

    EXPECT_TRUE(client.await_state(NodeState::up));
    EXPECT_EQ(client.metrics().reconnects, 0U);
}

TEST_F(RedisSingleNode, NoticesWithoutAnyCallThatTheServerIsFrozen) {
    ClientSettings settings = ClientThread::settings_for(url());
    settings.deadline = std::chrono::milliseconds{50};
    ClientThread client{settings};
    ASSERT_TRUE(client.await_state(NodeState::up));

    server_->freeze();
    EXPECT_TRUE(client.await_state(NodeState::down));
    server_->thaw();
    EXPECT_TRUE(client.await_state(NodeState::up));
}

TEST_F(RedisSingleNode, FailsCallsOfALostConnectionAndComesBackToAnEmptyServer) {
    ClientThread client{url()};
    const Script script{"return redis.call('INCR', KEYS[1])"};
    ASSERT_EQ(client.eval(script, {"n"}, {}).text(), "1");
    std::this_thread::sleep_for(std::chrono::milliseconds{1'100});
    server_->freeze();
    std::promise<Outcome> lost;
    client.run([&](Client&) {
        client.start({"GET", "n"}, [&](Outcome outcome) { lost.set_value(std::move(outcome)); });
    });
    server_->kill();

    const Outcome outcome = lost.get_future().get();
    EXPECT_TRUE(outcome.is(Failure::Kind::connection_lost)) << outcome.text();
    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(client.call({"GET", "n"}).is(Failure::Kind::unavailable));
    ASSERT_TRUE(server_->launch());
    const auto launched = std::chrono::steady_clock::now();
    EXPECT_TRUE(client.await_state(NodeState::up));
    EXPECT_LE(std::chrono::steady_clock::now() - launched, std::chrono::seconds{2});
    EXPECT_EQ(client.eval(script, {"n"}, {}).text(), "1");
    EXPECT_EQ(client.states.states(), (std::vector<std::string>{"up", "connecting", "down", "up"}));
}

TEST_F(RedisSingleNode, BoundsWhatWaits) {
    ClientSettings settings = ClientThread::settings_for(url());
    settings.in_flight_max = 10;
    ClientThread client{settings};
    ASSERT_TRUE(client.await_state(NodeState::up));
    int replies = 0;
    int overloaded = 0;
    std::promise<void> ended;

    client.run([&](Client&) {
        for (int i = 0; i < 15; ++i) {
            client.start({"ECHO", "x"}, [&](const Outcome& outcome) {
                ++(outcome.is(Failure::Kind::overloaded) ? overloaded : replies);
                if (replies + overloaded == 15) {
                    ended.set_value();
                }
            });
        }
        EXPECT_EQ(replies + overloaded, 0);
    });
    ended.get_future().wait();

    EXPECT_EQ(replies, 10);
    EXPECT_EQ(overloaded, 5);
}

TEST_F(RedisSingleNode, ClosesAConnectionWhoseReplyIsTooLarge) {
    ClientSettings settings = ClientThread::settings_for(url());
    settings.reply_bytes_max = 100'000;
    ClientThread client{settings};
    ASSERT_EQ(client.call({"SETRANGE", "large", "500000", "x"}).text(), "500001");
    std::this_thread::sleep_for(std::chrono::milliseconds{1'100});

    const Outcome outcome = client.call({"GET", "large"});

    EXPECT_TRUE(outcome.is(Failure::Kind::protocol)) << outcome.text();
    EXPECT_TRUE(client.await_state(NodeState::up));
    EXPECT_EQ(client.call({"STRLEN", "large"}).text(), "500001");
}

TEST_F(RedisSingleNode, SelectsItsDatabase) {
    ClientThread client{url() + "/3"};
    ASSERT_EQ(client.call({"SET", "k", "v"}).text(), "OK");

    EXPECT_EQ(server_->command({"DBSIZE"}), "0");
    ClientThread wrong{url() + "/99"};
    EXPECT_TRUE(wrong.await_state(NodeState::down));
    EXPECT_NE(wrong.states.text().find("database 99 is refused"), std::string::npos);
}

TEST_F(RedisSingleNode, TakesTheFirstMasterOfSeveral) {
    std::string why;
    const auto replica =
        RedisServer::start({"--replicaof", "127.0.0.1 " + std::to_string(server_->port())}, why);
    ASSERT_NE(replica, nullptr) << why;
    ASSERT_TRUE(replica->await({"INFO", "replication"}, "master_link_status:up"));
    ClientThread client{"redis://" + replica->address() + "," + server_->address()};

    EXPECT_TRUE(ClientThread::await([&] { return client.call({"SET", "k", "v"}).text() == "OK"; }));
    server_->kill();
    ASSERT_EQ(replica->command({"REPLICAOF", "NO", "ONE"}), "OK");
    EXPECT_TRUE(ClientThread::await([&] { return client.call({"SET", "k", "w"}).text() == "OK"; }));
    EXPECT_EQ(replica->command({"GET", "k"}), "w");
}

TEST_F(RedisSingleNode, SaysThatItNeedsAnotherSchemeForACluster) {
    std::string why;
    const auto node = RedisServer::start({"--cluster-enabled", "yes"}, why);
    ASSERT_NE(node, nullptr) << why;
    ASSERT_EQ(node->command({"CLUSTER", "ADDSLOTS", "1"}), "OK");
    ClientThread client{"redis://" + node->address()};

    const Outcome outcome = client.call({"GET", "foo"});

    EXPECT_TRUE(outcome.is(Failure::Kind::unavailable)) << outcome.text();
    EXPECT_NE(outcome.text().find("CLUSTERDOWN"), std::string::npos);
}

TEST_F(RedisSingleNode, HearsWhatIsPublishedAlsoAfterARestart) {
    ClientThread client{url()};
    Listening first;
    Listening second;
    client.run([&](Client& redis) {
        redis.subscribe("changes", first);
        redis.subscribe("changes", second);
    });
    ASSERT_TRUE(
        ClientThread::await([&] { return first.subscribed == 1 && second.subscribed == 1; }));

    ASSERT_EQ(client.call({"PUBLISH", "changes", "one"}).text(), "1");
    ASSERT_TRUE(ClientThread::await([&] { return first.has("one") && second.has("one"); }));
    server_->kill();
    ASSERT_TRUE(ClientThread::await([&] { return first.interrupted == 1; }));
    ASSERT_TRUE(server_->launch());
    ASSERT_TRUE(ClientThread::await([&] { return first.subscribed == 2; }));
    client.run([&](Client& redis) { redis.unsubscribe(second); });
    ASSERT_TRUE(client.await_state(NodeState::up));
    ASSERT_EQ(client.call({"PUBLISH", "changes", "two"}).text(), "1");
    ASSERT_TRUE(ClientThread::await([&] { return first.has("two"); }));
    EXPECT_FALSE(second.has("two"));
    client.run([&](Client& redis) { redis.unsubscribe(first); });
}

TEST_F(RedisSingleNode, NoticesASubscriptionThatIsDead) {
    ClientThread client{url()};
    Listening listening;
    client.run([&](Client& redis) { redis.subscribe("changes", listening); });
    ASSERT_TRUE(ClientThread::await([&] { return listening.subscribed == 1; }));

    server_->freeze();
    EXPECT_TRUE(ClientThread::await([&] { return listening.interrupted == 1; }));
    server_->thaw();
    EXPECT_TRUE(ClientThread::await([&] { return listening.subscribed == 2; }));
    client.run([&](Client& redis) { redis.unsubscribe(listening); });
}

}  // namespace
}  // namespace pulse::net::redis
