#include "pricing/cost/cost.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>

#include <array>
#include <random>

namespace pulse::pricing {
namespace {

constexpr std::int64_t kUsd = 1'000'000'000'000;

/// A million rows of random prices, quantities and factors: the sum is that of exact arithmetic,
/// but for half a picodollar a row at most.
TEST(CostSum, SumsAMillionRowsExactly) {
    std::mt19937_64 dice{42};
    const auto upto = [&dice](std::int64_t max) {
        return std::uniform_int_distribution<std::int64_t>{0, max}(dice);
    };
    constexpr std::array<std::int64_t, 5> kPers{1, 1'000, 3'600, 1'000'000, 1'000'000'000};
    constexpr int kRows = 1'000'000;
    Money sum;
    Money ceilings;
    boost::multiprecision::cpp_int exact_in_lcm = 0;
    // All denominators divide this one.
    const boost::multiprecision::cpp_int lcm = boost::multiprecision::cpp_int{9'000'000'000} * 100;
    for (int i = 0; i < kRows; ++i) {
        const CostLine line{
            .quantity = upto(2'000'000),
            .amount_pico = upto(30 * kUsd),
            .per = kPers[static_cast<std::size_t>(upto(4))],
            .factor = {upto(120), 100}};
        sum += amount_of(line, Rounding::half_up);
        ceilings += amount_of(line, Rounding::ceil);
        exact_in_lcm += boost::multiprecision::cpp_int{line.quantity} * line.amount_pico *
                        line.factor.numerator * (lcm / (line.per * 100));
    }
    const auto as_int = [](Money money) {
        const auto high = static_cast<std::int64_t>(money.pico() >> 62);
        const auto low = static_cast<std::int64_t>(money.pico() & ((Int128{1} << 62) - 1));
        return (boost::multiprecision::cpp_int{high} << 62) + low;
    };
    const boost::multiprecision::cpp_int apart = abs(as_int(sum) * lcm - exact_in_lcm);
    EXPECT_LE(apart * 2, lcm * kRows);
    EXPECT_GE(as_int(ceilings) * lcm, exact_in_lcm);
    EXPECT_GT(sum, Money{});
}

/// Prices as catalogues state them divide by their unit: a million calls by the one cost function
/// cost what exact arithmetic says, to the picodollar.
TEST(CostSum, IsExactOverAMillionCalls) {
    std::mt19937_64 dice{7};
    const auto upto = [&dice](std::int64_t max) {
        return std::uniform_int_distribution<std::int64_t>{0, max}(dice);
    };
    constexpr std::int64_t kPerMillion = 1'000'000;
    constexpr std::array<std::int64_t, 3> kInput{2'500'000, 50'000, 15'000'000};  // pico a token
    constexpr std::array<std::int64_t, 3> kRead{250'000, 5'000, 1'500'000};
    constexpr std::array<std::int64_t, 3> kOutput{10'000'000, 400'000, 75'000'000};
    std::array<Model, 3> models;
    for (std::size_t i = 0; i < models.size(); ++i) {
        models[i] = {
            .provider = "p",
            .id = "m",
            .mode = "chat",
            .prices = {
                {.price_class = PriceClass::input, .amount_pico = kInput[i] * kPerMillion},
                {.price_class = PriceClass::cache_read, .amount_pico = kRead[i] * kPerMillion},
                {.price_class = PriceClass::output, .amount_pico = kOutput[i] * kPerMillion}}};
    }
    Money sum;
    boost::multiprecision::cpp_int exact = 0;
    for (int call = 0; call < 1'000'000; ++call) {
        const auto i = static_cast<std::size_t>(upto(2));
        const Usage usage{
            .input_uncached = upto(200'000),
            .cached_read = upto(1'000'000),
            .output_total = upto(64'000)};
        sum +=
            total_cost_of({.found = {.model = &models[i], .match = Match::exact}, .usage = usage})
                .total;
        exact += boost::multiprecision::cpp_int{usage.input_uncached} * kInput[i] +
                 boost::multiprecision::cpp_int{usage.cached_read} * kRead[i] +
                 boost::multiprecision::cpp_int{usage.output_total} * kOutput[i];
    }

    EXPECT_EQ(
        boost::multiprecision::cpp_int{static_cast<std::int64_t>(sum.pico() >> 62)} << 62,
        exact >> 62 << 62);
    EXPECT_EQ(
        static_cast<std::int64_t>(sum.pico() & ((Int128{1} << 62) - 1)),
        static_cast<std::int64_t>(exact & ((boost::multiprecision::cpp_int{1} << 62) - 1)));
}

}  // namespace
}  // namespace pulse::pricing
