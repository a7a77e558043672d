#include "policy/limits/sliding_rate.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::seconds{1'767'225'600}};  // a bucket begins here

[[nodiscard]] SlidingRate make_rate(std::int64_t limit) {
    SlidingRate rate{limit};
    rate.advance(kStart);
    return rate;
}

TEST(SlidingRate, FitsUpToItsLimitAndNoMore) {
    SlidingRate rate = make_rate(10);
    rate.add(7);

    EXPECT_TRUE(rate.fits(3));
    EXPECT_FALSE(rate.fits(4));
    EXPECT_EQ(rate.remaining(), 3);
}

TEST(SlidingRate, SaysExactlyWhenTheNextOneFits) {
    SlidingRate rate = make_rate(2);
    rate.add(1);
    rate.advance(kStart + 10s);
    rate.add(1);

    EXPECT_EQ(rate.wait_for(1, kStart + 10s), 53s);
    EXPECT_EQ(rate.wait_for(2, kStart + 10s), 62s);
    EXPECT_EQ(rate.wait_for(3, kStart + 10s), std::nullopt);
    EXPECT_EQ(rate.wait_until_clear(kStart + 10s), 62s);
    rate.advance(kStart + 63s - 1us);
    EXPECT_FALSE(rate.fits(1));
    rate.advance(kStart + 63s);
    EXPECT_TRUE(rate.fits(1));
}

TEST(SlidingRate, IsClearWhenNothingWasCounted) {
    const SlidingRate rate = make_rate(2);

    EXPECT_EQ(rate.wait_until_clear(kStart), 0ms);
    EXPECT_EQ(rate.wait_for(1, kStart), 0ms);
}

TEST(SlidingRate, GivesBackToTheBucketItWasCountedIn) {
    SlidingRate rate = make_rate(10);
    const std::int64_t bucket = rate.add(8);
    rate.advance(kStart + 30s);
    rate.add(2);

    rate.give_back(bucket, 5);

    EXPECT_EQ(rate.remaining(), 5);
    rate.advance(kStart + 63s);
    EXPECT_EQ(rate.remaining(), 8);
}

TEST(SlidingRate, GivesNothingBackForABucketThatHasEnded) {
    SlidingRate rate = make_rate(10);
    const std::int64_t bucket = rate.add(8);
    rate.advance(kStart + 63s);
    rate.add(4);

    rate.give_back(bucket, 8);

    EXPECT_EQ(rate.remaining(), 6);
}

TEST(SlidingRate, LowersFollowingMinutesByADebtUntilItIsPaid) {
    SlidingRate rate = make_rate(100);
    rate.add(10);

    rate.owe(240);

    EXPECT_EQ(rate.used(), 250);
    EXPECT_EQ(rate.remaining(), 0);
    EXPECT_EQ(rate.wait_for(60, kStart), 2 * 63s + 63s);
    rate.advance(kStart + 63s);
    EXPECT_EQ(rate.used(), 150);
    rate.advance(kStart + 126s);
    EXPECT_EQ(rate.used(), 50);
    EXPECT_EQ(rate.remaining(), 50);
    rate.advance(kStart + 189s);
    EXPECT_EQ(rate.remaining(), 100);
}

TEST(SlidingRate, PaysALargeDebtOverALongSilenceAsIfItHadWatched) {
    SlidingRate watched = make_rate(100);
    watched.add(30);
    watched.owe(100'000);
    SlidingRate silent = watched;

    for (std::chrono::seconds at = 0s; at <= 40'000s; at += 3s) {
        watched.advance(kStart + at);
    }
    silent.advance(kStart + 40'000s);

    EXPECT_EQ(silent.used(), watched.used());
    EXPECT_EQ(silent.wait_for(1, kStart + 40'000s), watched.wait_for(1, kStart + 40'000s));
    EXPECT_GT(silent.used(), 100);
}

TEST(SlidingRate, SaysWhenADebtIsPaid) {
    SlidingRate rate = make_rate(7);
    rate.add(2);
    rate.advance(kStart + 17s);
    rate.add(3);
    rate.advance(kStart + 31s);
    rate.owe(50);

    const std::chrono::milliseconds wait = rate.wait_for(4, kStart + 31s).value();

    SlidingRate before = rate;
    before.advance(kStart + 31s + wait - 1ms);
    EXPECT_FALSE(before.fits(4));
    rate.advance(kStart + 31s + wait);
    EXPECT_TRUE(rate.fits(4));
}

TEST(SlidingRate, CountsAMinuteMoreWhenTheClockGoesBack) {
    SlidingRate rate = make_rate(5);
    rate.add(5);

    rate.advance(kStart - 1h);

    EXPECT_FALSE(rate.fits(1));
    rate.advance(kStart - 1h + 63s);
    EXPECT_TRUE(rate.fits(5));
}

TEST(SlidingRate, ToleratesReadingsOfTheClockThatAreALittleOutOfOrder) {
    SlidingRate rate = make_rate(5);
    rate.advance(kStart + 3s);
    rate.add(2);
    rate.advance(kStart + 2s);
    rate.add(2);

    EXPECT_EQ(rate.remaining(), 1);
    rate.advance(kStart + 63s);
    EXPECT_EQ(rate.remaining(), 1);
    rate.advance(kStart + 66s);
    EXPECT_EQ(rate.remaining(), 5);
}

TEST(SlidingRate, FollowsALimitThatIsLowered) {
    SlidingRate rate = make_rate(100);
    rate.add(80);

    rate.set_limit(50);
    rate.advance(kStart + 1s);

    EXPECT_FALSE(rate.fits(1));
    EXPECT_EQ(rate.remaining(), 0);
    rate.advance(kStart + 63s);
    EXPECT_EQ(rate.remaining(), 50);
}

TEST(SlidingRate, NeverAdmitsMoreThanTheLimitInAnyMinuteAndUsesNearlyAllOfIt) {
    constexpr std::int64_t kLimit = 50;
    constexpr std::chrono::seconds kSpan = 6'300s;
    SlidingRate rate = make_rate(kLimit);
    std::mt19937_64 random{7};
    std::uniform_int_distribution<std::int64_t> step{0, 900'000};
    std::deque<TimePoint> minute;
    std::int64_t admitted = 0;
    std::size_t most = 0;

    for (TimePoint now = kStart; now < kStart + kSpan;
         now += std::chrono::microseconds{step(random)}) {
        rate.advance(now);
        if (rate.fits(1)) {
            rate.add(1);
            ++admitted;
            minute.push_back(now);
        }
        while (!minute.empty() && minute.front() < now - 60s) {
            minute.pop_front();
        }
        most = std::max(most, minute.size());
    }

    EXPECT_LE(most, static_cast<std::size_t>(kLimit));
    EXPECT_GE(admitted, kLimit * (kSpan / 60s) * 95 / 100);
}

}  // namespace
}  // namespace pulse::policy
