#include "policy/embedded/detail/reservation_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

namespace pulse::policy::detail {
namespace {

[[nodiscard]] Uuid make_id(std::uint64_t number) {
    Uuid id;
    std::memcpy(id.bytes.data() + 8, &number, sizeof number);
    return id;
}

/// Only its address counts here; nothing looks into it.
[[nodiscard]] Account* some_account() {
    static int place = 0;
    return reinterpret_cast<Account*>(&place);
}

[[nodiscard]] ReservationTable::Reservation make_reservation(std::uint64_t number) {
    ReservationTable::Reservation reservation;
    reservation.id = make_id(number);
    reservation.tokens = static_cast<std::int64_t>(number);
    reservation.scopes = 1;
    reservation.first[0].account = some_account();
    return reservation;
}

TEST(ReservationTable, GivesBackOnceWhatWasPutIn) {
    ReservationTable table;

    EXPECT_TRUE(table.insert(make_reservation(5)));
    EXPECT_EQ(table.take(make_id(5))->tokens, 5);
    EXPECT_FALSE(table.take(make_id(5)).has_value());
    EXPECT_EQ(table.size(), 0U);
}

TEST(ReservationTable, RefusesAnIdThatIsThere) {
    ReservationTable table;
    ASSERT_TRUE(table.insert(make_reservation(5)));

    EXPECT_FALSE(table.insert(make_reservation(5)));
    EXPECT_EQ(table.size(), 1U);
}

TEST(ReservationTable, IsEmptyAtFirst) {
    EXPECT_FALSE(ReservationTable{}.take(make_id(1)).has_value());
}

TEST(ReservationTable, AgreesWithAMapOverManyRandomSteps) {
    ReservationTable table;
    std::map<std::uint64_t, std::int64_t> map;
    std::mt19937_64 random{3};

    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t wave = i / 20'000 % 2 == 0 ? 5'000 : 40;
        const std::uint64_t number = random() % wave;
        if (random() % 2 == 0) {
            ASSERT_EQ(
                table.insert(make_reservation(number)),
                map.emplace(number, static_cast<std::int64_t>(number)).second);
        } else {
            const auto taken = table.take(make_id(number));
            ASSERT_EQ(taken.has_value(), map.erase(number) == 1);
        }
        ASSERT_EQ(table.size(), map.size());
    }
    for (const auto& [number, tokens] : map) {
        EXPECT_EQ(table.take(make_id(number))->tokens, tokens);
    }
}

}  // namespace
}  // namespace pulse::policy::detail
