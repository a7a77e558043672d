#include "app/commands/prices.h"
#include "app/serve/prices_in_force.h"
#include "gateway/snapshot.h"

#include <fstream>
#include <sstream>

namespace pulse::app {

Result<std::string> read_whole(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || std::filesystem::is_directory(file)) {
        return Error(Errc::invalid_request, "cannot read " + file.string());
    }
    return std::move(text).str();
}

Result<pricing::Imported> read_catalog(
    const std::filesystem::path& file, const std::string& format, const std::string& ref) {
    const auto text = read_whole(file);
    if (!text) {
        return text.error();
    }
    const auto known = format.empty() ? pricing::guess_catalog_format(*text)
                                      : pricing::parse_catalog_format(format);
    if (!known) {
        return Error(
            Errc::invalid_request,
            format.empty()
                ? file.string() +
                      ": is no catalogue; name its form with --format pulse, genai or litellm"
                : "--format takes pulse, genai or litellm, not `" + format + "`");
    }
    auto imported = pricing::import_catalog(
        *known, *text, {.ref = ref.empty() ? file.filename().string() : ref});
    if (!imported) {
        return Error(imported.error().code(), file.string() + ": " + imported.error().detail());
    }
    return imported;
}

Result<std::shared_ptr<const pricing::Catalog>> open_catalog(
    const CommonOptions& options, const PricesOptions& wanted) {
    if (!wanted.catalog.empty()) {
        auto imported = read_catalog(wanted.catalog, wanted.catalog_format);
        return imported
                   ? Result<std::shared_ptr<const pricing::Catalog>>{std::move(imported->catalog)}
                   : imported.error();
    }
    if (!wanted.catalog_format.empty()) {
        return Error(
            Errc::invalid_request, "--format names the form of --catalog FILE, which is missing");
    }
    const auto config = read_config(options);
    if (!config) {
        return config.error();
    }
    return prices_in_force(*config);
}

Result<std::shared_ptr<const gateway::Routes>> open_prices(
    const CommonOptions& options, const PricesOptions& wanted) {
    if (!wanted.catalog.empty() || !wanted.catalog_format.empty()) {
        auto catalog = open_catalog(options, wanted);
        if (!catalog) {
            return catalog.error();
        }
        return gateway::make_routes({}, *std::move(catalog));
    }
    const auto config = read_config(options);
    if (!config) {
        return config.error();
    }
    return priced_routes(*config);
}

}  // namespace pulse::app
