#include "pricing/catalog/catalog.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::pricing {
namespace {

Model model(
    std::string provider,
    std::string id,
    std::int64_t amount,
    std::vector<std::string> aliases = {}) {
    Model made{
        .provider = std::move(provider),
        .id = std::move(id),
        .mode = "chat",
        .aliases = std::move(aliases)};
    made.prices.push_back(
        {.price_class = PriceClass::input, .amount_pico = amount, .source = "test"});
    made.prices.push_back(
        {.price_class = PriceClass::output, .amount_pico = 4 * amount, .source = "test"});
    return made;
}

/// What a look-up found, in words: "exact gpt-4o", "derived gpt-4o", "unknown, like o1-pro".
std::string found(const Catalog& catalog, std::string_view provider, std::string_view name) {
    const auto result = catalog.find(provider, name);
    switch (result.match) {
        case Match::exact:
            return "exact " + result.model->id;
        case Match::derived:
            return "derived " + result.model->id;
        case Match::unknown:
            break;
    }
    EXPECT_EQ(result.model, nullptr);
    return "unknown, like " + (result.reference != nullptr ? result.reference->id : "none");
}

std::shared_ptr<const Catalog> catalog() {
    return Catalog::merged(
        Catalog{},
        {
            model("openai", "gpt-4o", 250, {"gpt-4o-alias"}),
            model("openai", "gpt-4o-2024-05-13", 500),
            model("openai", "gpt-5", 125),
            model("openai", "gpt-5-pro", 1'500),
            model("openai", "o1", 1'500),
            model("openai", "ft:gpt-4o-2024-08-06", 375),
            model("openai", "ft:gpt-3.5-turbo", 300),
            model("anthropic", "claude-opus-4", 1'500),
            model("anthropic", "claude-haiku", 100),
            model("local", "*", 10),
            model("local", "listed", 20),
            model("empty", "no-price", 0),
        });
}

TEST(Catalog, FindsAnIdAndAnAliasInAnyCase) {
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o"), "exact gpt-4o");
    EXPECT_EQ(found(*catalog(), "OpenAI", "GPT-4o"), "exact gpt-4o");
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o-alias"), "exact gpt-4o");
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o-2024-05-13"), "exact gpt-4o-2024-05-13");
}

TEST(Catalog, FindsReleasesOfAListedModel) {
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o-2024-08-06"), "derived gpt-4o");
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o-latest"), "derived gpt-4o");
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o:latest"), "derived gpt-4o");
    EXPECT_EQ(found(*catalog(), "anthropic", "claude-opus-4@20250514"), "derived claude-opus-4");
    EXPECT_EQ(
        found(*catalog(), "openai", "gpt-4o-2024-05-13-preview"), "derived gpt-4o-2024-05-13");
}

TEST(Catalog, TakesNoModelForItsCheaperOrDearerSibling) {
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4o-mini"), "unknown, like gpt-4o-2024-05-13");
    EXPECT_EQ(found(*catalog(), "openai", "o1-pro"), "unknown, like o1");
    EXPECT_EQ(found(*catalog(), "openai", "gpt-5.6"), "unknown, like gpt-5-pro");
    EXPECT_EQ(found(*catalog(), "anthropic", "claude-opus-4-7"), "unknown, like claude-opus-4");
    EXPECT_EQ(found(*catalog(), "openai", "gpt-4omni"), "unknown, like gpt-5-pro");
}

TEST(Catalog, PricesAFineTuneByItsOwnRowOnly) {
    EXPECT_EQ(
        found(*catalog(), "openai", "ft:gpt-4o-2024-08-06:acme::abc"),
        "exact ft:gpt-4o-2024-08-06");
    EXPECT_EQ(
        found(*catalog(), "openai", "ft:gpt-3.5-turbo-0125:acme"), "derived ft:gpt-3.5-turbo");
    EXPECT_EQ(
        found(*catalog(), "openai", "ft:gpt-5:acme::abc"), "unknown, like ft:gpt-4o-2024-08-06");
}

TEST(Catalog, RefersTheUnknownToTheDearestOfItsFamilyThenOfItsProviderThenOfAll) {
    EXPECT_EQ(found(*catalog(), "openai", "gpt-99-ultra"), "unknown, like gpt-5-pro");
    EXPECT_EQ(found(*catalog(), "anthropic", "claude-9"), "unknown, like claude-opus-4");
    EXPECT_EQ(found(*catalog(), "anthropic", "mystery"), "unknown, like claude-opus-4");
    EXPECT_EQ(found(*catalog(), "nobody", "gpt-4o").substr(0, 13), "unknown, like");
    EXPECT_NE(catalog()->find("nobody", "gpt-4o").reference, nullptr);
    EXPECT_EQ(found(Catalog{}, "openai", "gpt-4o"), "unknown, like none");
}

TEST(Catalog, GivesAStarsPriceToEveryNameOfItsProvider) {
    EXPECT_EQ(found(*catalog(), "local", "anything"), "exact *");
    EXPECT_EQ(found(*catalog(), "local", "*"), "exact *");
    EXPECT_EQ(found(*catalog(), "local", "listed"), "exact listed");
    EXPECT_EQ(found(*catalog(), "local", std::string(100'000, 'x')), "exact *");
}

TEST(Catalog, KnowsNoNameThatIsEmptyOrTooLong) {
    EXPECT_EQ(found(*catalog(), "anthropic", ""), "unknown, like claude-opus-4");
    EXPECT_EQ(
        found(*catalog(), "anthropic", std::string(100'000, '-')), "unknown, like claude-opus-4");
    EXPECT_EQ(found(*catalog(), "anthropic", std::string(256, '-')), "unknown, like claude-opus-4");
    EXPECT_NE(catalog()->find("", "x").reference, nullptr);
    EXPECT_NE(catalog()->find(std::string(100'000, 'p'), "x").reference, nullptr);
}

TEST(Catalog, KnowsNoModelWithoutAPrice) {
    const auto extended =
        Catalog::merged(*catalog(), {{.provider = "openai", .id = "gpt-free", .mode = "chat"}});

    EXPECT_EQ(found(*extended, "openai", "gpt-free"), "unknown, like gpt-5-pro");
}

TEST(Catalog, MergesByReplacingAndAdding) {
    const auto base = catalog();

    const auto merged =
        Catalog::merged(*base, {model("OpenAI", "GPT-4o", 999), model("new", "m", 1)});

    EXPECT_EQ(merged->models().size(), base->models().size() + 1);
    EXPECT_EQ(merged->find("openai", "gpt-4o").model->prices.at(0).amount_pico, 999);
    EXPECT_EQ(found(*merged, "new", "m"), "exact m");
    EXPECT_EQ(base->find("openai", "gpt-4o").model->prices.at(0).amount_pico, 250);
}

TEST(Catalog, OverlaysModelsProvidersAndSources) {
    const auto base = catalog();
    const auto over = Catalog::make(
        {.version = "v",
         .sources = {{.name = "s", .ref = "r", .licence = "MIT"}},
         .providers = {{.id = "openai", .aliases = {"oai"}}},
         .models = {
             model("openai", "gpt-5", 7), {.provider = "openai", .id = "gpt-4o", .mode = "chat"}}});

    const auto both = Catalog::overlaid(*base, *over);

    EXPECT_EQ(both->find("oai", "gpt-5").model->prices.at(0).amount_pico, 7);
    EXPECT_EQ(both->find("oai", "gpt-4o").model->prices.at(0).amount_pico, 250)
        << "a model without a price hides none that has one";
    EXPECT_EQ(both->sources().size(), 1U);
    EXPECT_TRUE(both->version().starts_with(base->version() + "+"));
}

TEST(Catalog, HasAnotherVersionWithOtherAgreements) {
    const auto base = catalog();
    const auto with = [&](std::int64_t percent) {
        const auto over = Catalog::make(
            {.version = "v",
             .sources = {},
             .providers = {},
             .models = {},
             .overrides = {{.key = "k1", .factor = {percent, 100}}}});
        return Catalog::overlaid(*base, *over);
    };

    EXPECT_EQ(with(80)->version(), with(80)->version());
    EXPECT_NE(with(80)->version(), with(81)->version());
    EXPECT_EQ(
        Catalog::merged(*with(80), {model("openai", "x", 1)})->overrides().entries().size(), 1U);
}

TEST(Catalog, LetsALaterAliasWin) {
    const auto merged = Catalog::merged(*catalog(), {model("openai", "mine", 7, {"gpt-5"})});

    EXPECT_EQ(found(*merged, "openai", "gpt-5"), "exact mine");
}

TEST(Catalog, NamesAMergedVersionByItsPrices) {
    const auto base = catalog();
    const auto one = Catalog::merged(*base, {model("new", "m", 1)});
    const auto same = Catalog::merged(*base, {model("new", "m", 1)});
    const auto other = Catalog::merged(*base, {model("new", "m", 2)});

    EXPECT_EQ(one->version(), same->version());
    EXPECT_NE(one->version(), other->version());
    EXPECT_TRUE(one->version().starts_with(base->version() + "+"));
    EXPECT_EQ(Catalog::merged(*base, {})->version(), base->version());
}

TEST(Catalog, NamesTheProviderOfAPlainName) {
    const auto merged = Catalog::merged(*catalog(), {model("azure", "gpt-5", 125)});

    EXPECT_EQ(merged->provider_of("gpt-4o"), "openai");
    EXPECT_EQ(merged->provider_of("GPT-4o-2024-11-20"), "openai");
    EXPECT_EQ(merged->provider_of("ft:gpt-4o-2024-08-06:acme::abc"), "openai");
    EXPECT_EQ(merged->provider_of("claude-haiku"), "anthropic");
    EXPECT_EQ(merged->provider_of("gpt-5"), "");
    EXPECT_EQ(merged->provider_of("anything"), "");
    EXPECT_EQ(merged->provider_of("*"), "");
    EXPECT_EQ(merged->provider_of(std::string(100'000, 'x')), "");
}

}  // namespace
}  // namespace pulse::pricing
