#pragma once

#include "pricing/catalog/catalog.h"

#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// One name for a provider that catalogues and clients call by several ("google" → "gemini"). A
/// name that is not known stays, in small letters.
[[nodiscard]] std::string canonical_provider(std::string_view name);

/// The other names of a canonical one, upstream's included.
[[nodiscard]] std::vector<std::string> names_of_provider(std::string_view canonical);

/// What upstream catalogues do not say of a model: by its name.
[[nodiscard]] std::string_view mode_by_name(std::string_view model);

}  // namespace pulse::pricing::detail
