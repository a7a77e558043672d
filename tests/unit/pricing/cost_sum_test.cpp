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

}  // namespace
}  // namespace pulse::pricing
