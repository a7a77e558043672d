#include "app/serve/console_server.h"

#include "app/serve/build_info.h"
#include "base/clock.h"
#include "gateway/exchange/caller_address.h"
#include "storage/database.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace pulse::app {
namespace {

// Logins take at most four (PasswordCost); the others answer meanwhile.
constexpr std::size_t kThreads = 8;

[[nodiscard]] bool is_trusted(std::string_view peer, const std::vector<policy::Cidr>& trusted) {
    const auto address = policy::parse_address(peer);
    return address && std::any_of(trusted.begin(), trusted.end(), [&](const policy::Cidr& block) {
               return block.contains(*address);
           });
}

/// The names that the configuration gives: virtual models, and models of providers that are no
/// globs.
[[nodiscard]] std::vector<console::OfferedModel> offered_models(
    const gateway::GatewaySettings& settings) {
    std::vector<console::OfferedModel> offered;
    for (const gateway::VirtualModel& model : settings.models) {
        for (const gateway::VirtualModel::Target& target : model.targets) {
            offered.push_back({model.name, target.provider, target.model});
        }
    }
    for (const gateway::ProviderSettings& provider : settings.providers) {
        for (const std::string& name : provider.models) {
            if (name.find_first_of("*?") == std::string::npos) {
                offered.push_back({name, provider.name, name});
            }
        }
    }
    return offered;
}

}  // namespace

Result<std::unique_ptr<ConsoleServer>> ConsoleServer::start(const Config& config) {
    const auto trusted = gateway::parse_trusted_proxies(config.gateway.trusted_proxies);
    if (!trusted) {
        return trusted.error();
    }
    const auto caller_of = [trusted = *trusted](const console::HttpRequest& request) {
        return console::Caller{
            .address = std::string{gateway::caller_address(
                request.peer, request.field("x-forwarded-for"), trusted)},
            .is_https =
                is_trusted(request.peer, trusted) && request.field("x-forwarded-proto") == "https"};
    };
    std::unique_ptr<ConsoleServer> console{new ConsoleServer(console::ConsoleApi::Parts{
        .build = build_info(),
        .clock = system_clock(),
        .open_store = [url = config.store.url] { return storage::open_database(url); },
        .caller_of = caller_of,
        .password_cost = {},
        .throttle = {},
        .default_time_zone = config.policy.time_zone,
        .models = offered_models(config.gateway)})};
    auto server = console::HttpServer::start(
        {.host = config.console.listen.host,
         .port = config.console.listen.port,
         .threads = kThreads,
         .thread_name = "console"},
        [api = &console->api_](const console::HttpRequest& request) {
            return api->answer(request);
        });
    if (!server) {
        return Error{Errc::configuration, "console.listen: " + server.error().detail()};
    }
    console->server_ = *std::move(server);
    return console;
}

}  // namespace pulse::app
