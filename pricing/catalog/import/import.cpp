#include "pricing/catalog/import/import.h"

#include "base/digest.h"
#include "base/hex.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/import/readers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::pricing {
namespace {

constexpr std::array<std::string_view, 3> kFormatNames{"pulse", "genai", "litellm"};
constexpr std::size_t kDigestShown = 12;

std::string version_of(CatalogFormat format, std::string_view text) {
    return std::string{to_string(format)} + "-" + to_hex(sha256(text)).substr(0, kDigestShown);
}

Source source_of(CatalogFormat format, const ImportOptions& options) {
    const auto name = std::string{to_string(format)};
    return {.name = name, .ref = options.ref.empty() ? name : options.ref, .licence = "MIT"};
}

Result<Imported> import_pulse(std::string_view text) {
    auto catalog = Catalog::parse(text);
    if (!catalog) {
        return catalog.error();
    }
    Imported out{.catalog = std::move(*catalog), .report = {}};
    out.report.models = out.catalog->models().size();
    for (const auto& model : out.catalog->models()) {
        out.report.prices += model.prices.size();
    }
    out.report.exact = out.report.prices;
    out.report.agreed = out.catalog->overrides().entries().size();
    return out;
}

}  // namespace

std::optional<CatalogFormat> parse_catalog_format(std::string_view text) {
    const auto* found = std::ranges::find(kFormatNames, text);
    return found == kFormatNames.end()
               ? std::nullopt
               : std::optional{static_cast<CatalogFormat>(found - kFormatNames.begin())};
}

std::string_view to_string(CatalogFormat format) {
    return kFormatNames.at(static_cast<std::size_t>(format));
}

std::optional<CatalogFormat> guess_catalog_format(std::string_view text) {
    constexpr std::size_t kHead = 4096;
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    if (text[begin] == '[') {
        return CatalogFormat::genai;
    }
    if (text[begin] != '{') {
        return std::nullopt;
    }
    const auto head = text.substr(begin, kHead);
    return head.find("\"schema\"") != std::string_view::npos ? CatalogFormat::pulse
                                                             : CatalogFormat::litellm;
}

Result<Imported> import_catalog(
    CatalogFormat format, std::string_view text, const ImportOptions& options) {
    if (format == CatalogFormat::pulse) {
        return import_pulse(text);
    }
    const auto tree = detail::JsonTree::parse(text, kImportBytesMax);
    if (!tree) {
        return tree.error();
    }
    ImportReport report;
    auto parts = format == CatalogFormat::genai ? detail::read_genai(tree->root(), report)
                                                : detail::read_litellm(tree->root(), report);
    if (!parts) {
        return parts.error();
    }
    parts->version = options.version.empty() ? version_of(format, text) : options.version;
    parts->sources = {source_of(format, options)};
    report.models = parts->models.size();
    return Imported{.catalog = Catalog::make(std::move(*parts)), .report = std::move(report)};
}

}  // namespace pulse::pricing
