#include "base/money.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace pulse {
namespace {

constexpr Int128 kTenToTwelve = 1'000'000'000'000;
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

[[nodiscard]] Int128 int128(std::uint64_t high, std::uint64_t low) {
    __extension__ using Bits = unsigned __int128;
    return static_cast<Int128>(Bits{high} << 64U | low);
}

const Int128 kMax = int128(0x7fff'ffff'ffff'ffffU, ~std::uint64_t{0});
const Int128 kMin = -kMax - 1;

[[nodiscard]] std::string text_of(Int128 pico) {
    return Money::from_pico(pico).to_string();
}

/// The parsed amount as text, or the error's detail.
[[nodiscard]] std::string reading_of(std::string_view text) {
    const Result<Money> money = Money::parse(text);
    return money ? money->to_string() : "error: " + money.error().detail();
}

TEST(MoneyText, IsTheShortestExactDecimal) {
    EXPECT_EQ(text_of(0), "0");
    EXPECT_EQ(text_of(1), "0.000000000001");
    EXPECT_EQ(text_of(18'000'000), "0.000018");
    EXPECT_EQ(text_of(-1'500'000'000'000), "-1.5");
    EXPECT_EQ(text_of(kTenToTwelve), "1");
    EXPECT_EQ(text_of(-1), "-0.000000000001");
    EXPECT_EQ(text_of(100 * kTenToTwelve), "100");
    EXPECT_EQ(
        text_of(Int128{std::numeric_limits<std::int64_t>::max()} * kTenToTwelve),
        "9223372036854775807");
}

TEST(MoneyText, HoldsTheLargestAndSmallestAmount) {
    EXPECT_EQ(text_of(kMax), "170141183460469231731687303.715884105727");
    EXPECT_EQ(text_of(kMin), "-170141183460469231731687303.715884105728");
}

TEST(MoneyText, IsAppendedBehindWhatIsThere) {
    std::string out = "cost=";

    Money::from_pico(5'000'000'000).append_to(out);

    EXPECT_EQ(out, "cost=0.005");
}

TEST(MoneyParse, ReadsDecimalText) {
    EXPECT_EQ(reading_of("12.5"), "12.5");
    EXPECT_EQ(reading_of("-0.000001"), "-0.000001");
    EXPECT_EQ(reading_of("1e-7"), "0.0000001");
    EXPECT_EQ(reading_of("1E+3"), "1000");
    EXPECT_EQ(reading_of("+2.50"), "2.5");
    EXPECT_EQ(reading_of(".5"), "0.5");
    EXPECT_EQ(reading_of("007"), "7");
    EXPECT_EQ(reading_of("-0"), "0");
    EXPECT_EQ(reading_of("0e9999999999"), "0");
    EXPECT_EQ(reading_of("0.0000000000010000"), "0.000000000001");
    EXPECT_EQ(reading_of("12345678901234567890.000000000001"), "12345678901234567890.000000000001");
    EXPECT_EQ(reading_of("1000000e-18"), "0.000000000001");
}

TEST(MoneyParse, ReadsTheLargestAndSmallestAmountAndNotOneBeyond) {
    EXPECT_EQ(Money::parse("170141183460469231731687303.715884105727").value().pico(), kMax);
    EXPECT_EQ(Money::parse("-170141183460469231731687303.715884105728").value().pico(), kMin);
    EXPECT_FALSE(Money::parse("170141183460469231731687303.715884105728"));
    EXPECT_FALSE(Money::parse("-170141183460469231731687303.715884105729"));
}

TEST(MoneyParse, RefusesWhatIsNoDecimalNumber) {
    for (const char* text :
         {"",
          "-",
          "+",
          ".",
          "5.",
          "1e",
          "1e+",
          "--1",
          "1.2.3",
          "1,5",
          " 1",
          "1 ",
          "0x10",
          "nan",
          "inf",
          "1e5.",
          "$1",
          "1_000",
          "12a"}) {
        const Result<Money> money = Money::parse(text);
        ASSERT_FALSE(money) << text;
        EXPECT_EQ(money.error().code(), Errc::invalid_request) << text;
    }
}

TEST(MoneyParse, RefusesDigitsBeyondAPicoAndAmountsBeyondTheRange) {
    EXPECT_EQ(
        reading_of("0.0000000000001"), "error: \"0.0000000000001\" is finer than 0.000000000001");
    EXPECT_EQ(reading_of("1e-13"), "error: \"1e-13\" is finer than 0.000000000001");
    EXPECT_EQ(reading_of("1e27"), "error: \"1e27\" is too large an amount");
    EXPECT_EQ(reading_of("1e999999999999"), "error: \"1e999999999999\" is too large an amount");
}

TEST(MoneyParse, KeepsItsErrorShortForLongText) {
    const Result<Money> money = Money::parse(std::string(10'000, 'x'));

    ASSERT_FALSE(money);
    EXPECT_LT(money.error().detail().size(), 200U);
}

TEST(MoneyParse, ReadsBackEveryAmountItsTextWasMadeFrom) {
    std::mt19937_64 random{20'261'118};
    for (int i = 0; i < 20'000; ++i) {
        const int shift = static_cast<int>(random() % 127);
        const Money money = Money::from_pico(int128(random(), random()) >> shift);
        const std::string text = money.to_string();
        ASSERT_EQ(Money::parse(text).value(), money) << text;
        ASSERT_LE(text.size(), 41U);
    }
}

TEST(MoneySum, IsExactAndOrdered) {
    const Money a = Money::parse("0.1").value();
    const Money b = Money::parse("0.2").value();

    EXPECT_EQ(a + b, Money::parse("0.3").value());
    EXPECT_EQ((a - b).to_string(), "-0.1");
    EXPECT_LT(a, b);
    EXPECT_GT(Money{}, a - b);
    EXPECT_TRUE((a - a).is_zero());
}

TEST(MoneySum, OfPartsIsTheWhole) {
    std::mt19937_64 random{7};
    Money sum;
    Int128 whole = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto part = static_cast<std::int64_t>(random());
        sum += Money::from_pico(part);
        whole += part;
    }
    EXPECT_EQ(sum.pico(), whole);
}

TEST(MoneySumDeathTest, EndsTheProcessRatherThanWrap) {
    Money large = Money::from_pico(kMax);
    Money small = Money::from_pico(kMin);

    EXPECT_DEATH(large += Money::from_pico(1), "assertion failed");
    EXPECT_DEATH(small -= Money::from_pico(1), "assertion failed");
}

struct RoundingCase {
    std::int64_t quantity;
    std::int64_t per;
    std::int64_t half_up;
    std::int64_t ceil;
};

TEST(MoneyMultiply, RoundsOnceAsAsked) {
    // quantity × 1 ÷ per
    const std::vector<RoundingCase> cases{
        {0, 2, 0, 0},
        {1, 2, 1, 1},
        {-1, 2, -1, 0},
        {3, 2, 2, 2},
        {-3, 2, -2, -1},
        {1, 3, 0, 1},
        {2, 3, 1, 1},
        {-1, 3, 0, 0},
        {-2, 3, -1, 0},
        {4, 2, 2, 2},
        {-4, 2, -2, -2},
        {499, 1000, 0, 1},
        {500, 1000, 1, 1},
        {-500, 1000, -1, 0},
    };
    for (const RoundingCase& c : cases) {
        const Product product{.quantity = c.quantity, .amount_pico = 1, .per = c.per};
        EXPECT_EQ(multiply(product, Rounding::half_up).pico(), c.half_up)
            << c.quantity << '/' << c.per;
        EXPECT_EQ(multiply(product, Rounding::ceil).pico(), c.ceil) << c.quantity << '/' << c.per;
    }
}

TEST(MoneyMultiply, PricesTokensExactly) {
    // 1 000 tokens at $0.15 a million, 12 at $0.60.
    const Money input = multiply(
        {.quantity = 1000, .amount_pico = 150'000'000'000, .per = 1'000'000}, Rounding::half_up);
    const Money output = multiply(
        {.quantity = 12, .amount_pico = 600'000'000'000, .per = 1'000'000}, Rounding::half_up);

    EXPECT_EQ(input.to_string(), "0.00015");
    EXPECT_EQ(output.to_string(), "0.0000072");
}

TEST(MoneyMultiply, RoundsAfterTheFactorAndNotBefore) {
    // 1 × 1 ÷ 2 × 2 ÷ 1 is 1, though ½ would have been rounded up first.
    const Product product{
        .quantity = 1, .amount_pico = 1, .per = 2, .numerator = 2, .denominator = 1};

    EXPECT_EQ(multiply(product, Rounding::half_up).pico(), 1);
    EXPECT_EQ(multiply(product, Rounding::ceil).pico(), 1);
}

TEST(MoneyMultiply, StandsTheLargestOperands) {
    const Product largest{.quantity = kInt64Max, .amount_pico = kInt64Max};
    const Product smallest{.quantity = kInt64Min, .amount_pico = kInt64Min};
    const Product cancelled{
        .quantity = kInt64Max,
        .amount_pico = kInt64Max,
        .per = kInt64Max,
        .numerator = 1,
        .denominator = kInt64Max};

    EXPECT_EQ(multiply(largest, Rounding::half_up).pico(), Int128{kInt64Max} * kInt64Max);
    EXPECT_EQ(multiply(smallest, Rounding::half_up).pico(), Int128{kInt64Min} * kInt64Min);
    EXPECT_EQ(multiply(cancelled, Rounding::ceil).pico(), 1);
}

TEST(MoneyMultiplyDeathTest, EndsTheProcessBeyond128BitsAndForABadDivisor) {
    EXPECT_DEATH(
        (void)multiply(
            {.quantity = kInt64Max, .amount_pico = kInt64Max, .numerator = 4}, Rounding::ceil),
        "assertion failed");
    EXPECT_DEATH(
        (void)multiply({.quantity = 1, .amount_pico = 1, .per = 0}, Rounding::ceil),
        "assertion failed");
    EXPECT_DEATH(
        (void)multiply({.quantity = 1, .amount_pico = 1, .denominator = -1}, Rounding::ceil),
        "assertion failed");
}

TEST(MoneyMultiply, CeilIsAtMostOneAboveHalfUpAndNeverBelowTheExactValue) {
    std::mt19937_64 random{42};
    for (int i = 0; i < 20'000; ++i) {
        const Product product{
            .quantity = static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000,
            .amount_pico = static_cast<std::int64_t>(random() % 100'000'000'000'000),
            .per = static_cast<std::int64_t>(random() % 1'000'000) + 1,
            .numerator = static_cast<std::int64_t>(random() % 200),
            .denominator = static_cast<std::int64_t>(random() % 100) + 1};
        const Int128 exact_times_divisor =
            Int128{product.quantity} * product.amount_pico * product.numerator;
        const Int128 divisor = Int128{product.per} * product.denominator;
        const Int128 ceil = multiply(product, Rounding::ceil).pico();
        const Int128 half_up = multiply(product, Rounding::half_up).pico();

        ASSERT_GE(ceil * divisor, exact_times_divisor);
        ASSERT_LT((ceil - 1) * divisor, exact_times_divisor);
        const Int128 off = half_up * divisor - exact_times_divisor;
        ASSERT_LE(2 * (off < 0 ? -off : off), divisor);
    }
}

}  // namespace
}  // namespace pulse
