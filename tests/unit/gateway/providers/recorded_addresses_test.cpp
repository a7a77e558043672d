#include "gateway/paths/route.h"
#include "gateway/providers/address.h"
#include "net/auth/percent.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace pulse::gateway {
namespace {

struct RecordedUrl {
    std::string provider;
    std::string target;  ///< path and query
};

[[nodiscard]] std::vector<RecordedUrl> recorded_urls() {
    std::vector<RecordedUrl> urls;
    std::error_code absent;
    const std::filesystem::path folder = std::filesystem::path(PULSE_FIXTURES_DIR) / "providers";
    for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
        if (entry.path().filename().string().find("__") == std::string::npos) {
            continue;
        }
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const auto json = boost::json::parse(text).as_object();
        const std::string url(json.at("request").as_object().at("url").as_string());
        const std::size_t path = url.find('/', url.find("://") + 3);
        urls.push_back(
            {std::string(json.at("provider").as_string()),
             path == std::string::npos ? "/" : url.substr(path)});
    }
    return urls;
}

[[nodiscard]] Dialect dialect_of(std::string_view provider) {
    static const std::map<std::string_view, Dialect> kDialects{
        {"azure", Dialect::openai},
        {"gemini", Dialect::gemini},
        {"vertex", Dialect::gemini},
        {"bedrock", Dialect::bedrock},
        {"anthropic", Dialect::anthropic},
        {"cohere", Dialect::cohere}};
    const auto found = kDialects.find(provider);
    return found == kDialects.end() ? Dialect::none : found->second;
}

/// What a provider whose settings say no more than they must is asked for, when a caller asks for
/// `target` below its mount.
[[nodiscard]] std::string asked_of_provider(
    const RecordedUrl& url, const ProviderAddress& address) {
    const std::string_view target = url.target;
    const std::string_view sent = target.substr(0, target.find('?'));
    const Route route = find_mounted_route(
        sent,
        "POST",
        {.dialect = dialect_of(url.provider),
         .is_azure = address.style == AddressStyle::azure,
         .base_path = address.base_path});
    std::string model;
    net::append_percent_decoded(model, route.model);
    std::string out;
    append_target(
        out,
        address,
        {.api = route.api,
         .native_path = route.native_path,
         .version = route.version,
         .path_model = route.model,
         .model = model,
         .query = sent.size() == target.size() ? "" : target.substr(sent.size() + 1)});
    return out;
}

TEST(RecordedUrls, AreAskedForByWhoAsksForThemBelowTheMount) {
    std::map<std::string, int> reached;
    for (RecordedUrl url : recorded_urls()) {
        // Recorded through a proxy, whose base URL stood for the deployment; and one of a caller
        // without the version that the API wants.
        const bool is_other =
            url.provider == "azure" && (url.target == "/chat/completions" ||
                                        (url.target.find("/deployments/") != std::string::npos &&
                                         url.target.find("api-version=") == std::string::npos));
        if (dialect_of(url.provider) == Dialect::none || is_other) {
            continue;
        }
        ProviderAddress address;
        address.style = address_style(url.provider);
        address.base_path = url.target.starts_with("/models/") ? "/models" : "";
        url.target.erase(0, url.target.starts_with("//") ? 1 : 0);
        EXPECT_EQ(asked_of_provider(url, address), url.target) << url.provider;
        ++reached[url.provider];
    }
    if (reached.empty()) {
        GTEST_SKIP() << "no recorded exchanges in " << PULSE_FIXTURES_DIR;
    }
    EXPECT_EQ(reached.size(), 6U);
}

}  // namespace
}  // namespace pulse::gateway
