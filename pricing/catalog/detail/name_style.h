#pragma once

#include "pricing/catalog/decimal.h"

#include <optional>
#include <span>
#include <string_view>

namespace pulse::pricing::detail {

/// What a provider hangs on the names of its models, as data. Source: the providers' own
/// documentation of model ids (Bedrock inference profiles, Azure deployment types, OpenRouter
/// variants), read 2026-08.
struct NameStyle {
    std::string_view provider;
    bool region_dot = false;                       ///< "eu.MODEL"
    bool region_slash = false;                     ///< "eu/MODEL", "us-east-1/MODEL"
    bool variants = false;                         ///< "MODEL:free"
    std::span<const std::string_view> suffixes{};  ///< endings that a caller may leave out
    std::string_view spelling{};                   ///< a beginning that callers also write …
    std::string_view other_spelling{};             ///< … like this
};
/// Of a provider's id or of a common other name of it; the plain style for all others.
[[nodiscard]] const NameStyle& name_style_of(std::string_view provider);

/// A part taken off a name.
struct Stripped {
    std::string_view name{};    ///< what is left; empty: the name means nothing (an opaque ARN)
    std::string_view region{};  ///< what it said of the place
};

/// The model in an ARN (`arn:aws:bedrock:REGION:ACCOUNT:inference-profile/MODEL`) or a resource
/// path (`projects/P/locations/REGION/publishers/X/models/MODEL`, `models/MODEL`). Empty when the
/// name is neither.
[[nodiscard]] std::optional<Stripped> strip_path(std::string_view name);

/// The model behind a region, in the provider's style. Empty when there is no region in front.
[[nodiscard]] std::optional<Stripped> strip_region(const NameStyle& style, std::string_view name);

/// Whether the place is a part of the world that prices are stated for ("eu", "us-gov"), not a
/// cloud region.
[[nodiscard]] bool is_geography(std::string_view region);

/// What the base model's price is multiplied with where a region's own is not listed: nothing for
/// `global`, 1.1 elsewhere. Source: design, pricing study §2 (Bedrock's regional premium is 10 %).
[[nodiscard]] Factor assumed_uplift(std::string_view region);

/// The model in front of a variant (`:free`, `:nitro`, `:online`, …). Empty when there is none.
struct Variant {
    std::string_view name{};
    bool free = false;
};
[[nodiscard]] std::optional<Variant> strip_variant(const NameStyle& style, std::string_view name);

}  // namespace pulse::pricing::detail
