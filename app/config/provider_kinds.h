#pragma once

#include <span>
#include <string_view>

namespace pulse::app {

/// An API that `providers.NAME.kind` may name.
struct ProviderKind {
    std::string_view name;
    std::string_view base_url;        ///< public; empty when each account has its own
    std::string_view key_variable;    ///< as the vendor's own SDK knows it
    std::string_view other_variable;  ///< a second name of it, or empty
    std::span<const std::string_view> models;  ///< globs of what the public API serves
};

/// All kinds that have something of their own, in the order in which they are tried for a plain model name.
[[nodiscard]] std::span<const ProviderKind> provider_kinds();

/// Null for a name that is none.
[[nodiscard]] const ProviderKind* find_provider_kind(std::string_view name);

}  // namespace pulse::app
