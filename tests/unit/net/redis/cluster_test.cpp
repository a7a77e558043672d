#include "net/redis/detail/command.h"
#include "tests/support/redis_server.h"

#include <gtest/gtest.h>

#include "client_fixture.h"
#include <string>

namespace pulse::net::redis {
namespace {

using tests::RedisCluster;

class RedisClusterOfSix : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        cluster_ = RedisCluster::start(why);
        if (cluster_ == nullptr) {
            GTEST_SKIP() << why;
        }
    }
    /// One seed is enough; it names the others.
    [[nodiscard]] std::string url() { return "redis+cluster://" + cluster_->node(1).address(); }

    /// Moves the slot to node `to`, as far as `MIGRATING` on `from` and `IMPORTING` there.
    void begin_move(const std::string& slot, std::size_t from, std::size_t to) {
        const std::string from_id = cluster_->node(from).command({"CLUSTER", "MYID"});
        const std::string to_id = cluster_->node(to).command({"CLUSTER", "MYID"});
        ASSERT_EQ(
            cluster_->node(to).command({"CLUSTER", "SETSLOT", slot, "IMPORTING", from_id}), "OK");
        ASSERT_EQ(
            cluster_->node(from).command({"CLUSTER", "SETSLOT", slot, "MIGRATING", to_id}), "OK");
    }

    std::unique_ptr<RedisCluster> cluster_;
};

TEST_F(RedisClusterOfSix, BringsEachKeyToItsNode) {
    ClientThread client{url()};
    const Script script{"return redis.call('INCR', KEYS[1]) + redis.call('INCR', KEYS[2])"};

    for (int i = 0; i < 100; ++i) {
        const std::string key = "{org" + std::to_string(i) + "}a";
        const std::string other = "{org" + std::to_string(i) + "}b";
        ASSERT_EQ(client.eval(script, {key, other}, {}).text(), "2");
    }

    // After the map is there, nothing is redirected but the script's loading on three nodes.
    EXPECT_EQ(client.run([](Client& redis) { return redis.nodes().size(); }), 3U);
    EXPECT_LE(client.metrics().redirects, 4U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_GT(std::stoi(cluster_->node(i).command({"DBSIZE"})), 20);
    }
}

TEST_F(RedisClusterOfSix, FollowsASlotThatMoves) {
    ClientThread client{url()};
    // foo is of slot 12182, which the third master has.
    ASSERT_EQ(client.call({"SET", "foo", "v"}).text(), "OK");
    ASSERT_EQ(client.call({"SET", "{foo}2", "v2"}).text(), "OK");
    begin_move("12182", 2, 0);

    EXPECT_EQ(client.call({"GET", "foo"}).text(), "v");
    ASSERT_EQ(
        cluster_->node(2).command(
            {"MIGRATE", "127.0.0.1", std::to_string(cluster_->node(0).port()), "foo", "0", "5000"}),
        "OK");
    EXPECT_EQ(client.call({"GET", "foo"}).text(), "v");             // ASK
    EXPECT_EQ(client.call({"SET", "{foo}new", "n"}).text(), "OK");  // ASK
    EXPECT_EQ(cluster_->node(0).command({"DBSIZE"}), "2");

    // Keys on both sides: TRYAGAIN until the deadline, which may pass between two tries or within one.
    const Script both{"return redis.call('GET', KEYS[1]) .. redis.call('GET', KEYS[2])"};
    const Outcome torn = client.eval(both, {"foo", "{foo}2"}, {});
    EXPECT_TRUE(torn.is(Failure::Kind::unavailable) || torn.is(Failure::Kind::deadline))
        << torn.text();

    ASSERT_EQ(
        cluster_->node(2).command(
            {"MIGRATE",
             "127.0.0.1",
             std::to_string(cluster_->node(0).port()),
             "{foo}2",
             "0",
             "5000"}),
        "OK");
    const std::string id = cluster_->node(0).command({"CLUSTER", "MYID"});
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_EQ(cluster_->node(i).command({"CLUSTER", "SETSLOT", "12182", "NODE", id}), "OK");
    }
    const std::uint64_t redirects = client.metrics().redirects;
    EXPECT_EQ(client.eval(both, {"foo", "{foo}2"}, {}).text(), "vv2");  // MOVED
    EXPECT_GT(client.metrics().redirects, redirects);
    const std::uint64_t known = client.metrics().redirects;
    EXPECT_EQ(client.call({"GET", "foo"}).text(), "v");
    EXPECT_EQ(client.metrics().redirects, known);
}

TEST_F(RedisClusterOfSix, GoesToThePromotedReplicaOfAMasterThatDied) {
    ClientThread client{url()};
    ASSERT_EQ(client.call({"SET", "foo", "v"}).text(), "OK");
    ASSERT_EQ(client.call({"SET", "bar", "v"}).text(), "OK");
    ASSERT_EQ(cluster_->node(2).command({"WAIT", "1", "5000"}), "1");
    cluster_->node(2).kill();

    // Only the dead master's keys fail, with words that say so; then its replica has them.
    EXPECT_TRUE(ClientThread::await([&] {
        const Outcome other = client.call({"GET", "bar"});
        EXPECT_TRUE(other.reply || other.is(Failure::Kind::unavailable)) << other.text();
        const Outcome outcome = client.call({"GET", "foo"});
        EXPECT_TRUE(
            outcome.text() == "v" || outcome.is(Failure::Kind::unavailable) ||
            outcome.is(Failure::Kind::connection_lost))
            << outcome.text();
        return outcome.text() == "v";
    }));
    EXPECT_TRUE(client.await_state(NodeState::up));
}

TEST_F(RedisClusterOfSix, PassesOnWhatIsPublishedAtAnyNode) {
    ClientThread client{url()};
    Listening listening;
    client.run([&](Client& redis) { redis.subscribe("changes", listening); });
    ASSERT_TRUE(ClientThread::await([&] { return listening.subscribed == 1; }));

    for (std::size_t i = 0; i < 3; ++i) {
        const std::string text = "from " + std::to_string(i);
        (void)cluster_->node(i).command({"PUBLISH", "changes", text});
        EXPECT_TRUE(ClientThread::await([&] { return listening.has(text); })) << text;
    }
    client.run([&](Client& redis) { redis.unsubscribe(listening); });
}

TEST(RedisClusterSeeds, AreDownTogether) {
    ClientThread client{"redis+cluster://127.0.0.1:1,127.0.0.1:2"};

    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(client.call({"GET", "k"}).is(Failure::Kind::unavailable));
}

}  // namespace
}  // namespace pulse::net::redis
