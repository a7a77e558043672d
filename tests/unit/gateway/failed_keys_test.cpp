#include "gateway/exchange/failed_keys.h"

#include "tests/unit/gateway/exchange_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pulse::gateway {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

[[nodiscard]] policy::IpAddress address(std::string_view text) {
    return policy::parse_address(text).value();
}

[[nodiscard]] SteadyTime at(std::chrono::milliseconds since) {
    return SteadyTime{1h} + since;
}

constexpr FailedKeys::Limits kThree{.burst = 3, .refill = 1s};

TEST(FailedKeys, LetsABurstPassAndSaysHowLongToWaitThen) {
    FailedKeys failed(kThree);
    const auto guesser = address("192.0.2.1");

    EXPECT_EQ(failed.note(guesser, at(0s)), std::nullopt);
    EXPECT_EQ(failed.note(guesser, at(0s)), std::nullopt);
    EXPECT_EQ(failed.note(guesser, at(0s)), std::nullopt);
    EXPECT_EQ(failed.note(guesser, at(0s)), 1s);
    EXPECT_EQ(failed.note(guesser, at(400ms)), 600ms);
    EXPECT_EQ(failed.note(guesser, at(1s)), std::nullopt);
    EXPECT_EQ(failed.note(guesser, at(1s)), 1s);
}

TEST(FailedKeys, ForgetsInTime) {
    FailedKeys failed(kThree);
    const auto guesser = address("192.0.2.1");
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(failed.note(guesser, at(0s)));
    }

    EXPECT_EQ(failed.note(guesser, at(3s)), std::nullopt);
    EXPECT_EQ(failed.note(guesser, at(3s)), std::nullopt);
    EXPECT_EQ(failed.note(guesser, at(3s)), std::nullopt);
    EXPECT_NE(failed.note(guesser, at(3s)), std::nullopt);
}

TEST(FailedKeys, TakesAnIpv6NetworkForOneGuesserAndIpv4AddressesForMany) {
    FailedKeys failed(kThree);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(failed.note(address("2001:db8:1:2::" + std::to_string(i)), at(0s)), std::nullopt);
        EXPECT_EQ(failed.note(address("192.0.2." + std::to_string(i)), at(0s)), std::nullopt);
    }

    EXPECT_NE(failed.note(address("2001:db8:1:2:ffff::1"), at(0s)), std::nullopt);
    EXPECT_EQ(failed.note(address("2001:db8:1:3::1"), at(0s)), std::nullopt);
    EXPECT_EQ(failed.note(address("192.0.2.9"), at(0s)), std::nullopt);
}

TEST(FailedKeys, RemembersWhoFailsMostWhereManyFailOnce) {
    FailedKeys failed(kThree);
    const auto guesser = address("192.0.2.1");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(failed.note(guesser, at(0s)), std::nullopt);
    }
    for (int i = 0; i < 60'000; ++i) {
        const std::string other = "10." + std::to_string(i / 250) + ".0." + std::to_string(i % 250);
        static_cast<void>(failed.note(address(other), at(0s)));
    }

    EXPECT_NE(failed.note(guesser, at(0s)), std::nullopt);
}

[[nodiscard]] std::string ask(tests::GatewayBench& bench, std::string_view key, int host) {
    tests::ScriptedCaller caller(bench.port());
    caller.send(
        "GET /v1/models HTTP/1.1\r\nhost: p\r\nx-forwarded-for: 192.0.2." + std::to_string(host) +
        "\r\nauthorization: Bearer " + std::string(key) + "\r\n\r\n");
    return caller.read_answer();
}

TEST(FailedKeys, AreAnsweredWith429AndDisturbNobodyElse) {
    tests::GatewayBench bench({.trusted_proxies = {"127.0.0.1/32"}}, {});
    const std::string wrong = "sk-pulse-" + std::string(40, 'x');
    std::string last;
    int refused = 0;
    for (int i = 0; i < 200 && refused == 0; ++i) {
        last = ask(bench, wrong, 1);
        refused += last.find("HTTP/1.1 401") == std::string::npos ? 1 : 0;
    }

    EXPECT_THAT(last, HasSubstr("HTTP/1.1 429"));
    EXPECT_THAT(last, HasSubstr("retry-after: "));
    EXPECT_THAT(last, HasSubstr("rate_limit_exceeded"));
    EXPECT_THAT(ask(bench, tests::GatewayBench::kKey, 1), HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(ask(bench, wrong, 2), HasSubstr("HTTP/1.1 401"));
}

}  // namespace
}  // namespace pulse::gateway
