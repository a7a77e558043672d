#include "base/uuid.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace pulse {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kNow{milliseconds{1'767'225'600'123}};

TEST(Uuid, ReadsBackItsText) {
    const std::string text = "019b76da-a87b-7000-8123-456789abcdef";

    const std::optional<Uuid> id = Uuid::parse(text);

    ASSERT_TRUE(id);
    EXPECT_EQ(id->to_string(), text);
    EXPECT_EQ(Uuid::parse("019B76DA-A87B-7000-8123-456789ABCDEF"), id);
}

TEST(Uuid, RefusesOtherText) {
    for (const char* text :
         {"",
          "019b76da",
          "019b76daa87b70008123456789abcdef",
          "019b76da-a87b-7000-8123-456789abcdeg",
          "019b76da-a87b-7000-8123-456789abcdef0",
          "019b76daxa87b-7000-8123-456789abcdef",
          "{19b76da-a87b-7000-8123-456789abcde}",
          "019b76da-a87b-7000-81234-56789abcdef"}) {
        EXPECT_FALSE(Uuid::parse(text)) << text;
    }
}

TEST(Uuid, IsAppendedBehindWhatIsThere) {
    std::string out = "id=";

    Uuid{}.append_to(out);

    EXPECT_EQ(out, "id=00000000-0000-0000-0000-000000000000");
}

TEST(UuidGenerator, MakesVersionSevenIdsThatHoldTheirTime) {
    UuidGenerator generator;

    const Uuid id = generator.next(kNow);

    EXPECT_EQ(id.bytes[6] >> 4, 7);
    EXPECT_EQ(id.bytes[8] >> 6, 2);
    EXPECT_EQ(id.time(), kNow);
    EXPECT_EQ(id.to_string().substr(0, 13), "019b76da-a87b");
}

TEST(UuidGenerator, GrowsWhileTheClockStandsStill) {
    UuidGenerator generator;
    Uuid last = generator.next(kNow);

    // 4096 fit in the millisecond; the rest borrows from the next ones.
    for (int i = 0; i < 20'000; ++i) {
        const Uuid next = generator.next(kNow);
        ASSERT_LT(last, next);
        ASSERT_LT(last.to_string(), next.to_string());
        last = next;
    }
    EXPECT_LE(last.time() - kNow, milliseconds{5});
}

TEST(UuidGenerator, GrowsWhenTheClockGoesBack) {
    UuidGenerator generator;
    const Uuid first = generator.next(kNow);

    const Uuid second = generator.next(kNow - seconds{3600});
    const Uuid third = generator.next(kNow + milliseconds{1});

    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
    EXPECT_EQ(second.time(), kNow);
    EXPECT_EQ(third.time(), kNow + milliseconds{1});
}

TEST(UuidGenerator, StandsTimesOutsideItsRange) {
    UuidGenerator generator;

    const Uuid early = generator.next(TimePoint{seconds{-1}});
    const Uuid late = generator.next(TimePoint::max());

    EXPECT_EQ(early.time(), TimePoint{});
    EXPECT_LT(early, late);
}

TEST(UuidGenerator, DiffersFromOtherGeneratorsAtTheSameTime) {
    UuidGenerator a;
    UuidGenerator b;
    std::set<Uuid> seen;

    for (int i = 0; i < 1000; ++i) {
        seen.insert(a.next(kNow));
        seen.insert(b.next(kNow));
    }

    EXPECT_EQ(seen.size(), 2000U);
}

}  // namespace
}  // namespace pulse
