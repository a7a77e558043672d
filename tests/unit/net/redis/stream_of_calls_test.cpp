#include "tests/support/redis_server.h"

#include <gtest/gtest.h>

#include "client_fixture.h"
#include <chrono>
#include <optional>
#include <string>
#include <thread>

namespace pulse::net::redis {
namespace {

using std::chrono::milliseconds;
using tests::RedisCluster;
using tests::RedisServer;

/// How many calls ended how.
struct Ends {
    int made = 0;
    int replies = 0;
    int errors = 0;         ///< error replies: there must be none
    int maybe = 0;          ///< failures that may have been executed
    int certainly_not = 0;  ///< the others
};

/// Keeps 64 INCRs in flight, on keys of every part of a cluster, until it is told to end.
class StreamOfCalls {
public:
    static constexpr int kInFlight = 64;
    static constexpr int kKeys = 16;

    explicit StreamOfCalls(ClientThread& client) : client_(client) {
        client_.run([this](Client&) {
            rest_.emplace(
                client_.loop(),
                [](void* self) { static_cast<StreamOfCalls*>(self)->on_rested(); },
                this);
            for (int i = 0; i < kInFlight; ++i) {
                call();
            }
        });
    }
    /// After its last call has ended.
    [[nodiscard]] Ends end() {
        client_.run([this](Client&) { is_ending_ = true; });
        EXPECT_TRUE(ClientThread::await(
            [this] { return client_.run([this](Client&) { return waiting_ == 0; }); }));
        client_.run([this](Client&) { rest_.reset(); });
        return ends_;
    }
    [[nodiscard]] bool await_more_replies() {
        const auto replies = [this] {
            return client_.run([this](Client&) { return ends_.replies; });
        };
        const int before = replies();
        return ClientThread::await([&] { return replies() > before + 10 * kInFlight; });
    }

private:
    void call() {
        ++waiting_;
        const std::string key = "v" + std::to_string(++ends_.made % kKeys);
        client_.start({"INCR", key}, [this](const Outcome& outcome) { on_end(outcome); });
    }
    void on_end(const Outcome& outcome) {
        --waiting_;
        if (outcome.reply) {
            ++(outcome.reply->is_error() ? ends_.errors : ends_.replies);
        } else {
            ++(may_have_executed(outcome.failure->kind) ? ends_.maybe : ends_.certainly_not);
        }
        if (is_ending_) {
            return;
        }
        if (outcome.reply) {
            call();
        } else if (++resting_ == 1) {
            rest_->arm(milliseconds{20});
        }
    }
    void on_rested() {
        for (; resting_ > 0 && !is_ending_; --resting_) {
            call();
        }
    }

    ClientThread& client_;
    Ends ends_;
    int waiting_ = 0;
    int resting_ = 0;  // calls that failed, and are not made again at once
    bool is_ending_ = false;
    std::optional<Timer> rest_;
};

[[nodiscard]] int sum_of_counters(ClientThread& client) {
    int sum = 0;
    for (int i = 0; i < StreamOfCalls::kKeys; ++i) {
        const Outcome outcome = client.call({"GET", "v" + std::to_string(i)});
        EXPECT_TRUE(outcome.reply) << outcome.text();
        sum += std::atoi(outcome.text().c_str());
    }
    return sum;
}

[[nodiscard]] ClientSettings with_short_deadline(const std::string& url) {
    ClientSettings settings = ClientThread::settings_for(url);
    settings.deadline = milliseconds{100};
    return settings;
}

TEST(RedisStreamOfCalls, LosesAndDoublesNothingWhenTheServerFreezes) {
    std::string why;
    const auto server = RedisServer::start({}, why);
    if (server == nullptr) {
        GTEST_SKIP() << why;
    }
    ClientThread client{with_short_deadline("redis://" + server->address())};
    StreamOfCalls stream{client};
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(stream.await_more_replies());
        server->freeze();
        EXPECT_TRUE(client.await_state(NodeState::down));
        EXPECT_TRUE(client.call({"INCR", "v0"}).is(Failure::Kind::unavailable));
        server->thaw();
    }
    ASSERT_TRUE(stream.await_more_replies());
    const Ends ends = stream.end();

    const int sum = sum_of_counters(client);
    EXPECT_EQ(ends.errors, 0);
    EXPECT_EQ(ends.made, ends.replies + ends.maybe + ends.certainly_not);
    EXPECT_GE(ends.maybe, StreamOfCalls::kInFlight);
    EXPECT_GE(sum, ends.replies);
    EXPECT_LE(sum, ends.replies + ends.maybe);
}

TEST(RedisStreamOfCalls, GoesOnWithTheNextMasterOfASentinelSet) {
    std::string why;
    const auto master = RedisServer::start({}, why);
    if (master == nullptr) {
        GTEST_SKIP() << why;
    }
    const auto replica =
        RedisServer::start({"--replicaof", "127.0.0.1 " + std::to_string(master->port())}, why);
    ASSERT_TRUE(replica->await({"INFO", "replication"}, "master_link_status:up"));
    std::unique_ptr<RedisServer> sentinels[3];
    std::string url = "redis+sentinel://";
    for (auto& sentinel : sentinels) {
        sentinel = RedisServer::start_sentinel(master->port(), why);
        url += (url.back() == '/' ? "" : ",") + sentinel->address();
    }
    for (auto& sentinel : sentinels) {
        ASSERT_TRUE(sentinel->await({"INFO", "sentinel"}, "slaves=1,sentinels=3"));
    }
    ClientThread client{with_short_deadline(url + "/the-master")};
    StreamOfCalls stream{client};
    ASSERT_TRUE(stream.await_more_replies());

    master->kill();
    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(stream.await_more_replies());
    const Ends ends = stream.end();

    EXPECT_EQ(ends.errors, 0);
    EXPECT_EQ(ends.made, ends.replies + ends.maybe + ends.certainly_not);
    // What the dead master had acknowledged and not yet copied is lost: that is Redis.
    EXPECT_LE(sum_of_counters(client), ends.replies + ends.maybe);
}

TEST(RedisStreamOfCalls, GoesOnWithTheNextMasterOfAClustersSlots) {
    std::string why;
    const auto cluster = RedisCluster::start(why);
    if (cluster == nullptr) {
        GTEST_SKIP() << why;
    }
    ClientThread client{with_short_deadline("redis+cluster://" + cluster->addresses())};
    StreamOfCalls stream{client};
    ASSERT_TRUE(stream.await_more_replies());

    cluster->node(0).kill();
    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(client.await_state(NodeState::up));
    EXPECT_TRUE(stream.await_more_replies());
    const Ends ends = stream.end();

    EXPECT_EQ(ends.errors, 0);
    EXPECT_EQ(ends.made, ends.replies + ends.maybe + ends.certainly_not);
    EXPECT_LE(sum_of_counters(client), ends.replies + ends.maybe);
}

TEST(RedisStreamOfCalls, IsNotHarmedByReshardingOfACluster) {
    std::string why;
    const auto cluster = RedisCluster::start(why);
    if (cluster == nullptr) {
        GTEST_SKIP() << why;
    }
    ClientSettings settings = ClientThread::settings_for("redis+cluster://" + cluster->addresses());
    settings.deadline = milliseconds{5'000};
    ClientThread client{settings};
    StreamOfCalls stream{client};
    ASSERT_TRUE(stream.await_more_replies());

    // The first 150 slots of the other two masters, among them those of two of the keys.
    EXPECT_TRUE(tests::run_redis_cli(
        {"--cluster",
         "reshard",
         cluster->node(0).address(),
         "--cluster-from",
         "all",
         "--cluster-to",
         cluster->node(0).command({"CLUSTER", "MYID"}),
         "--cluster-slots",
         "300",
         "--cluster-yes"},
        cluster->node(0).folder() / "reshard.log"));
    EXPECT_TRUE(stream.await_more_replies());
    const Ends ends = stream.end();

    EXPECT_EQ(ends.errors, 0);
    EXPECT_EQ(ends.replies, ends.made);
    EXPECT_EQ(sum_of_counters(client), ends.replies);
    EXPECT_GT(client.metrics().redirects, 0U);
}

}  // namespace
}  // namespace pulse::net::redis
