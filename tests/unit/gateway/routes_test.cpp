#include "gateway/routing/routes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/snapshot.h"

namespace pulse::gateway {
namespace {

[[nodiscard]] pricing::Model priced(std::string provider, std::string id) {
    pricing::Model model;
    model.provider = std::move(provider);
    model.id = std::move(id);
    model.prices.push_back({.price_class = pricing::PriceClass::input, .amount_pico = 100'000'000'000});
    return model;
}

[[nodiscard]] ProviderSettings provider(std::string name, std::vector<std::string> models) {
    ProviderSettings settings;
    settings.name = std::move(name);
    settings.base_url = "http://127.0.0.1:9/v1";
    settings.models = std::move(models);
    return settings;
}

[[nodiscard]] std::shared_ptr<const Routes> routes_of(GatewaySettings settings) {
    auto routes = make_routes(settings, pricing::Catalog::builtin());
    EXPECT_TRUE(routes.has_value());
    return *routes;
}

TEST(Routes, AddressAProviderDirectly) {
    GatewaySettings settings;
    settings.providers = {provider("a", {"x-*"}), provider("b", {})};
    const auto routes = routes_of(settings);

    const auto target = routes->find("b/x-1");

    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->provider->name, "b");
    EXPECT_EQ(target->model, "x-1");
}

TEST(Routes, TakeAPlainNameByGlobThenByTheCatalogue) {
    GatewaySettings settings;
    settings.providers = {provider("openai", {}), provider("local", {"llama-*"})};
    const auto routes = routes_of(settings);

    EXPECT_EQ(routes->find("llama-3")->provider->name, "local");
    EXPECT_EQ(routes->find("gpt-4o-mini")->provider->name, "openai");
    EXPECT_EQ(routes->find("gpt-4o-mini")->found.match, pricing::Match::exact);
    EXPECT_EQ(routes->find("claude-sonnet-4-5").error().code(), Errc::model_not_found);
}

TEST(Routes, PreferTheKindThatThePathBelongsTo) {
    ProviderSettings studio = provider("studio", {"gemini-*"});
    studio.kind = "gemini";
    ProviderSettings vertex = provider("cloud", {"gemini-*"});
    vertex.kind = "vertex";
    vertex.project = "p";
    vertex.region = "us-east5";
    GatewaySettings settings;
    settings.providers = {studio, vertex};
    const auto routes = routes_of(settings);

    EXPECT_EQ(routes->find("gemini-3", Dialect::gemini)->provider->name, "studio");
    EXPECT_EQ(routes->find("gemini-3", Dialect::gemini, "vertex")->provider->name, "cloud");
    EXPECT_EQ(routes->provider_speaking(Dialect::gemini)->name, "studio");
    EXPECT_EQ(routes->provider_speaking(Dialect::gemini, "vertex")->name, "cloud");
}

TEST(Routes, MarkOpenAisPricesAsAssumedForOtherServers) {
    GatewaySettings settings;
    settings.providers = {provider("mirror", {"gpt-*"})};
    const auto routes = routes_of(settings);
    settings.providers.front().base_url = "https://eu.api.openai.com/v1";
    const auto official = routes_of(settings);

    EXPECT_EQ(routes->find("gpt-4o-mini")->found.match, pricing::Match::derived);
    EXPECT_EQ(official->find("gpt-4o-mini")->found.match, pricing::Match::exact);
}

TEST(Routes, AStarPriceGivesNoRightToEveryName) {
    GatewaySettings settings;
    settings.providers = {provider("local", {})};
    settings.providers.front().prices = {priced("local", "*"), priced("local", "own-model")};
    const auto routes = routes_of(settings);

    EXPECT_EQ(routes->find("something").error().code(), Errc::model_not_found);
    EXPECT_EQ(routes->find("own-model")->provider->name, "local");
    EXPECT_EQ(routes->find("local/something")->found.match, pricing::Match::exact);
}

TEST(Routes, OwnPricesGoBeforeTheCatalogue) {
    GatewaySettings settings;
    settings.providers = {provider("openai", {})};
    settings.providers.front().prices = {priced("openai", "*")};
    const auto routes = routes_of(settings);

    const auto target = routes->find("gpt-4o-mini");

    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->found.model->id, "*");
    EXPECT_EQ(target->found.match, pricing::Match::exact);
}

TEST(Routes, GiveEveryNameToTheSandboxWhenItIsAlone) {
    GatewaySettings settings;
    settings.providers = {provider("sandbox", {})};
    settings.providers.front().sandbox = true;
    const auto alone = routes_of(settings);
    settings.providers.push_back(provider("local", {"l"}));
    const auto accompanied = routes_of(settings);

    EXPECT_EQ(alone->find("whatever")->provider->name, "sandbox");
    EXPECT_FALSE(accompanied->find("whatever").has_value());
    EXPECT_EQ(accompanied->find("sandbox/whatever")->provider->name, "sandbox");
}

TEST(Routes, VirtualModelsComeBeforeGlobs) {
    GatewaySettings settings;
    settings.providers = {provider("a", {"*"}), provider("b", {})};
    settings.models = {{.name = "smart", .targets = {{.provider = "b", .model = "big"}}, .timeouts = {}}};
    const auto routes = routes_of(settings);

    EXPECT_EQ(routes->find("smart")->provider->name, "b");
    EXPECT_EQ(routes->find("smart")->model, "big");
    EXPECT_EQ(routes->find("other")->provider->name, "a");
}

TEST(Routes, ListEachNameOnce) {
    GatewaySettings settings;
    settings.providers = {provider("openai", {"gpt-4o", "gpt-4o-*"})};
    const auto routes = routes_of(settings);

    const auto& listed = routes->listed();
    const auto is_it = [](const ListedModel& model) { return model.id == "gpt-4o"; };
    EXPECT_EQ(std::count_if(listed.begin(), listed.end(), is_it), 1);
}

TEST(MakeProvider, RefusesPlainHttpToOtherMachines) {
    ProviderSettings settings = provider("far", {});
    settings.base_url = "http://10.1.2.3/v1";
    EXPECT_EQ(make_provider(settings, {}, 0).error().code(), Errc::configuration);

    settings.insecure = true;
    EXPECT_TRUE(make_provider(settings, {}, 0).has_value());
}

TEST(MakeProvider, RefusesAKeyWithALineBreak) {
    ProviderSettings settings = provider("x", {});
    settings.api_key = "secret\r\nx-evil: 1";

    const auto made = make_provider(settings, {}, 0);

    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().detail().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace pulse::gateway
