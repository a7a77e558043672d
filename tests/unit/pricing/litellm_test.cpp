#include "pricing/catalog/import/import.h"
#include "pricing/catalog/import/litellm_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Imported read(const std::string& text) {
    auto imported = import_catalog(CatalogFormat::litellm, text, {.version = "v"});
    EXPECT_TRUE(imported.has_value()) << imported.error().detail();
    return std::move(*imported);
}

Imported entry(const std::string& key, const std::string& members) {
    return read(R"({")" + key + R"(": {"litellm_provider": "openai", )" + members + "}}");
}

std::vector<std::string> rows(const Imported& imported) {
    std::vector<std::string> out;
    for (const auto& price : imported.catalog->models().at(0).prices) {
        std::string text = std::string{to_string(price.price_class)} + " " +
                           std::to_string(price.amount_pico) + "/" + std::to_string(price.per);
        text += price.tier == ServiceTier::standard ? "" : " " + std::string{to_string(price.tier)};
        if (price.min_input > 0) {
            text += (price.min_input_inclusive ? " from " : " above ") +
                    std::to_string(price.min_input);
        }
        text += price.region.empty() ? "" : " in " + price.region;
        out.push_back(std::move(text));
    }
    return out;
}

TEST(LitellmKeys, FollowTheGrammar) {
    const auto key = [](std::string_view text) {
        const auto read = detail::parse_price_key(text, detail::ModeKind::text);
        return read ? std::string{to_string(read->price_class)} + " " +
                          std::string{to_string(read->tier)} + " " +
                          std::to_string(read->above_tokens)
                    : "none";
    };
    EXPECT_EQ(key("input_cost_per_token"), "input standard 0");
    EXPECT_EQ(key("input_cost_per_token_batches"), "input batch 0");
    EXPECT_EQ(key("output_cost_per_token_above_272k_tokens_priority"), "output priority 272000");
    EXPECT_EQ(key("cache_creation_input_token_cost_above_1hr"), "cache_write_1h standard 0");
    EXPECT_EQ(
        key("cache_creation_input_token_cost_above_1hr_above_200k_tokens"),
        "cache_write_1h standard 200000");
    EXPECT_EQ(key("cache_read_input_token_cost_flex"), "cache_read flex 0");
    EXPECT_EQ(key("input_cost_per_video_per_second_above_8s_interval"), "none");
    EXPECT_EQ(key("input_cost_per_token_above_k_tokens"), "none");
    EXPECT_FALSE(detail::is_price_key("input_dbu_cost_per_token"));
    EXPECT_FALSE(detail::is_price_key("max_tokens"));
}

TEST(Litellm, ReadsTokensSizesAndTiers) {
    EXPECT_THAT(
        rows(entry(
            "m",
            R"("mode": "chat", "input_cost_per_token": 1.25e-06, "input_cost_per_token_above_200k_tokens": 2.5e-06,
               "output_cost_per_token_flex": 5e-06, "max_input_tokens": 1000, "supports_vision": true)")),
        ElementsAre(
            "input 1250000000000/1000000",
            "input 2500000000000/1000000 above 200000",
            "output 5000000000000/1000000 flex"));
}

TEST(Litellm, ReadsTieredPricing) {
    EXPECT_THAT(
        rows(entry(
            "m",
            R"("mode": "chat", "tiered_pricing": [{"range": [0, 32000.0], "input_cost_per_token": 1e-06},
               {"range": [32000.0, 128000.0], "input_cost_per_token": 2e-06}])")),
        ElementsAre("input 1000000000000/1000000", "input 2000000000000/1000000 above 32000"));
}

TEST(Litellm, MultipliesAllTokenPricesOfARegion) {
    EXPECT_THAT(
        rows(entry(
            "m",
            R"("mode": "chat", "input_cost_per_token": 5e-06, "input_cost_per_token_priority": 1e-05,
               "search_context_cost_per_query": {"search_context_size_medium": 0.01},
               "regional_processing_uplift_multiplier_eu": 1.1)")),
        ElementsAre(
            "input 5000000000000/1000000",
            "input 10000000000000/1000000 priority",
            "web_search 10000000000000/1000",
            "input 5500000000000/1000000 in eu",
            "input 11000000000000/1000000 priority in eu"));
}

TEST(Litellm, ReadsSearchSizesWhereTheyDiffer) {
    EXPECT_THAT(
        rows(entry(
            "m",
            R"("mode": "chat", "search_context_cost_per_query": {"search_context_size_low": 0.03,
               "search_context_size_medium": 0.035, "search_context_size_high": 0.05})")),
        ElementsAre(
            "web_search 35000000000000/1000",
            "web_search_low 30000000000000/1000",
            "web_search_high 50000000000000/1000"));
    EXPECT_THAT(
        rows(entry(
            "m",
            R"("mode": "chat", "search_context_cost_per_query": {"search_context_size_low": 0.01,
               "search_context_size_medium": 0.01, "search_context_size_high": 0.01})")),
        ElementsAre("web_search 10000000000000/1000"));
}

TEST(Litellm, BillsASecondOnceThatBothSidesState) {
    EXPECT_THAT(
        rows(entry(
            "whisper-1",
            R"("mode": "audio_transcription", "input_cost_per_second": 0.0001, "output_cost_per_second": 0.0001)")),
        ElementsAre("audio_second 100000000/1"));
    EXPECT_THAT(
        rows(entry(
            "stt",
            R"("mode": "audio_transcription", "input_cost_per_second": 0.0, "output_cost_per_second": 2.77778e-05)")),
        ElementsAre("audio_second 27777800/1"));
    EXPECT_THAT(
        rows(entry("veo", R"("mode": "video_generation", "output_cost_per_second": 0.35)")),
        ElementsAre("video_second 350000000000/1"));
}

TEST(Litellm, KnowsAnImageThatIsMadeFromOneThatIsGiven) {
    EXPECT_THAT(
        rows(entry(
            "high/1024-x-1024/gpt-image-1",
            R"("mode": "image_generation", "input_cost_per_image": 0.167)")),
        ElementsAre("image 167000000000/1"));
    EXPECT_THAT(
        rows(entry(
            "i",
            R"("mode": "image_generation", "input_cost_per_image": 0.0011, "output_cost_per_image": 0.134)")),
        ElementsAre("image_input 1100000000/1", "image 134000000000/1"));
    EXPECT_THAT(
        rows(entry("e", R"("mode": "embedding", "input_cost_per_image": 0.0001)")),
        ElementsAre("image_input 100000000/1"));
}

TEST(Litellm, MakesAnImageOfPixelsWhereTheNameCarriesTheSize) {
    EXPECT_THAT(
        rows(entry(
            "hd/1024-x-1024/dall-e-3",
            R"("mode": "image_generation", "input_cost_per_pixel": 7.629e-08, "output_cost_per_pixel": 0.0)")),
        ElementsAre("pixel 76290000000/1000000", "image 79995863040000000/1000000"));
    EXPECT_THAT(
        rows(entry("dall-e", R"("mode": "image_generation", "input_cost_per_pixel": 1e-08)")),
        SizeIs(1));
}

TEST(Litellm, DropsAReasoningPriceThatRepeatsTheOutputs) {
    EXPECT_THAT(
        rows(entry(
            "m", R"("output_cost_per_token": 2e-06, "output_cost_per_reasoning_token": 2e-06)")),
        ElementsAre("output 2000000000000/1000000"));
    EXPECT_THAT(
        rows(entry(
            "m", R"("output_cost_per_token": 2e-06, "output_cost_per_reasoning_token": 3e-06)")),
        SizeIs(2));
}

TEST(Litellm, TakesTheProviderOffTheName) {
    const auto imported = read(
        R"({"gemini/gemini-2.5-pro": {"litellm_provider": "gemini", "input_cost_per_token": 1e-06},
            "vertex_ai/claude@1": {"litellm_provider": "vertex_ai-anthropic_models", "input_cost_per_token": 1e-06},
            "bedrock/us-east-1/m": {"litellm_provider": "bedrock", "input_cost_per_token": 1e-06},
            "n": {"litellm_provider": "bedrock_converse", "input_cost_per_token": 1e-06},
            "deepseek-chat": {"litellm_provider": "deepseek", "input_cost_per_token": 1e-06, "output_cost_per_token": 3e-06},
            "deepseek/deepseek-chat": {"litellm_provider": "deepseek", "input_cost_per_token": 2e-06},
            "sample_spec": {"litellm_provider": "one of", "input_cost_per_token": 0.0}})");
    const auto& catalog = *imported.catalog;

    EXPECT_EQ(catalog.find("google", "gemini-2.5-pro").model->listed_as, "gemini/gemini-2.5-pro");
    EXPECT_NE(catalog.find("gemini", "gemini/gemini-2.5-pro").model, nullptr);
    EXPECT_NE(catalog.find("vertex_ai", "claude@1").model, nullptr);
    EXPECT_NE(catalog.find("vertex_ai-anthropic_models", "claude@1").model, nullptr);
    EXPECT_EQ(catalog.find("bedrock", "m", "us-east-1").model->id, "us-east-1/m");
    EXPECT_NE(catalog.find("aws", "n").model, nullptr);
    EXPECT_EQ(
        catalog.find("deepseek", "deepseek-chat").model->prices.at(0).amount_pico,
        2'000'000'000'000)
        << "with its provider in front before without";
    EXPECT_THAT(imported.report.left_out, SizeIs(2));
    EXPECT_EQ(catalog.find("one of", "sample_spec").model, nullptr);
}

TEST(Litellm, FillsTheFirstOfTwoEntriesThatAgree) {
    const auto imported = read(
        R"({"m": {"litellm_provider": "xai", "input_cost_per_token": 1e-06, "output_cost_per_token": 3e-06},
            "xai/m": {"litellm_provider": "xai", "input_cost_per_token": 1e-06}})");

    EXPECT_THAT(
        rows(imported), ElementsAre("input 1000000000000/1000000", "output 3000000000000/1000000"));
    EXPECT_THAT(imported.report.left_out, IsEmpty());
}

TEST(Litellm, CountsOnlyWhatUpstreamStatesOfAnEntryThatIsListedTwice) {
    const auto imported = read(
        R"({"1024-x-1024/d": {"litellm_provider": "openai", "input_cost_per_pixel": 2e-08},
            "openai/1024-x-1024/d": {"litellm_provider": "openai", "input_cost_per_pixel": 3e-08}})");

    EXPECT_EQ(imported.report.prices, 2U);
    EXPECT_EQ(imported.report.exact, 1U);
    EXPECT_THAT(imported.report.left_out, SizeIs(1));
}

TEST(Litellm, TakesNothingButANumberForAPrice) {
    for (const char* price : {"true", "[1]", "{}", R"("cheap")"}) {
        const auto imported = read(
            std::string{R"({"m": {"litellm_provider": "openai", "input_cost_per_token": )"} +
            price + "}}");
        ASSERT_THAT(imported.report.left_out, SizeIs(1)) << price;
        EXPECT_EQ(imported.report.left_out[0].why, "is no number");
        EXPECT_TRUE(imported.report.left_out[0].is_wrong);
    }
    const auto without =
        read(R"({"m": {"litellm_provider": "openai", "input_cost_per_token": null}})");
    EXPECT_THAT(without.report.left_out, IsEmpty());
}

TEST(Litellm, RefusesWhatIsNoCatalogue) {
    EXPECT_FALSE(import_catalog(CatalogFormat::litellm, "[]").has_value());
    EXPECT_FALSE(import_catalog(CatalogFormat::litellm, R"({"m": 1})").has_value());
    EXPECT_FALSE(import_catalog(CatalogFormat::litellm, "{").has_value());
}

TEST(Litellm, HoldsNearlyEveryPriceOfTheRecordedCatalogue) {
    std::ifstream file{std::string{PULSE_FIXTURES_DIR} + "/pricing/litellm-2026-08-01.json"};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        GTEST_SKIP() << "no catalogues in " PULSE_FIXTURES_DIR;
    }
    const auto imported = read(text.str());

    EXPECT_GE(imported.report.prices, 8'870U);
    EXPECT_GE(imported.report.exact * 1'000, imported.report.prices * 995);
    EXPECT_EQ(imported.report.left_out.size(), imported.report.prices - imported.report.exact);
}

}  // namespace
}  // namespace pulse::pricing
