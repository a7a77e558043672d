#include "net/redis/address.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::net::redis {
namespace {

TEST(RedisAddress, ReadsOneServerWithAllParts) {
    const auto address = parse_redis_url("redis://pulse:se%3Acret@redis.internal:6380/3");

    ASSERT_TRUE(address) << address.error().detail();
    EXPECT_EQ(address->topology, Topology::single);
    EXPECT_EQ(address->hosts, (std::vector<HostPort>{{"redis.internal", 6380}}));
    EXPECT_EQ(address->user, "pulse");
    EXPECT_EQ(address->password, "se:cret");
    EXPECT_EQ(address->database, 3);
    EXPECT_FALSE(address->uses_tls);
}

TEST(RedisAddress, FillsInPorts) {
    EXPECT_EQ(
        parse_redis_url("redis://a,[::1]:7000,[fe80::2]")->hosts,
        (std::vector<HostPort>{{"a", 6379}, {"::1", 7000}, {"fe80::2", 6379}}));
    EXPECT_EQ(
        parse_redis_url("redis+sentinel://a,b:1/m")->hosts,
        (std::vector<HostPort>{{"a", 26379}, {"b", 1}}));
}

TEST(RedisAddress, ReadsAPasswordWithoutUser) {
    const auto address = parse_redis_url("redis://:p@ss@127.0.0.1");

    ASSERT_TRUE(address) << address.error().detail();
    EXPECT_EQ(address->user, "");
    EXPECT_EQ(address->password, "p@ss");
}

TEST(RedisAddress, ReadsSentinelsClustersAndAuthorities) {
    const auto sentinel =
        parse_redis_url("rediss+sentinel://s1:1,s2:2/the-master/4?ca=/etc/ca%20x.pem");
    ASSERT_TRUE(sentinel) << sentinel.error().detail();
    EXPECT_EQ(sentinel->topology, Topology::sentinel);
    EXPECT_EQ(sentinel->master_name, "the-master");
    EXPECT_EQ(sentinel->database, 4);
    EXPECT_TRUE(sentinel->uses_tls);
    EXPECT_EQ(sentinel->ca, "/etc/ca x.pem");

    const auto cluster = parse_redis_url("redis+cluster://n1:1,n2:2/");
    ASSERT_TRUE(cluster) << cluster.error().detail();
    EXPECT_EQ(cluster->topology, Topology::cluster);
    EXPECT_EQ(cluster->hosts.size(), 2U);
}

class RefusedRedisUrl : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RefusedRedisUrl, SaysWhatIsWrongAndNeverRepeatsThePassword) {
    const auto address = parse_redis_url(GetParam().first);

    ASSERT_FALSE(address);
    EXPECT_EQ(address.error().code(), Errc::configuration);
    EXPECT_NE(address.error().detail().find(GetParam().second), std::string::npos)
        << address.error().detail();
    EXPECT_NE(
        address.error().detail().find("redis://[user:password@]host:port"), std::string::npos);
    EXPECT_EQ(address.error().detail().find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Urls,
    RefusedRedisUrl,
    testing::Values(
        std::pair{"", "scheme"},
        std::pair{"localhost:6379", "scheme"},
        std::pair{"http://localhost", "scheme"},
        std::pair{"redis://", "no host"},
        std::pair{"redis://a,,b", "no host"},
        std::pair{"redis://:hunter2@:6379", "no host"},
        std::pair{"redis://:hunter2@h:0", "port"},
        std::pair{"redis://u:hunter2@h:70000", "port"},
        std::pair{"redis://u:hunter2@h:12a", "port"},
        std::pair{"redis://u:hunter2@[::1", "]"},
        std::pair{"redis://u:hunter2@h/abc", "database"},
        std::pair{"redis://u:hunter2@h/-1", "database"},
        std::pair{"redis://hunter2@h", "password"},
        std::pair{"redis://u:hunter2/x@h", "port"},
        std::pair{"redis+cluster://u:hunter2@h/1", "number 0"},
        std::pair{"redis+sentinel://u:hunter2@h", "master's name"},
        std::pair{"redis://u:hunter2@h?ca=/x", "no TLS"},
        std::pair{"rediss://u:hunter2@h?verify=no", "option"}));

TEST(RedisAddress, IsShownWithoutItsPassword) {
    EXPECT_EQ(
        without_password(*parse_redis_url("rediss://me:hunter2@h:1,[::1]:2/5")),
        "rediss://me@h:1,[::1]:2/5");
    EXPECT_EQ(
        without_password(*parse_redis_url("redis+sentinel://:hunter2@h/the-master")),
        "redis+sentinel://h:26379/the-master/0");
    EXPECT_EQ(without_password(*parse_redis_url("redis+cluster://h")), "redis+cluster://h:6379");
}

}  // namespace
}  // namespace pulse::net::redis
