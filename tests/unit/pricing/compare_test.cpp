#include "pricing/catalog/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TimePoint kDay{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};

Model model(std::string id, std::int64_t input, std::int64_t output = 4'000) {
    return {
        .provider = "p",
        .id = std::move(id),
        .mode = "chat",
        .prices = {
            {.price_class = PriceClass::input, .amount_pico = input, .source = "s"},
            {.price_class = PriceClass::output, .amount_pico = output, .source = "s"}}};
}

std::shared_ptr<const Catalog> catalog(std::vector<Model> models) {
    return Catalog::merged(Catalog{}, std::move(models));
}

std::vector<Model> many(int count) {
    std::vector<Model> out;
    for (int i = 0; i < count; ++i) {
        out.push_back(model("m" + std::to_string(i) + "x", 1'000));
    }
    return out;
}

TEST(Compare, ListsPlainPricesMoreThanAHundredthApart) {
    const auto mine = catalog({model("a", 1'000), model("b", 1'000), model("c", 1'000)});
    const auto theirs = catalog({model("a", 1'010), model("b", 1'011), model("d", 9)});

    const auto apart = disagreements(*mine, *theirs, kDay);

    ASSERT_THAT(apart, SizeIs(1));
    EXPECT_EQ(apart[0].model->id, "b");
    EXPECT_EQ(apart[0].theirs->amount_pico, 1'011);
}

TEST(Compare, ComparesWhatHoldsOnTheDay) {
    auto changed = model("a", 1'000);
    changed.prices[0].valid_to = kDay;
    changed.prices.push_back(
        {.price_class = PriceClass::input,
         .amount_pico = 2'000,
         .valid_from = kDay,
         .source = "s"});
    const auto mine = catalog({changed});

    EXPECT_THAT(disagreements(*mine, *catalog({model("a", 2'000)}), kDay), IsEmpty());
    EXPECT_THAT(
        disagreements(*mine, *catalog({model("a", 2'000)}), kDay - std::chrono::hours{1}),
        SizeIs(1));
}

TEST(Guard, LetsAnOrdinaryUpdateThrough) {
    auto fresh = many(100);
    fresh[3] = model("m3x", 9'999);
    fresh.pop_back();

    const auto verdict = guard(*catalog(many(100)), *catalog(fresh), kDay);

    EXPECT_TRUE(verdict.passes());
    EXPECT_EQ(verdict.ids_kept, 99U);
    EXPECT_THAT(verdict.missing, ElementsAre("p/m99x"));
}

TEST(Guard, RefusesAFileThatLostModels) {
    auto fresh = many(94);

    const auto verdict = guard(*catalog(many(100)), *catalog(fresh), kDay);

    ASSERT_THAT(verdict.reasons, SizeIs(1));
    EXPECT_THAT(verdict.reasons[0], HasSubstr("6 of 100 models are gone"));
}

TEST(Guard, RefusesPricesInAnotherUnitUntilAcknowledged) {
    auto fresh = many(100);
    fresh[0] = model("m0x", 1'000'000'000);
    fresh[1] = model("m1x", 99);
    fresh[2] = model("m2x", 10'000);

    const auto verdict = guard(*catalog(many(100)), *catalog(fresh), kDay);

    EXPECT_THAT(verdict.jumps, SizeIs(2));
    EXPECT_FALSE(verdict.passes());
    EXPECT_TRUE(
        guard(*catalog(many(100)), *catalog(fresh), kDay, {.jumps_acknowledged = true}).passes());
}

TEST(Guard, TakesAPriceThatBecomesNothingForAJump) {
    auto fresh = many(100);
    fresh[0] = model("m0x", 0);

    EXPECT_FALSE(guard(*catalog(many(100)), *catalog(fresh), kDay).passes());
}

TEST(Guard, RefusesAFileWithPricesThatNoneCanBe) {
    GuardVerdict verdict;
    ImportReport report;
    report.prices = 2;
    report.left_out = {{.where = "p/a", .what = "input", .why = "no class for this unit"}};
    guard_report(report, verdict);
    EXPECT_TRUE(verdict.passes());

    report.left_out.push_back(
        {.where = "p/b", .what = "input", .why = "is negative", .is_wrong = true});
    guard_report(report, verdict);
    EXPECT_THAT(verdict.reasons, ElementsAre("p/b input is negative"));
}

TEST(Guard, RefusesAFileWithoutAPrice) {
    GuardVerdict verdict;
    guard_report({.models = 1, .left_out = {}, .notes = {}}, verdict);
    EXPECT_THAT(verdict.reasons, ElementsAre("there is no price in it"));

    GuardVerdict agreed;
    guard_report({.agreed = 1, .left_out = {}, .notes = {}}, agreed);
    EXPECT_TRUE(agreed.passes());
}

TEST(Guard, PassesWhereThereWasNothingBefore) {
    EXPECT_TRUE(guard(Catalog{}, *catalog(many(3)), kDay).passes());
}

}  // namespace
}  // namespace pulse::pricing
