#pragma once

#include "pricing/catalog/catalog.h"

#include <string>
#include <string_view>

namespace pulse::pricing {

/// A catalogue as the document that Catalog::parse reads (docs/formats/catalogue.md): one price a
/// line, models by provider and id, so that a change of one price is a change of one line, with the
/// digest of its own content. `version` empty: DATE-DIGEST (or catalogue-DIGEST without a date), so
/// that equal content has an equal name. `date` ("2026-08-01") may be empty.
[[nodiscard]] std::string write_catalog(
    const Catalog& catalog, std::string_view version = {}, std::string_view date = {});

/// "2026-08-01", or "2026-08-01T12:30:00Z" where it is no midnight.
[[nodiscard]] std::string time_text(TimePoint time);

}  // namespace pulse::pricing
