#include "pricing/catalog/decimal.h"

#include "pricing/catalog/price.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::pricing {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

/// "AMOUNT/PER", with a ~ when digits were dropped, or what is wrong.
std::string amount(std::string_view usd, std::int64_t units, std::int64_t per) {
    const auto read = parse_amount(usd, units, per);
    if (!read) {
        return read.error().detail();
    }
    return std::to_string(read->amount_pico) + "/" + std::to_string(read->per) +
           (read->denoised ? "~" : "");
}

TEST(Decimal, ReadsPricesExactly) {
    EXPECT_EQ(amount("2.5", kMillion, kMillion), "2500000000000/1000000");
    EXPECT_EQ(amount("0.08333", kMillion, kMillion), "83330000000/1000000");
    EXPECT_EQ(amount("2.5e-06", 1, kMillion), "2500000000000/1000000");
    EXPECT_EQ(amount("1e-07", 1, kMillion), "100000000000/1000000");
    EXPECT_EQ(amount("1.59263611e-07", 1, kMillion), "159263611000/1000000");
    EXPECT_EQ(amount("0.167", 1, 1), "167000000000/1");
    EXPECT_EQ(amount("0.111", 3'600, 3'600), "111000000000/3600");
    EXPECT_EQ(amount("0", 1, kMillion), "0/1000000");
    EXPECT_EQ(amount("0.0", 1, 1), "0/1");
    EXPECT_EQ(amount("100", 1, 1), "100000000000000/1");
    EXPECT_EQ(amount("1E2", 1, 1), "100000000000000/1");
}

TEST(Decimal, GrowsTheUnitUntilTheAmountIsWhole) {
    EXPECT_EQ(amount("2.0751953125e-09", 1, kMillion), "2075195312500/1000000000");
    EXPECT_EQ(amount("1e-13", 1, 1), "100/1000");
    EXPECT_EQ(amount("2.0751953125e-19", 1, kMillion), "is finer than can be stored");
}

TEST(Decimal, DropsTheNoiseOfBinaryFloatsBehindTwelveDigits) {
    EXPECT_EQ(amount("0.00000100000000000000015", 1, kMillion), "1000000000000/1000000~");
    EXPECT_EQ(amount("0.0002833333333333333", 1, 1), "283333333333/1000~");
    EXPECT_EQ(amount("1.2999999999999999e-06", 1, kMillion), "1300000000000/1000000~");
    EXPECT_EQ(amount("123456789012", 1, kMillion), "is too large");
    // Half to even at the thirteenth digit, as decimal arithmetic does it.
    EXPECT_EQ(amount("1.000000000005", kMillion, kMillion), "1000000000000/1000000~");
    EXPECT_EQ(amount("1.000000000015", kMillion, kMillion), "1000000000020/1000000~");
}

TEST(Decimal, RefusesWhatIsNoPrice) {
    EXPECT_EQ(amount("-1e-6", 1, kMillion), "is negative");
    EXPECT_EQ(amount("", 1, 1), "is no number");
    EXPECT_EQ(amount(".", 1, 1), "is no number");
    EXPECT_EQ(amount("1.2.3", 1, 1), "is no number");
    EXPECT_EQ(amount("1e", 1, 1), "is no number");
    EXPECT_EQ(amount("NaN", 1, 1), "is no number");
    EXPECT_EQ(amount("1e9999999999", 1, 1), "is too large");
    EXPECT_EQ(amount("1e-9999999999", 1, 1), "is finer than can be stored");
    EXPECT_EQ(amount(std::string(1'000, '9'), 1, 1), "is no number");
}

TEST(Decimal, ReadsFactorsAsFractions) {
    EXPECT_EQ(*parse_factor("1.1"), (Factor{11, 10}));
    EXPECT_EQ(*parse_factor("0"), (Factor{0, 1}));
    EXPECT_EQ(*parse_factor("100"), (Factor{100, 1}));
    EXPECT_FALSE(parse_factor("100.1"));
    EXPECT_FALSE(parse_factor("-1"));
    EXPECT_FALSE(parse_factor("0.0000000001"));
    EXPECT_FALSE(parse_factor("one"));
}

TEST(Decimal, TurnsADiscountIntoWhatIsLeft) {
    EXPECT_EQ(*parse_discount("0.333"), (Factor{667, 1'000}));
    EXPECT_EQ(*parse_discount("0.15"), (Factor{17, 20}));
    EXPECT_EQ(*parse_discount("1"), (Factor{0, 1}));
    EXPECT_EQ(*parse_discount("0"), (Factor{1, 1}));
    EXPECT_FALSE(parse_discount("1.5"));
    EXPECT_FALSE(parse_discount("-0.1"));
}

TEST(Decimal, MultipliesFactorsInLowestTerms) {
    EXPECT_EQ((Factor{6, 5} * Factor{11, 10}), (Factor{33, 25}));
    EXPECT_EQ((Factor{3, 4} * Factor{}), (Factor{3, 4}));
    EXPECT_EQ((Factor{0, 1} * Factor{6, 5}), (Factor{0, 1}));
    // Beyond the bound it is rounded up, so that a ceiling stays one.
    const auto large =
        Factor{999'999'999'999, 1'000'000'000'000} * Factor{999'999'999'989, 999'999'999'997};
    EXPECT_LE(large.denominator, kFactorMax);
    EXPECT_EQ(large, (Factor{1, 1}));
}

TEST(Decimal, ReadsWholeNumbersInAnyForm) {
    EXPECT_EQ(parse_whole("256000.0"), 256'000);
    EXPECT_EQ(parse_whole("2.56e5"), 256'000);
    EXPECT_EQ(parse_whole("0"), 0);
    EXPECT_FALSE(parse_whole("1.5"));
    EXPECT_FALSE(parse_whole("-1"));
    EXPECT_FALSE(parse_whole("1e30"));
}

TEST(Decimal, ReadsQuantitiesWithAFewDigitsBehindThePoint) {
    EXPECT_EQ(*parse_quantity("12.5"), (Factor{25, 2}));
    EXPECT_EQ(*parse_quantity("3599"), (Factor{3'599, 1}));
    EXPECT_FALSE(parse_quantity("0.0000001"));
    EXPECT_FALSE(parse_quantity("-1"));
    EXPECT_FALSE(parse_quantity("1e20"));
}

TEST(Multiplier, IsADecimalOrAFraction) {
    EXPECT_EQ(*parse_multiplier("0.85"), (Factor{17, 20}));
    EXPECT_EQ(*parse_multiplier("2/3"), (Factor{2, 3}));
    EXPECT_EQ(*parse_multiplier("0/7"), (Factor{0, 1}));
    for (const char* text :
         {"1/0",
          "/3",
          "2/",
          "-2/3",
          "2/-3",
          "1.5/2",
          "2/3/4",
          "101/1",
          "1e3/9",
          "1234567890/1",
          "a/b",
          ""}) {
        EXPECT_FALSE(parse_multiplier(text).has_value()) << text;
    }
}

TEST(Multiplier, IsWrittenAsItIsRead) {
    for (const char* text : {"0.85", "2/3", "0", "1", "100", "1/999999999", "0.000000001"}) {
        EXPECT_EQ(multiplier_text(*parse_multiplier(text)), text);
    }
}

}  // namespace
}  // namespace pulse::pricing
