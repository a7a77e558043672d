#include "base/settings/settings_value.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace pulse {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(Duration, ReadsAWholeNumberAndAUnit) {
    const std::vector<std::pair<std::string, milliseconds>> cases{
        {"250ms", 250ms},
        {"10s", 10s},
        {"60m", 1h},
        {"24h", 24h},
        {"90d", 24h * 90},
        {"2w", 24h * 14},
        {"0", 0ms},
        {"0s", 0ms},
        {"12mo", milliseconds{31'556'952'000}},
    };
    for (const auto& [text, value] : cases) {
        ASSERT_TRUE(parse_duration(text)) << text;
        EXPECT_EQ(parse_duration(text).value(), value) << text;
    }
}

TEST(Duration, RefusesOtherText) {
    for (const char* text :
         {"",
          "s",
          "-1s",
          "1.5s",
          "1 s",
          "10",
          "1h30m",
          "1S",
          "99999999999999999999s",
          "9223372036854775807d"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
    EXPECT_TRUE(parse_duration("10").error().detail().starts_with("has no unit; allowed are"));
}

TEST(Duration, IsShownInItsLargestUnitAndReadsBack) {
    const std::vector<std::pair<milliseconds, std::string>> cases{
        {0ms, "0"},
        {1ms, "1ms"},
        {1500ms, "1500ms"},
        {30s, "30s"},
        {60s, "1m"},
        {24h, "1d"},
        {168h, "7d"},
        {milliseconds{63'113'904'000}, "24mo"},
        {90min, "90m"},
    };
    for (const auto& [value, text] : cases) {
        EXPECT_EQ(format_duration(value), text);
        EXPECT_EQ(parse_duration(text).value(), value);
    }
}

TEST(Size, ReadsBytesAndBinaryAndDecimalUnits) {
    EXPECT_EQ(parse_size("64KiB").value(), 64U << 10);
    EXPECT_EQ(parse_size("32MiB").value(), 32U << 20);
    EXPECT_EQ(parse_size("4GiB").value(), std::uint64_t{4} << 30);
    EXPECT_EQ(parse_size("1TiB").value(), std::uint64_t{1} << 40);
    EXPECT_EQ(parse_size("10MB").value(), 10'000'000U);
    EXPECT_EQ(parse_size("512").value(), 512U);
    EXPECT_EQ(parse_size("0").value(), 0U);
}

TEST(Size, RefusesOtherText) {
    for (const char* text :
         {"", "MiB", "-1", "1.5GiB", "1 MiB", "1mib", "9223372036854775807KiB", "0x10"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(Size, IsShownInItsLargestUnitAndReadsBack) {
    for (const std::uint64_t bytes :
         {std::uint64_t{0},
          std::uint64_t{1},
          std::uint64_t{1000},
          std::uint64_t{65536},
          std::uint64_t{4} << 30,
          (std::uint64_t{4} << 30) + 1}) {
        EXPECT_EQ(parse_size(format_size(bytes)).value(), bytes);
    }
    EXPECT_EQ(format_size(std::uint64_t{4} << 30), "4GiB");
    EXPECT_EQ(format_size(65536), "64KiB");
    EXPECT_EQ(format_size(1000), "1000");
}

TEST(SettingType, HoldsValuesAgainstTheirBounds) {
    const auto duration = duration_setting({1s, 1min});
    const auto count = count_setting({1, 8});
    const auto size = size_setting({1, 1024});

    EXPECT_EQ(duration.name, "duration, 1s to 1m");
    EXPECT_EQ(duration.parse("1m").value(), 1min);
    EXPECT_EQ(duration.parse("61s").error().detail(), "is out of bounds; allowed is 1s to 1m");
    EXPECT_EQ(count.parse("9").error().detail(), "is out of bounds; allowed is 1 to 8");
    EXPECT_EQ(count.parse("8").value(), 8);
    EXPECT_EQ(
        count.parse("eight").error().detail(), "is no whole number; allowed is one such as 16");
    EXPECT_EQ(size.parse("1MiB").error().detail(), "is out of bounds; allowed is 1 to 1KiB");
}

enum class Mode { fast, slow, later };

TEST(SettingType, TakesOneOfAClosedSetOfWords) {
    const auto type = choice_setting<Mode>(
        {{"fast", Mode::fast},
         {"slow", Mode::slow},
         {"later", Mode::later, "comes later; allowed is fast"}});

    EXPECT_EQ(type.name, "fast | slow | later");
    EXPECT_EQ(type.parse("slow").value(), Mode::slow);
    EXPECT_EQ(type.format(Mode::slow), "slow");
    EXPECT_EQ(
        type.parse("quick").error().detail(), "is none of the words that are allowed: fast, slow");
    EXPECT_EQ(type.parse("later").error().detail(), "comes later; allowed is fast");
    EXPECT_EQ(
        switch_setting().parse("yes").error().detail(),
        "is none of the words that are allowed: true, false");
}

TEST(SettingType, ReadsMoneyFromDecimalText) {
    const auto type = money_setting(Money::parse("100").value());

    EXPECT_EQ(type.parse("0.15").value(), Money::parse("0.15").value());
    EXPECT_FALSE(type.parse("-1"));
    EXPECT_FALSE(type.parse("100.01"));
    EXPECT_FALSE(type.parse("cheap"));
}

TEST(SettingType, RefusesTextThatIsNoLine) {
    const auto type = text_setting({1, 5});

    EXPECT_EQ(type.parse("abc").value(), "abc");
    EXPECT_EQ(type.parse("").error().detail(), "is empty; a value is needed");
    EXPECT_EQ(type.parse("abcdef").error().detail(), "has 6 bytes; allowed are 1 to 5");
    EXPECT_EQ(
        type.parse("a\nb").error().detail(),
        "holds a control character; allowed is one line of text");
    EXPECT_FALSE(path_setting().parse(std::string_view{"a\0b", 3}));
}

}  // namespace
}  // namespace pulse
