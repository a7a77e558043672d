#include "pricing/catalog/catalog.h"
#include "pricing/cost/cost.h"

#include <gmock/gmock.h>
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
    EXPECT_THAT(
        providers,
        ::testing::IsSupersetOf(
            {"anthropic",
             "azure",
             "bedrock",
             "cohere",
             "deepseek",
             "fireworks",
             "gemini",
             "groq",
             "mistral",
             "openai",
             "openrouter",
             "perplexity",
             "sandbox",
             "together",
             "vertex",
             "xai"}));
    EXPECT_GE(catalog->models().size(), 3'500U);
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
    const std::set<std::string> own_machine{"ollama", "lemonade", "llamagate"};
    for (const auto& model : Catalog::builtin()->models()) {
        EXPECT_FALSE(model.prices.empty()) << model.id;
        const bool may_be_free = model.mode == "moderation" || model.id.ends_with(":free") ||
                                 own_machine.contains(model.provider);
        for (const auto& price : model.prices) {
            const bool is_cache_write = price.price_class == PriceClass::cache_write_5m ||
                                        price.price_class == PriceClass::cache_write_1h;
            EXPECT_TRUE(price.amount_pico > 0 || may_be_free || is_cache_write)
                << model.provider << "/" << model.id;
        }
    }
}

TEST(BuiltinCatalog, NamesTheSourceOfEveryPrice) {
    const auto catalog = Catalog::builtin();
    std::set<std::string> sources;
    for (const auto& source : catalog->sources()) {
        EXPECT_FALSE(source.ref.empty());
        EXPECT_FALSE(source.licence.empty());
        sources.insert(source.name);
    }
    for (const auto& model : catalog->models()) {
        for (const auto& price : model.prices) {
            EXPECT_TRUE(sources.contains(price.source)) << model.id;
        }
    }
}

/// Providers answer with the dated id, whatever was asked for.
TEST(BuiltinCatalog, PricesADatedIdLikeThePlainOne) {
    const Usage usage{.input_uncached = 1'000, .cached_read = 1'000, .output_total = 1'000};
    const auto catalog = Catalog::builtin();
    for (const auto& [plain, dated] :
         {std::pair{"gpt-4o-mini", "gpt-4o-mini-2024-07-18"},
          std::pair{"gpt-5", "gpt-5-2025-08-07"},
          std::pair{"gpt-5-mini", "gpt-5-mini-2025-08-07"},
          std::pair{"o3", "o3-2025-04-16"},
          std::pair{"gpt-4.1", "gpt-4.1-2025-04-14"}}) {
        for (const auto tier :
             {ServiceTier::standard,
              ServiceTier::batch,
              ServiceTier::flex,
              ServiceTier::priority}) {
            const auto of = [&](std::string_view name) {
                return cost_of({.found = catalog->find("openai", name),
                                .usage = usage,
                                .tier = tier,
                                .at = kNow})
                    .total;
            };
            EXPECT_EQ(of(plain), of(dated)) << dated << " " << to_string(tier);
        }
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
