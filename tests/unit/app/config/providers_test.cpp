#include "tests/unit/app/config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pulse::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

[[nodiscard]] std::vector<std::string> names(const Config& config) {
    std::vector<std::string> out;
    for (const gateway::ProviderSettings& entry : config.gateway.providers) {
        out.push_back(entry.name);
    }
    return out;
}

TEST(Providers, ReadEveryKey) {
    const Result<Config> config = parse(R"(providers:
  eu:
    kind: mistral
    base_url: https://eu.example.com:8443/v1/
    api_key: secret-key
    models: [mistral-*, "codestral*"]
    headers: { X-Team: search }
    forward_headers: [X-Trace]
    on_disconnect: drain
    max_connections: 12
    usage_option: never
    ca: ca.pem
)");

    ASSERT_TRUE(config) << config.error().detail();
    const gateway::ProviderSettings* eu = provider(*config, "eu");
    ASSERT_NE(eu, nullptr);
    EXPECT_EQ(eu->kind, "mistral");
    EXPECT_EQ(eu->base_url, "https://eu.example.com:8443/v1");
    EXPECT_EQ(eu->api_key, "secret-key");
    EXPECT_THAT(eu->models, ElementsAre("mistral-*", "codestral*"));
    EXPECT_THAT(eu->headers, ElementsAre(Pair("X-Team", "search")));
    EXPECT_THAT(eu->forward_headers, ElementsAre("x-trace"));
    EXPECT_EQ(eu->on_disconnect, gateway::OnDisconnect::drain);
    EXPECT_EQ(eu->connections_max, 12U);
    EXPECT_EQ(eu->usage_option, gateway::UsageOptionRule::never);
    EXPECT_EQ(eu->ca, "/etc/pulse/ca.pem");
    EXPECT_FALSE(eu->sandbox);
}

TEST(Providers, TakeWhatTheirKindKnows) {
    const Result<Config> config =
        parse("providers: { groq: { api_key: k } , other: { kind: deepseek, api_key: k } }");

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_EQ(provider(*config, "groq")->kind, "groq");
    EXPECT_EQ(provider(*config, "groq")->base_url, "https://api.groq.com/openai/v1");
    EXPECT_EQ(provider(*config, "other")->base_url, "https://api.deepseek.com/v1");
    EXPECT_THAT(provider(*config, "other")->models, ElementsAre("deepseek-*"));
}

TEST(Providers, OfAnotherAddressHaveNoModelsOfTheirKind) {
    const Result<Config> config =
        parse("providers: { local: { base_url: 'http://127.0.0.1:8000/v1' } }");

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_EQ(provider(*config, "local")->kind, "openai");
    EXPECT_EQ(provider(*config, "local")->api_key, "");
    EXPECT_THAT(provider(*config, "local")->models, IsEmpty());
}

TEST(Providers, AreOffWithoutAKeyAndSayWhy) {
    const Result<Config> config = parse(
        "providers:\n  openai: { kind: openai, base_url: https://api.openai.com/v1, api_key: "
        "${OPENAI_API_KEY} }\n"
        "  mistral:\n  anthropic: { kind: anthropic, api_key: '' }\n");

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_THAT(names(*config), ElementsAre("sandbox"));
    EXPECT_THAT(
        config->warnings,
        ElementsAre(
            "/etc/pulse/p.yaml:2: key `providers.openai.api_key`: is empty (not set in the "
            "environment: "
            "OPENAI_API_KEY): the provider is off",
            "/etc/pulse/p.yaml:3: key `providers.mistral.api_key`: is not written and "
            "MISTRAL_API_KEY is not set in "
            "the environment: the provider is off",
            "/etc/pulse/p.yaml:4: key `providers.anthropic.api_key`: is empty: the provider is "
            "off"));
}

TEST(Providers, TakeTheirVendorsVariableWhereNoKeyIsWritten) {
    const Result<Config> config = parse("providers: { openai: }", {{"OPENAI_API_KEY", "sk-o"}});

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_EQ(provider(*config, "openai")->api_key, "sk-o");
}

TEST(Providers, CanBeSwitchedOff) {
    const Result<Config> config =
        parse("providers: { a: { base_url: 'https://a', enabled: false } }");

    ASSERT_TRUE(config);
    EXPECT_THAT(names(*config), ElementsAre("sandbox"));
}

TEST(Providers, OfEveryKindAreReadWithWhatBelongsToTheirKind) {
    const Result<Config> config = parse(R"(providers:
  claude: { kind: anthropic, api_key: k }
  az: { kind: azure, base_url: "https://n.openai.azure.com", api_key: k, api_version: 2024-10-21, deployments: { gpt-4o: mine } }
  b: { kind: bedrock, region: eu-west-1, credentials: "profile:pulse" }
  v: { kind: vertex, project: p, region: europe-west4, credentials: /key.json }
)");

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_EQ(provider(*config, "claude")->base_url, "https://api.anthropic.com");
    EXPECT_THAT(provider(*config, "claude")->models, ElementsAre("claude-*"));
    EXPECT_EQ(provider(*config, "az")->api_version, "2024-10-21");
    EXPECT_THAT(provider(*config, "az")->deployments, ElementsAre(Pair("gpt-4o", "mine")));
    EXPECT_EQ(provider(*config, "b")->base_url, "https://bedrock-runtime.eu-west-1.amazonaws.com");
    EXPECT_EQ(provider(*config, "b")->credentials, "profile:pulse");
    EXPECT_EQ(provider(*config, "v")->base_url, "https://europe-west4-aiplatform.googleapis.com");
    EXPECT_EQ(provider(*config, "v")->project, "p");
}

TEST(Providers, SayWhatTheirKindNeedsOrDoesNotKnow) {
    EXPECT_THAT(
        problems("providers: { az: { kind: azure, api_key: k } }"),
        HasSubstr("key `providers.az.base_url`: is not written: every account of kind azure has its own"));
    EXPECT_THAT(
        problems("providers: { b: { kind: bedrock, credentials: environment } }"),
        HasSubstr("is not written, and neither is region"));
    EXPECT_THAT(
        problems("providers: { openai: { api_key: k, deployments: { a: b } } }"),
        HasSubstr("does not belong to a provider of kind openai"));
    EXPECT_THAT(
        problems("providers: { x: { kind: opnai } }"),
        HasSubstr("is none of the words that are allowed: openai"));
}

TEST(Providers, NeedHttpsUnlessTheHostIsThisMachineOrInsecureIsSaid) {
    const auto with_url = [](const std::string& url, const std::string& more = "") {
        return problems("providers:\n  p:\n    base_url: " + url + "\n" + more);
    };

    EXPECT_EQ(
        with_url("http://10.0.0.1/v1"),
        "p.yaml:3: key `providers.p.base_url`: would send the API key in the clear; allowed are "
        "https://, http:// to "
        "this machine, and http:// with `insecure: true`");
    EXPECT_EQ(with_url("http://10.0.0.1/v1", "    insecure: true\n"), "");
    EXPECT_EQ(with_url("http://127.0.0.1:8000/v1"), "");
    EXPECT_EQ(with_url("http://127.1.2.3"), "");
    EXPECT_EQ(with_url("\"http://[::1]:8000\""), "");
    EXPECT_EQ(with_url("http://localhost:8000"), "");
    EXPECT_EQ(with_url("https://example.com"), "");
    EXPECT_NE(with_url("http://localhost.example.com"), "");
    EXPECT_NE(with_url("http://127.0.0.1.example.com"), "");
}

TEST(Providers, RefuseUrlsThatAreNoBase) {
    for (const char* url :
         {"example.com",
          "ftp://example.com",
          "https://",
          "https://u:p@example.com",
          "https://example.com?a=b",
          "https://example.com/#x",
          "https://example.com:0",
          "https://example.com:99999",
          "https://exa mple.com",
          "https://127.0.0.1.example.com"}) {
        EXPECT_THAT(
            problems("providers: { p: { base_url: '" + std::string(url) + "' } }"),
            HasSubstr("key `providers.p.base_url`"))
            << url;
    }
}

TEST(Providers, RefuseNamesThatCannotStandBeforeASlash) {
    for (const char* name : {"a/b", "''", "'a b'", "-a", "\"a\\n\""}) {
        EXPECT_THAT(
            problems("providers: { " + std::string(name) + ": { base_url: 'https://a' } }"),
            HasSubstr("cannot name a provider"))
            << name;
    }
}

TEST(Providers, RefuseHeadersOfPulsesOwn) {
    EXPECT_THAT(
        problems("providers: { p: { base_url: 'https://a', headers: { Content-Length: 1 } } }"),
        HasSubstr(
            "key `providers.p.headers.Content-Length`: is a header that Pulse writes itself"));
    EXPECT_THAT(
        problems("providers: { p: { base_url: 'https://a', headers: { 'a b': 1 } } }"),
        HasSubstr("is no name of a header"));
    EXPECT_THAT(
        problems("providers: { p: { base_url: 'https://a', forward_headers: [Authorization] } }"),
        HasSubstr("key `providers.p.forward_headers[0]`: is a header that is never forwarded"));
    EXPECT_EQ(
        problems("providers: { p: { base_url: 'https://a', headers: { x-api-key: k } } }"), "");
}

TEST(Providers, NeverShowAKeyInAnError) {
    const std::string error =
        problems("providers: { p: { base_url: 'https://a', api_key: 'top secret' } }");

    EXPECT_THAT(error, HasSubstr("key `providers.p.api_key`: cannot be a credential"));
    EXPECT_EQ(error.find("top"), std::string::npos);
}

TEST(Providers, RefuseKeysOfOtherKindsAndProxies) {
    EXPECT_THAT(
        problems("providers:\n  p:\n    base_url: https://a\n    region: eu\n"),
        HasSubstr(
            "p.yaml:4: key `providers.p.region`: does not belong to a provider of kind openai"));
    EXPECT_THAT(
        problems("providers: { p: { base_url: 'https://a', proxy: 'http://proxy' } }"),
        HasSubstr("is not served by this version yet"));
}

TEST(ProviderPrices, AreExactIntegersOfUsdPerMillionTokens) {
    const Result<Config> config = parse(
        "providers:\n  p:\n    base_url: https://a\n    prices:\n"
        "      \"*\": { input: \"0.10\", output: 0.40, cached_input: \"0.000001\" }\n      free: { "
        "input: 0 }\n");

    ASSERT_TRUE(config) << config.error().detail();
    const auto& prices = provider(*config, "p")->prices;
    ASSERT_EQ(prices.size(), 2U);
    EXPECT_EQ(prices[0].provider, "p");
    EXPECT_EQ(prices[0].id, "*");
    ASSERT_EQ(prices[0].prices.size(), 3U);
    EXPECT_EQ(prices[0].prices[0].price_class, pricing::PriceClass::input);
    EXPECT_EQ(prices[0].prices[0].amount_pico, 100'000'000'000);
    EXPECT_EQ(prices[0].prices[0].per, 1'000'000);
    EXPECT_EQ(prices[0].prices[1].price_class, pricing::PriceClass::cache_read);
    EXPECT_EQ(prices[0].prices[1].amount_pico, 1'000'000);
    EXPECT_EQ(prices[0].prices[2].price_class, pricing::PriceClass::output);
    EXPECT_EQ(prices[0].prices[2].amount_pico, 400'000'000'000);
    EXPECT_EQ(prices[1].id, "free");
}

TEST(ProviderPrices, AreChecked) {
    const auto with_price = [](const std::string& price) {
        return problems(
            "providers: { p: { base_url: 'https://a', prices: { m: " + price + " } } }");
    };

    EXPECT_THAT(
        with_price("{ output: 1 }"), HasSubstr("key `providers.p.prices.m.input`: is missing"));
    EXPECT_THAT(with_price("{ input: -1 }"), HasSubstr("is no amount"));
    EXPECT_THAT(with_price("{ input: cheap }"), HasSubstr("is no amount"));
    EXPECT_THAT(with_price("{ input: 1000001 }"), HasSubstr("is no amount"));
    EXPECT_THAT(with_price("{ inptu: 1 }"), HasSubstr("did you mean `input`?"));
}

TEST(EnvironmentProviders, AreOnWhenTheirVariableIsSetAndTheFileNamesNone) {
    const Variables keys{
        {"OPENAI_API_KEY", "o"},
        {"XAI_API_KEY", "x"},
        {"OPENROUTER_API_KEY", "r"},
        {"GROQ_API_KEY", ""}};

    const Result<Config> config = parse("", keys);

    ASSERT_TRUE(config);
    EXPECT_THAT(names(*config), ElementsAre("openai", "xai", "openrouter", "sandbox"));
    EXPECT_EQ(provider(*config, "openai")->base_url, "https://api.openai.com/v1");
    EXPECT_EQ(provider(*config, "openai")->api_key, "o");
    EXPECT_THAT(provider(*config, "openai")->models, Contains("gpt-*"));
    EXPECT_EQ(provider(*config, "xai")->base_url, "https://api.x.ai/v1");
    EXPECT_THAT(provider(*config, "xai")->models, ElementsAre("grok-*"));
    EXPECT_EQ(provider(*config, "openrouter")->base_url, "https://openrouter.ai/api/v1");
}

TEST(EnvironmentProviders, AreNotOnWhenTheFileNamesOne) {
    const Result<Config> config = parse(
        "providers: { local: { base_url: 'http://localhost:1' } }", {{"OPENAI_API_KEY", "o"}});

    ASSERT_TRUE(config);
    EXPECT_THAT(names(*config), ElementsAre("local", "sandbox"));
}

TEST(EnvironmentProviders, NeverTakeTheAddressOfOpenaiBaseUrl) {
    const Result<Config> config =
        parse("", {{"OPENAI_API_KEY", "o"}, {"OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"}});

    ASSERT_TRUE(config);
    EXPECT_EQ(provider(*config, "openai")->base_url, "https://api.openai.com/v1");
}

TEST(EnvironmentProviders, OfEveryDialectAreThere) {
    const Result<Config> config = parse(
        "",
        {{"ANTHROPIC_API_KEY", "a"},
         {"AZURE_OPENAI_API_KEY", "z"},
         {"AZURE_OPENAI_ENDPOINT", "https://n.openai.azure.com/"},
         {"OPENAI_API_VERSION", "2024-10-21"},
         {"AWS_BEARER_TOKEN_BEDROCK", "b"},
         {"AWS_REGION", "eu-west-1"}});

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_THAT(names(*config), ElementsAre("anthropic", "azure", "bedrock", "sandbox"));
    EXPECT_EQ(provider(*config, "azure")->base_url, "https://n.openai.azure.com");
    EXPECT_EQ(provider(*config, "azure")->api_version, "2024-10-21");
}

TEST(EnvironmentProviders, WithoutAnEndpointOfTheirOwnAreOff) {
    const Result<Config> config = parse("", {{"AZURE_OPENAI_API_KEY", "z"}, {"AWS_BEARER_TOKEN_BEDROCK", "b"}});

    ASSERT_TRUE(config);
    EXPECT_THAT(names(*config), ElementsAre("sandbox"));
}

TEST(EnvironmentProviders, RefuseAKeyThatCannotBeSentWithoutShowingIt) {
    const std::string error = problems("", {{"OPENAI_API_KEY", "top\nsecret"}});

    EXPECT_THAT(error, HasSubstr("takes OPENAI_API_KEY, which cannot be a credential"));
    EXPECT_EQ(error.find("secret\""), std::string::npos);
}

TEST(Sandbox, IsAlwaysThereUnlessItIsDisabled) {
    const Result<Config> on = parse("");
    const Result<Config> off = parse("providers: { sandbox: { enabled: false } }");
    const Result<Config> alone =
        parse("providers: { sandbox: { enabled: false } }", {{"OPENAI_API_KEY", "o"}});

    ASSERT_TRUE(on);
    EXPECT_TRUE(provider(*on, "sandbox")->sandbox);
    ASSERT_TRUE(off);
    EXPECT_THAT(names(*off), IsEmpty());
    EXPECT_THAT(off->warnings, ElementsAre(HasSubstr("leaves no provider on")));
    EXPECT_THAT(names(*alone), ElementsAre("openai"));
}

TEST(Sandbox, CannotBeConfiguredOtherwise) {
    EXPECT_EQ(
        problems("providers:\n  sandbox:\n    base_url: https://a\n"),
        "p.yaml:3: key `providers.sandbox.base_url`: cannot be set: the provider sandbox is built "
        "in; allowed is "
        "enabled");
}

}  // namespace
}  // namespace pulse::app
