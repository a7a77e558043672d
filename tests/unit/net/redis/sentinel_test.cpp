#include "tests/support/redis_server.h"

#include <gtest/gtest.h>

#include "client_fixture.h"
#include <string>

namespace pulse::net::redis {
namespace {

using tests::RedisServer;

class RedisSentinelSet : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        master_ = RedisServer::start({}, why);
        if (master_ == nullptr) {
            GTEST_SKIP() << why;
        }
        const std::string port = std::to_string(master_->port());
        replica_ = RedisServer::start({"--replicaof", "127.0.0.1 " + port}, why);
        ASSERT_NE(replica_, nullptr) << why;
        ASSERT_TRUE(replica_->await({"INFO", "replication"}, "master_link_status:up"));
        for (auto& sentinel : sentinels_) {
            sentinel = RedisServer::start_sentinel(master_->port(), why);
            ASSERT_NE(sentinel, nullptr) << why;
        }
        for (auto& sentinel : sentinels_) {
            ASSERT_TRUE(sentinel->await({"INFO", "sentinel"}, "slaves=1,sentinels=3"));
        }
    }
    [[nodiscard]] std::string url(const std::string& name = "the-master") const {
        return "redis+sentinel://" + sentinels_[0]->address() + "," + sentinels_[1]->address() +
               "," + sentinels_[2]->address() + "/" + name;
    }
    [[nodiscard]] static bool can_write(ClientThread& client) {
        return client.call({"SET", "k", "v"}).text() == "OK";
    }

    std::unique_ptr<RedisServer> master_;
    std::unique_ptr<RedisServer> replica_;
    std::unique_ptr<RedisServer> sentinels_[3];
};

TEST_F(RedisSentinelSet, NamesTheMasterAndItsSuccessor) {
    ClientThread client{url()};
    EXPECT_EQ(client.call({"SET", "k", "v"}).text(), "OK");
    Listening listening;
    client.run([&](Client& redis) { redis.subscribe("changes", listening); });
    ASSERT_TRUE(ClientThread::await([&] { return listening.subscribed == 1; }));

    master_->kill();
    ASSERT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(client.call({"GET", "k"}).is(Failure::Kind::unavailable));
    EXPECT_TRUE(ClientThread::await([&] { return can_write(client); }));

    EXPECT_EQ(replica_->command({"ROLE"}).substr(0, 6), "master");
    EXPECT_TRUE(ClientThread::await([&] { return listening.subscribed == 2; }));
    client.run([&](Client& redis) { redis.unsubscribe(listening); });
}

TEST_F(RedisSentinelSet, FollowsAFailoverOfALivingMasterAndAFrozenSentinel) {
    sentinels_[0]->freeze();
    ClientThread client{url()};
    ASSERT_TRUE(ClientThread::await([&] { return can_write(client); }));

    ASSERT_EQ(sentinels_[1]->command({"SENTINEL", "FAILOVER", "the-master"}), "OK");
    ASSERT_TRUE(replica_->await({"ROLE"}, "master"));

    EXPECT_TRUE(ClientThread::await([&] {
        return can_write(client) &&
               replica_->command({"CLIENT", "LIST"}).find("name=pulse") != std::string::npos;
    }));
}

TEST_F(RedisSentinelSet, SaysThatTheNameIsUnknown) {
    ClientThread client{url("another")};

    EXPECT_TRUE(client.await_state(NodeState::down));
    const Outcome outcome = client.call({"GET", "k"});
    EXPECT_TRUE(outcome.is(Failure::Kind::unavailable));
    EXPECT_NE(outcome.text().find("know no master \"another\""), std::string::npos)
        << outcome.text();
}

TEST(RedisSentinel, IsDownWhereNoSentinelAnswers) {
    ClientThread client{"redis+sentinel://127.0.0.1:1,127.0.0.1:2/m"};

    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(client.call({"GET", "k"}).is(Failure::Kind::unavailable));
}

}  // namespace
}  // namespace pulse::net::redis
