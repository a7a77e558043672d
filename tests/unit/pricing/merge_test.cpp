#include "pricing/catalog/merge.h"

#include "pricing/catalog/detail/json_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const TimePoint kDay{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};

Price row(PriceClass price_class, std::int64_t amount, const char* source) {
    return {.price_class = price_class, .amount_pico = amount, .source = source};
}

Model model(std::string id, std::vector<Price> prices) {
    return {.provider = "openai", .id = std::move(id), .mode = "chat", .prices = std::move(prices)};
}

Model genai(std::string id, std::int64_t input) {
    return model(
        std::move(id),
        {row(PriceClass::input, input, "genai"), row(PriceClass::output, 4 * input, "genai")});
}

Model litellm(std::string id, std::int64_t input) {
    auto made = model(
        std::move(id),
        {row(PriceClass::input, input, "litellm"), row(PriceClass::output, 4 * input, "litellm")});
    made.prices.push_back(row(PriceClass::input, input / 2, "litellm"));
    made.prices.back().tier = ServiceTier::flex;
    return made;
}

std::shared_ptr<const Catalog> catalog(std::vector<Model> models) {
    return Catalog::make(
        {.version = "v",
         .sources =
             {{.name = "genai", .ref = "g", .licence = "MIT"},
              {.name = "litellm", .ref = "l", .licence = "MIT"}},
         .providers = {{.id = "openai"}},
         .models = std::move(models)});
}

/// "class tier amount source" of each row of a model.
std::vector<std::string> rows(const Catalog& prices, std::string_view name) {
    const auto found = prices.find("openai", name);
    std::vector<std::string> out;
    if (found.model == nullptr) {
        return {"unknown"};
    }
    for (const auto& price : found.model->prices) {
        std::string text = std::string{to_string(price.price_class)} + " " +
                           std::string{to_string(price.tier)} + " " +
                           std::to_string(price.amount_pico) + " " + price.source;
        text += price.valid_from ? " since" : "";
        text += price.valid_to ? " until" : "";
        out.push_back(std::move(text));
    }
    return out;
}

TEST(Merge, PrefersOneAndFillsInFromTheOther) {
    const auto merged = merge_catalogs(
        *catalog({genai("a", 100)}), *catalog({litellm("a", 100), litellm("b", 7)}), kDay);

    EXPECT_THAT(
        rows(*merged.catalog, "a"),
        ElementsAre(
            "input standard 100 genai", "input flex 50 litellm", "output standard 400 genai"));
    EXPECT_THAT(rows(*merged.catalog, "b"), SizeIs(3));
    EXPECT_THAT(merged.conflicts, IsEmpty());
}

TEST(Merge, FillsNothingInWhereTheTwoDisagree) {
    const auto merged =
        merge_catalogs(*catalog({genai("a", 100)}), *catalog({litellm("a", 120)}), kDay);

    EXPECT_THAT(
        rows(*merged.catalog, "a"),
        ElementsAre("input standard 100 genai", "output standard 400 genai"));
    EXPECT_THAT(
        merged.conflicts,
        ElementsAre(
            "openai/a input: genai 0.0000000001, litellm 0.00000000012 USD per million",
            "openai/a output: genai 0.0000000004, litellm 0.00000000048 USD per million"));
}

TEST(Merge, FillsInOnlyForAsLongAsThePriceBesideHolds) {
    auto dated = genai("a", 100);
    dated.prices[0].valid_to = kDay + std::chrono::hours{24 * 30};
    dated.prices.push_back(row(PriceClass::input, 50, "genai"));
    dated.prices.back().valid_from = dated.prices[0].valid_to;

    const auto merged = merge_catalogs(*catalog({dated}), *catalog({litellm("a", 100)}), kDay);

    EXPECT_THAT(
        rows(*merged.catalog, "a"),
        ElementsAre(
            "input standard 100 genai until",
            "input standard 50 genai since",
            "input flex 50 litellm until",
            "output standard 400 genai"));
}

TEST(Merge, GivesADatedIdTheTiersOfThePlainOne) {
    auto base = genai("a", 100);
    base.match = [] {
        const auto tree = detail::JsonTree::parse(R"({"starts_with": "a-2"})", 100);
        return std::make_shared<const MatchRule>(*MatchRule::parse(tree->root()));
    }();
    auto poor = litellm("a-2024-07-18", 100);
    poor.prices.pop_back();

    const auto merged = merge_catalogs(*catalog({base}), *catalog({litellm("a", 100), poor}), kDay);

    EXPECT_EQ(rows(*merged.catalog, "a-2024-07-18"), rows(*merged.catalog, "a"));
}

TEST(Merge, LetsAnEntryOfItsOwnGoBeforeARuleThatTakesIt) {
    auto base = genai("a", 100);
    base.match = [] {
        const auto tree = detail::JsonTree::parse(R"({"starts_with": "a"})", 100);
        return std::make_shared<const MatchRule>(*MatchRule::parse(tree->root()));
    }();

    const auto merged = merge_catalogs(*catalog({base}), *catalog({litellm("a-fast", 600)}), kDay);

    EXPECT_THAT(rows(*merged.catalog, "a-fast"), ::testing::Contains("input standard 600 litellm"));
    EXPECT_THAT(
        rows(*merged.catalog, "a-2026-01-01"), ::testing::Contains("input standard 100 genai"));
    EXPECT_THAT(rows(*merged.catalog, "a-slow"), ElementsAre("unknown"))
        << "a beginning is no family";
}

TEST(Merge, BelievesNoZeroButOfWhatIsFree) {
    auto placeholder = model("z", {row(PriceClass::input, 0, "litellm")});
    placeholder.prices.push_back(row(PriceClass::web_search, 10, "litellm"));
    auto embedding =
        model("e", {row(PriceClass::input, 5, "litellm"), row(PriceClass::output, 0, "litellm")});
    auto moderation = model("mod", {row(PriceClass::input, 0, "litellm")});
    moderation.mode = "moderation";
    auto write = model(
        "w", {row(PriceClass::input, 5, "litellm"), row(PriceClass::cache_write_5m, 0, "litellm")});

    const auto merged =
        merge_catalogs(*catalog({}), *catalog({placeholder, embedding, moderation, write}), kDay);

    EXPECT_THAT(rows(*merged.catalog, "z"), ElementsAre("unknown"));
    EXPECT_THAT(rows(*merged.catalog, "e"), SizeIs(1));
    EXPECT_THAT(rows(*merged.catalog, "mod"), SizeIs(1));
    EXPECT_THAT(rows(*merged.catalog, "w"), SizeIs(2));
}

TEST(Merge, ReplacesAnAssumedPrice) {
    auto assumed = genai("a", 100);
    for (auto& price : assumed.prices) {
        price.confidence = Confidence::assumed;
    }

    const auto merged = merge_catalogs(*catalog({assumed}), *catalog({litellm("a", 120)}), kDay);

    EXPECT_THAT(rows(*merged.catalog, "a"), ::testing::Contains("input standard 120 litellm"));
}

TEST(History, KeepsRetiredModels) {
    const auto kept = with_history(*catalog({genai("b", 1)}), *catalog({genai("a", 100)}), kDay);

    EXPECT_THAT(
        rows(*kept, "a"), ElementsAre("input standard 100 genai", "output standard 400 genai"));
    EXPECT_THAT(rows(*kept, "b"), SizeIs(2));
}

TEST(History, EndsAPriceThatChangedAndBeginsTheNewOne) {
    const auto kept = with_history(*catalog({genai("a", 200)}), *catalog({genai("a", 100)}), kDay);

    EXPECT_THAT(
        rows(*kept, "a"),
        UnorderedElementsAre(
            "input standard 100 genai until",
            "input standard 200 genai since",
            "output standard 400 genai until",
            "output standard 800 genai since"));
    const auto again =
        with_history(*catalog({genai("a", 200)}), *kept, kDay + std::chrono::hours{24});
    EXPECT_EQ(rows(*again, "a"), rows(*kept, "a"));
}

TEST(History, LeavesDatesToAnUpstreamThatStatesThem) {
    auto dated = genai("a", 100);
    dated.prices[0].valid_to = kDay - std::chrono::hours{24};
    dated.prices.push_back(row(PriceClass::input, 50, "genai"));
    dated.prices.back().valid_from = dated.prices[0].valid_to;

    const auto kept = with_history(*catalog({dated}), *catalog({dated}), kDay);

    EXPECT_THAT(
        rows(*kept, "a"),
        ElementsAre(
            "input standard 100 genai until",
            "input standard 50 genai since",
            "output standard 400 genai"));
}

TEST(History, ChangesNothingWhereNothingChanged) {
    const auto kept = with_history(*catalog({genai("a", 100)}), *catalog({genai("a", 100)}), kDay);

    EXPECT_THAT(
        rows(*kept, "a"), ElementsAre("input standard 100 genai", "output standard 400 genai"));
}

}  // namespace
}  // namespace pulse::pricing
