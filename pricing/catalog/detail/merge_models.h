#pragma once

#include "pricing/catalog/catalog.h"

#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// A model of the merged catalogue in the making. `base` is the preferred catalogue's that it was
/// made of; null for one that only the filling catalogue has.
struct Draft {
    Model model{};
    const Model* base = nullptr;
};

/// "gpt-4o-2024-08-06" of "gpt-4o".
[[nodiscard]] bool is_release_of(std::string_view id, std::string_view base);
/// Its id, its aliases and the names that its rule states.
[[nodiscard]] std::vector<std::string> stated_names_of(const Model& model);
/// Whether any price of the model is one that its source does not state.
[[nodiscard]] bool is_assumed(const Model& model);

/// Sorted prices, no silent zeros, models with equal terms as one with aliases, each name to one
/// model, sorted by provider and id.
[[nodiscard]] std::vector<Model> settle(std::vector<Draft> drafts);
/// Each name of a provider belongs to one model: to the one that has it as id, else to the first.
/// Sorts by provider and id.
void settle_names(std::vector<Model>& models);

}  // namespace pulse::pricing::detail
