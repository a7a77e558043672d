// The order in which a name is read (docs/formats/catalogue.md, "Which model a name means"), beyond
// listed names and releases, which catalog_test.cpp has.
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/detail/name_style.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::pricing {
namespace {

Model model(std::string provider, std::string id, std::int64_t amount = 100) {
    Model made{.provider = std::move(provider), .id = std::move(id), .mode = "chat"};
    made.prices.push_back(
        {.price_class = PriceClass::input, .amount_pico = amount, .source = "test"});
    return made;
}

std::shared_ptr<const MatchRule> rule(std::string_view json) {
    const auto tree = detail::JsonTree::parse(json, 10'000);
    return std::make_shared<const MatchRule>(*MatchRule::parse(tree->root()));
}

std::shared_ptr<const Catalog> catalog() {
    auto regional = model("openai", "gpt-5.4");
    regional.prices.push_back(
        {.price_class = PriceClass::input, .amount_pico = 110, .source = "test", .region = "eu"});
    auto ruled = model("anthropic", "claude-sonnet-4-5");
    ruled.match = rule(R"({"starts_with": "claude-sonnet-4-5-"})");
    auto late = model("anthropic", "claude-any");
    late.match = rule(R"({"contains": "claude"})");
    return Catalog::make(
        {.version = "v",
         .sources = {},
         .providers =
             {{.id = "azure", .aliases = {"azure_openai"}, .fallback = {"openai", "nobody"}},
              {.id = "bedrock", .aliases = {"aws"}},
              {.id = "gemini", .match = rule(R"({"contains": "google"})")},
              {.id = "openai", .models = rule(R"({"starts_with": "gpt-"})")},
              {.id = "mistral", .reference_model = "mistral-large"}},
         .models = {
             regional,
             ruled,
             late,
             model("openai", "gpt-4o"),
             model("openai", "gpt-5", 125),
             model("azure", "gpt-3.5-turbo"),
             model("azure", "gpt-4o"),
             model("azure", "eu/gpt-4o", 110),
             model("bedrock", "anthropic.claude-3-haiku-20240307-v1:0"),
             model("bedrock", "us.anthropic.claude-3-haiku-20240307-v1:0", 110),
             model("bedrock", "us-gov-west-1/anthropic.claude-3-haiku-20240307-v1:0", 120),
             model("bedrock", "anthropic.claude-v2:1"),
             model("openrouter", "anthropic/claude-sonnet-4.5"),
             model("openrouter", "x/y:free", 0),
             model("fireworks", "accounts/fireworks/models/glm"),
             model("vertex", "gemini-2.5-pro"),
             model("gemini", "gemini-2.5-pro"),
             model("mistral", "mistral-large", 50),
             model("mistral", "mistral-huge", 900)}});
}

/// "exact ID", "derived ID × 11/10 in REGION (remark)", "unknown, like ID".
std::string found(std::string_view provider, std::string_view name, std::string_view region = {}) {
    const auto prices = catalog();
    const auto result = prices->find(provider, name, region);
    if (result.model == nullptr) {
        return "unknown, like " + (result.reference == nullptr ? "none" : result.reference->id);
    }
    std::string out = (result.match == Match::exact ? "exact " : "derived ") +
                      result.model->provider + ":" + result.model->id;
    if (result.factor != Factor{}) {
        out += " × " + std::to_string(result.factor.numerator) + "/" +
               std::to_string(result.factor.denominator);
    }
    if (!result.region.empty()) {
        out += " in " + std::string{result.region};
    }
    return out;
}

TEST(Resolve, TakesTheFirstRuleThatMatches) {
    EXPECT_EQ(
        found("anthropic", "claude-sonnet-4-5-20250929"), "exact anthropic:claude-sonnet-4-5");
    EXPECT_EQ(found("anthropic", "Claude-Sonnet-4-5-X"), "exact anthropic:claude-sonnet-4-5");
    EXPECT_EQ(found("anthropic", "claude-new"), "exact anthropic:claude-any");
}

TEST(Resolve, TakesProvidersByTheirRules) {
    EXPECT_EQ(found("google-vertex-eu", "gemini-2.5-pro"), "exact gemini:gemini-2.5-pro");
    EXPECT_EQ(found("vertex", "gemini-2.5-pro"), "exact vertex:gemini-2.5-pro");
}

TEST(Resolve, ReadsArnsAndKeepsTheirRegion) {
    const std::string arn = "arn:aws:bedrock:us-east-1:123456789012:";
    EXPECT_EQ(
        found("aws", arn + "inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0"),
        "exact bedrock:us.anthropic.claude-3-haiku-20240307-v1:0 in us-east-1");
    EXPECT_EQ(
        found("bedrock", "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-v2:1"),
        "exact bedrock:anthropic.claude-v2:1 in eu-west-1");
    EXPECT_EQ(
        found(
            "bedrock",
            "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/"
            "anthropic.claude-3-haiku-20240307-v1:0"),
        "exact bedrock:us-gov-west-1/anthropic.claude-3-haiku-20240307-v1:0 in us-gov-west-1");
    EXPECT_EQ(
        found("bedrock", arn + "application-inference-profile/abc123").substr(0, 7), "unknown");
    EXPECT_EQ(found("bedrock", "arn:aws:bedrock").substr(0, 7), "unknown");
    EXPECT_EQ(found("bedrock", "arn:::::").substr(0, 7), "unknown");
}

TEST(Resolve, PricesBedrocksRegionsByTheirOwnRowElseATenthHigher) {
    EXPECT_EQ(
        found("bedrock", "us.anthropic.claude-3-haiku-20240307-v1:0"),
        "exact bedrock:us.anthropic.claude-3-haiku-20240307-v1:0");
    EXPECT_EQ(
        found("bedrock", "global.anthropic.claude-3-haiku-20240307-v1:0"),
        "exact bedrock:anthropic.claude-3-haiku-20240307-v1:0 in global");
    EXPECT_EQ(
        found("bedrock", "jp.anthropic.claude-3-haiku-20240307-v1:0"),
        "derived bedrock:anthropic.claude-3-haiku-20240307-v1:0 × 11/10 in jp");
    EXPECT_EQ(
        found("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", "us"),
        "exact bedrock:us.anthropic.claude-3-haiku-20240307-v1:0");
    EXPECT_EQ(
        found("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", "us-gov-west-1"),
        "exact bedrock:us-gov-west-1/anthropic.claude-3-haiku-20240307-v1:0");
    EXPECT_EQ(
        found("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", "eu"),
        "derived bedrock:anthropic.claude-3-haiku-20240307-v1:0 × 11/10");
    EXPECT_EQ(
        found("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", "eu-west-1"),
        "exact bedrock:anthropic.claude-3-haiku-20240307-v1:0");
}

TEST(Resolve, ReadsBedrocksRevisions) {
    EXPECT_EQ(
        found("bedrock", "anthropic.claude-3-haiku-20240307"),
        "derived bedrock:anthropic.claude-3-haiku-20240307-v1:0");
    EXPECT_EQ(
        found("bedrock", "us.anthropic.claude-3-haiku-20240307"),
        "derived bedrock:us.anthropic.claude-3-haiku-20240307-v1:0");
    EXPECT_EQ(found("bedrock", "anthropic.claude-v3:1").substr(0, 7), "unknown");
}

TEST(Resolve, ReadsAzuresRegionsAndSpelling) {
    EXPECT_EQ(found("azure", "eu/gpt-4o"), "exact azure:eu/gpt-4o");
    EXPECT_EQ(found("azure", "gpt-4o", "eu"), "exact azure:eu/gpt-4o");
    EXPECT_EQ(found("azure", "azure/eu/gpt-4o"), "exact azure:eu/gpt-4o");
    EXPECT_EQ(found("azure", "global-standard/gpt-4o"), "exact azure:gpt-4o in global-standard");
    EXPECT_EQ(found("azure", "us/gpt-4o-2024-11-20"), "derived azure:gpt-4o × 11/10 in us");
    EXPECT_EQ(found("azure_openai", "gpt-35-turbo"), "exact azure:gpt-3.5-turbo");
    EXPECT_EQ(found("azure", "gpt-35-turbo-0125"), "derived azure:gpt-3.5-turbo");
}

TEST(Resolve, TakesTheProvidersThatAreNamedForWhatIsNotListed) {
    EXPECT_EQ(found("azure", "gpt-5"), "derived openai:gpt-5");
    EXPECT_EQ(found("azure", "my-deployment").substr(0, 7), "unknown");
    const auto prices = catalog();
    EXPECT_EQ(prices->find("azure", "gpt-5").remark, Remark::provider_fallback);
}

TEST(Resolve, ReadsOpenroutersVariants) {
    EXPECT_EQ(
        found("openrouter", "anthropic/claude-sonnet-4.5:free"),
        "exact openrouter:anthropic/claude-sonnet-4.5 × 0/1");
    EXPECT_EQ(
        found("openrouter", "anthropic/claude-sonnet-4.5:nitro"),
        "derived openrouter:anthropic/claude-sonnet-4.5");
    EXPECT_EQ(
        found("openrouter", "anthropic/claude-sonnet-4.5:online"),
        "derived openrouter:anthropic/claude-sonnet-4.5");
    EXPECT_EQ(found("openrouter", "x/y:free"), "exact openrouter:x/y:free");
    EXPECT_EQ(found("openrouter", "nobody/knows:free").substr(0, 7), "unknown");
    EXPECT_EQ(found("openai", "gpt-4o:free").substr(0, 7), "unknown") << "no variant there";
}

TEST(Resolve, ReadsResourcePaths) {
    EXPECT_EQ(found("gemini", "models/gemini-2.5-pro"), "exact gemini:gemini-2.5-pro");
    EXPECT_EQ(
        found(
            "vertex",
            "projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-pro-001"),
        "derived vertex:gemini-2.5-pro in europe-west4");
    EXPECT_EQ(
        found("fireworks", "accounts/fireworks/models/glm"),
        "exact fireworks:accounts/fireworks/models/glm");
    EXPECT_EQ(found("openai", "openai/gpt-4o"), "exact openai:gpt-4o");
    EXPECT_EQ(found("openai", "azure/gpt-4o").substr(0, 7), "unknown");
}

TEST(Resolve, LeavesRegionsToTheRowsOfProvidersThatNameNone) {
    EXPECT_EQ(found("openai", "gpt-5.4", "eu"), "exact openai:gpt-5.4");
    EXPECT_EQ(found("openai", "gpt-4o", "eu"), "exact openai:gpt-4o");
}

TEST(Resolve, EstimatesByTheProvidersReferenceWhereThereIsNoFamily) {
    EXPECT_EQ(found("mistral", "zeta"), "unknown, like mistral-large");
    EXPECT_EQ(found("mistral", "mistral-zeta"), "unknown, like mistral-huge");
    EXPECT_EQ(found("nobody", "zeta"), "unknown, like gpt-5") << "of the reference providers";
}

TEST(Resolve, KnowsItsOwnNamesAmongSeveralOwners) {
    EXPECT_EQ(catalog()->provider_of("gpt-4o"), "openai");
    EXPECT_EQ(catalog()->provider_of("gpt-4o-2024-11-20"), "openai");
    EXPECT_EQ(catalog()->provider_of("gemini-2.5-pro"), "");
    EXPECT_EQ(catalog()->provider_of("claude-sonnet-4-5"), "anthropic");
}

TEST(Resolve, BearsAnyName) {
    for (const char* name :
         {"arn:", "/", "//", "models/", "eu/", "us.", ":free", "openai/", "ft:", "*"}) {
        for (const char* provider : {"bedrock", "azure", "openrouter", "openai", "anthropic"}) {
            for (const char* region : {"", "eu", "."}) {
                const auto result = catalog()->find(provider, name, region);
                EXPECT_TRUE(result.model != nullptr || result.reference != nullptr);
            }
        }
    }
    EXPECT_NE(
        catalog()->find("bedrock", std::string(256, 'x'), std::string(256, 'y')).reference,
        nullptr);
}

}  // namespace
}  // namespace pulse::pricing
