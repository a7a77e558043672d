#pragma once

#include "base/error.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/import/report.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::pricing {

/// Forms of a price catalogue: our own, that of the npm package @pydantic/genai-prices (MIT), and
/// LiteLLM's model_prices_and_context_window.json (MIT).
enum class CatalogFormat : std::uint8_t { pulse, genai, litellm };
[[nodiscard]] std::optional<CatalogFormat> parse_catalog_format(std::string_view text);
[[nodiscard]] std::string_view to_string(CatalogFormat format);
/// By the beginning of a document: an array is genai's, an object with "schema" ours, any other
/// LiteLLM's. Empty when it is none.
[[nodiscard]] std::optional<CatalogFormat> guess_catalog_format(std::string_view text);

struct ImportOptions {
    std::string version{};  ///< empty: FORMAT-DIGEST, the digest of the text
    std::string ref{};      ///< what the source says of itself ("npm … 0.1.8"); empty: the format
};

struct Imported {
    std::shared_ptr<const Catalog> catalog;
    ImportReport report;
};

/// Reads a catalogue of any form. What a single price says wrong is in the report; errors are
/// those of the document: corrupt_input with the place, limit_exceeded.
[[nodiscard]] Result<Imported> import_catalog(
    CatalogFormat format, std::string_view text, const ImportOptions& options = {});

inline constexpr std::size_t kImportBytesMax = std::size_t{32} << 20;

}  // namespace pulse::pricing
