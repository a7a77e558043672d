#include "pricing/catalog/catalog.h"
#include "pricing/cost/cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace pulse::pricing {
namespace {

const TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};

std::string cost(std::string_view provider, std::string_view model, const Usage& usage) {
    const auto catalog = Catalog::builtin();
    const auto result =
        cost_of({.found = catalog->find(provider, model), .usage = usage, .at = kNow});
    return std::string{to_string(result.status)} + " " + result.total.to_string();
}

TEST(BuiltinCatalog, IsReadOnceAndHasTheProvidersAndTheSandbox) {
    const auto catalog = Catalog::builtin();

    std::set<std::string> providers;
    std::ranges::for_each(
        catalog->models(), [&](const Model& model) { providers.insert(model.provider); });
    EXPECT_EQ(
        providers,
        (std::set<std::string>{
            "anthropic", "deepseek", "gemini", "groq", "mistral", "openai", "sandbox", "xai"}));
    EXPECT_GE(catalog->models().size(), 300U);
    EXPECT_EQ(Catalog::builtin(), catalog);
}

TEST(BuiltinCatalog, PricesWhatThePublishedListsSay) {
    const Usage million{.input_uncached = 1'000, .output_total = 1'000};

    EXPECT_EQ(cost("openai", "gpt-4o", million), "exact 0.0125");
    EXPECT_EQ(cost("openai", "gpt-4o-2024-05-13", million), "exact 0.02");
    EXPECT_EQ(cost("openai", "gpt-4o-mini-2024-07-18", million), "exact 0.00075");
    EXPECT_EQ(cost("openai", "o1-pro", million), "exact 0.75");
    EXPECT_EQ(cost("anthropic", "claude-sonnet-4-5-20250929", million), "exact 0.018");
    EXPECT_EQ(cost("google", "gemini-2.5-pro", million), "exact 0.01125");
    EXPECT_EQ(cost("sandbox", "sandbox-large", million), "exact 0.015");
    EXPECT_EQ(cost("sandbox", "sandbox-embedding", {.input_uncached = 10}), "exact 0.000001");
}

TEST(BuiltinCatalog, HasLimitsAndTiers) {
    const auto* model = Catalog::builtin()->find("openai", "gpt-4o").model;

    ASSERT_NE(model, nullptr);
    EXPECT_EQ(model->context_tokens, 128'000);
    EXPECT_EQ(model->output_tokens_max, 16'384);
    EXPECT_TRUE(std::ranges::any_of(
        model->prices, [](const Price& p) { return p.tier == ServiceTier::priority; }));
    EXPECT_TRUE(std::ranges::any_of(
        model->prices, [](const Price& p) { return p.tier == ServiceTier::batch; }));
}

TEST(BuiltinCatalog, HasNoPriceThatIsSilentlyNothing) {
    for (const auto& model : Catalog::builtin()->models()) {
        EXPECT_FALSE(model.prices.empty()) << model.id;
        const bool free = std::ranges::any_of(
            model.prices, [](const Price& price) { return price.amount_pico == 0; });
        EXPECT_EQ(free, model.mode == "moderation") << model.provider << "/" << model.id;
    }
}

TEST(BuiltinCatalog, KnowsWhoseAPlainNameIs) {
    const auto catalog = Catalog::builtin();

    EXPECT_EQ(catalog->provider_of("gpt-4o-mini"), "openai");
    EXPECT_EQ(catalog->provider_of("claude-sonnet-4-5"), "anthropic");
    EXPECT_EQ(catalog->provider_of("gemini-2.5-flash"), "gemini");
    EXPECT_EQ(catalog->provider_of("mistral-large-latest"), "mistral");
    EXPECT_EQ(catalog->provider_of("deepseek-chat"), "deepseek");
    EXPECT_EQ(catalog->provider_of("grok-4"), "xai");
    EXPECT_EQ(catalog->provider_of("llama-3.3-70b-versatile"), "groq");
    EXPECT_EQ(catalog->provider_of("sandbox-small"), "sandbox");
}

}  // namespace
}  // namespace pulse::pricing
