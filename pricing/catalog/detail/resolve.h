#pragma once

#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/index.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// A model that a name means, and how.
struct Hit {
    std::uint32_t model = Index::kNone;
    Match match = Match::exact;
    Remark remark = Remark::none;
    Factor factor{};
    std::string_view region{};  ///< a view into the name
};

/// What a name is asked with.
struct NameAsk {
    std::uint32_t part = Index::kNone;
    std::string_view name{};
    std::string_view region{};  ///< where the call is served; empty: not known
};

/// The order in which a name is read, in one place: docs/formats/catalogue.md, "Which model a name
/// means", steps 1 to 7. Empty when the name means no listed model.
[[nodiscard]] std::optional<Hit> resolve(
    const Index& index, const std::vector<Model>& models, const NameAsk& ask);

/// The same for the owners of plain names: a listed name, a fine-tune's base, a release.
[[nodiscard]] std::optional<std::uint32_t> resolve_owner(
    const NameTable& owners, std::string_view name);

}  // namespace pulse::pricing::detail
