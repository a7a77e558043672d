#include "net/redis/detail/command.h"
#include "net/redis/detail/reply_parser.h"
#include "net/redis/detail/server_error.h"
#include "net/redis/detail/slot_map.h"
#include "net/redis/script.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace pulse::net::redis::detail {
namespace {

using Found = ReplyParser::Found;

Reply reply_of(std::string_view bytes) {
    ReplyParser parser{1 << 20};
    parser.feed(bytes);
    EXPECT_EQ(parser.next(), Found::reply) << parser.reason();
    return parser.reply();
}

TEST(RedisCommand, IsAnArrayOfBulkStrings) {
    std::string out;
    append_command(out, std::array<std::string_view, 3>{"SET", "", "a\r\nb"});

    EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\nb\r\n");
}

TEST(RedisCommand, TurnsEvalshaIntoEval) {
    const Script script{"return 1"};
    std::string evalsha;
    append_evalsha(
        evalsha,
        script,
        std::array<std::string_view, 1>{"k"},
        std::array<std::string_view, 2>{"a", "bb"});

    EXPECT_EQ(script.sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    EXPECT_EQ(
        evalsha,
        "*6\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n"
        "$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n$2\r\nbb\r\n");
    EXPECT_EQ(
        eval_of(evalsha, script),
        "*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n$2\r\nbb\r\n");
}

TEST(RedisSlot, IsWhatTheSpecificationSays) {
    EXPECT_EQ(slot_of("123456789"), 0x31C3);
    EXPECT_EQ(slot_of("foo"), 12182);
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
    EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
}

TEST(RedisReply, HasAllKinds) {
    const Reply reply =
        reply_of("*5\r\n:-42\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n+OK\r\n*0\r\n-ERR no\r\n");

    ASSERT_EQ(reply.kind(), Reply::Kind::array);
    ASSERT_EQ(reply.elements().size(), 5U);
    EXPECT_EQ(reply.at(0).integer(), -42);
    EXPECT_EQ(reply.at(1).text(), "a\r\n");
    EXPECT_TRUE(reply.at(2).is_nil());
    EXPECT_EQ(reply.at(3).at(0).text(), "OK");
    EXPECT_EQ(reply.at(3).at(1).kind(), Reply::Kind::array);
    EXPECT_TRUE(reply.at(4).is_error());
    EXPECT_EQ(reply.at(4).text(), "ERR no");
    EXPECT_TRUE(reply.at(5).is_nil());
}

TEST(RedisReply, IsTheSameHoweverItIsCut) {
    const std::string bytes = "*2\r\n*2\r\n:1\r\n$5\r\nhello\r\n$-1\r\n+next\r\n";
    ReplyParser parser{1 << 20};
    int replies = 0;
    for (const char byte : bytes) {
        parser.feed({&byte, 1});
        while (parser.next() == Found::reply) {
            ++replies;
            EXPECT_EQ(
                replies == 1 ? parser.reply().at(0).at(1).text() : parser.reply().text(),
                replies == 1 ? "hello" : "next");
        }
    }
    EXPECT_EQ(replies, 2);
}

TEST(RedisReply, EndsWithAReasonWhenItIsNone) {
    ReplyParser parser{1 << 20};
    parser.feed("+fine\r\nHTTP/1.1 400 Bad Request\r\n");

    EXPECT_EQ(parser.next(), Found::reply);
    EXPECT_EQ(parser.next(), Found::bad);
    EXPECT_EQ(parser.next(), Found::bad);
    EXPECT_FALSE(parser.reason().empty());
}

TEST(RedisReply, IsBounded) {
    ReplyParser parser{1000};
    parser.feed("$2000000000\r\n" + std::string(2000, 'x'));

    EXPECT_EQ(parser.next(), Found::bad);
    EXPECT_NE(parser.reason().find("1000 bytes"), std::string::npos);
}

TEST(RedisReply, AnnouncedElementsCostNothing) {
    ReplyParser parser{1000};
    parser.feed("*2147483647\r\n:1\r\n");

    EXPECT_EQ(parser.next(), Found::more);
}

TEST(RedisServerError, IsToldFromTheCommandsOwn) {
    using Kind = ServerError::Kind;
    const auto kind = [](std::string_view text) {
        return server_error_of(reply_of("-" + std::string{text} + "\r\n")).kind;
    };
    EXPECT_EQ(kind("NOSCRIPT No matching script."), Kind::no_script);
    EXPECT_EQ(kind("TRYAGAIN Multiple keys request during rehashing of slot"), Kind::try_again);
    EXPECT_EQ(kind("CLUSTERDOWN The cluster is down"), Kind::cluster_down);
    EXPECT_EQ(kind("LOADING Redis is loading the dataset in memory"), Kind::loading);
    EXPECT_EQ(kind("READONLY You can't write against a read only replica."), Kind::not_master);
    EXPECT_EQ(
        kind("ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY "
             "You "
             "can't write against a read only replica."),
        Kind::not_master);
    EXPECT_EQ(kind("MASTERDOWN Link with MASTER is down"), Kind::not_master);
    EXPECT_EQ(kind("BUSY Redis is busy running a script."), Kind::busy);
    EXPECT_EQ(kind("WRONGTYPE Operation against a key"), Kind::none);
    EXPECT_EQ(kind("MOVED"), Kind::none);
    EXPECT_EQ(kind("MOVED 16384 a:1"), Kind::none);
    EXPECT_EQ(kind("ASK 1 nowhere"), Kind::none);
    EXPECT_EQ(server_error_of(reply_of("+MOVED 1 a:1\r\n")).kind, Kind::none);
}

TEST(RedisServerError, NamesWhereToGo) {
    const ServerError moved = server_error_of(reply_of("-MOVED 3999 127.0.0.1:6381\r\n"));
    EXPECT_EQ(moved.kind, ServerError::Kind::moved);
    EXPECT_EQ(moved.slot, 3999);
    EXPECT_EQ(moved.server, (HostPort{"127.0.0.1", 6381}));

    const ServerError ask = server_error_of(reply_of("-ASK 1 ::1:6381\r\n"));
    EXPECT_EQ(ask.kind, ServerError::Kind::ask);
    EXPECT_EQ(ask.server, (HostPort{"::1", 6381}));

    EXPECT_EQ(server_error_of(reply_of("-MOVED 1 :6381\r\n")).server, (HostPort{"", 6381}));
}

TEST(RedisSlotMap, ReadsMastersAndWhomToAsk) {
    const auto map = read_slot_map(
        reply_of("*2\r\n*4\r\n:0\r\n:100\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n*3\r\n$1\r\nb\r\n:"
                 "2\r\n$2\r\nid\r\n"
                 "*3\r\n:101\r\n:16383\r\n*2\r\n$0\r\n\r\n:3\r\n"),
        "asked");

    ASSERT_TRUE(map);
    ASSERT_EQ(map->ranges.size(), 2U);
    EXPECT_EQ(map->ranges[0].last, 100);
    EXPECT_EQ(map->ranges[0].master, (HostPort{"a", 1}));
    EXPECT_EQ(map->ranges[1].master, (HostPort{"asked", 3}));
    EXPECT_EQ(map->servers.size(), 3U);
}

TEST(RedisSlotMap, RefusesWhatIsNone) {
    EXPECT_FALSE(read_slot_map(reply_of("*0\r\n"), "h"));
    EXPECT_FALSE(
        read_slot_map(reply_of("-ERR This instance has cluster support disabled\r\n"), "h"));
    EXPECT_FALSE(
        read_slot_map(reply_of("*1\r\n*3\r\n:5\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n"), "h"));
    EXPECT_FALSE(read_slot_map(reply_of("*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n"), "h"));
    EXPECT_FALSE(read_slot_map(reply_of("*1\r\n*2\r\n:5\r\n:6\r\n"), "h"));
}

}  // namespace
}  // namespace pulse::net::redis::detail
