#pragma once

#include "base/error.h"
#include "pricing/catalog/decimal.h"
#include "pricing/catalog/match_rule.h"
#include "pricing/catalog/price.h"
#include "pricing/catalog/price_override.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

namespace detail {
struct Index;
}

/// One model of one provider.
struct Model {
    std::string provider{};
    std::string id{};
    std::string mode{};  ///< chat, embedding, …
    std::vector<std::string> aliases{};
    std::int64_t context_tokens = 0;     ///< window for input; 0: not known
    std::int64_t output_tokens_max = 0;  ///< 0: not known
    std::vector<Price> prices{};
    std::string listed_as{};                   ///< its name in the source where that is not the id
    std::shared_ptr<const MatchRule> match{};  ///< further names; null: none
};

/// A provider, the other names it goes by ("google" for "gemini") and what is said of its names.
struct Provider {
    std::string id{};
    std::vector<std::string> aliases{};
    std::shared_ptr<const MatchRule> match{};   ///< further names of the provider
    std::shared_ptr<const MatchRule> models{};  ///< plain model names that are this provider's own
    std::vector<std::string> fallback{};  ///< providers whose prices count for models not listed
    std::string
        reference_model{};  ///< what its unknown models are estimated by; empty: the dearest
};

/// Where a catalogue's prices come from. Each price names one.
struct Source {
    std::string name{};
    std::string ref{};
    std::string licence{};
    std::string fetched_at{};  ///< as written; empty: not stated
};

/// How a name was found.
enum class Match : std::uint8_t { exact, derived, unknown };

/// What is to be said about a look-up beside its match.
enum class Remark : std::uint8_t {
    none,
    regional_uplift_assumed,  ///< a region's form of a model whose price there is not listed
    free_variant,             ///< a variant that its provider serves for nothing (`:free`)
    provider_fallback,        ///< the price is of another provider that the catalogue names
};

/// A look-up's answer. `model` is null when no price of the name is known; then `reference` is the
/// dearest of its family, of its provider, or of all, for a conservative estimate. Both point into
/// the catalogue and live as long as it does; `region` points into the name that was asked for.
struct Found {
    const Model* model = nullptr;
    const Model* reference = nullptr;
    Match match = Match::unknown;
    Remark remark = Remark::none;
    Factor factor{};            ///< what the model's prices are multiplied with
    std::string_view region{};  ///< of an ARN or a resource path; empty: the name says none
};

/// Longest model name that is looked at; a longer one is unknown. Names come from callers.
inline constexpr std::size_t kModelNameBytesMax = 256;

/// A version of all prices. Immutable, shared by pointer and swapped whole. Its text form is
/// documented in docs/formats/catalogue.md.
class Catalog {
public:
    /// An empty one: every name is unknown and has no reference.
    Catalog();

    /// Reads one catalogue document. Errors: corrupt_input with the path of what is wrong.
    [[nodiscard]] static Result<std::shared_ptr<const Catalog>> parse(std::string_view json);

    /// The one that is built into the program (pricing/catalog/builtin.json). Read on the first
    /// call, once.
    [[nodiscard]] static std::shared_ptr<const Catalog> builtin();

    /// `base` with the models of `over` added or replaced (later catalogue files, a provider's
    /// `prices:`). A model with id "*" gives its price to every name of its provider that is not
    /// listed. The version becomes "BASE+DIGEST" with a digest of `over`. Every price must be
    /// `in_bounds`: the reader of `over` checks it.
    [[nodiscard]] static std::shared_ptr<const Catalog> merged(
        const Catalog& base, std::vector<Model> over);

    [[nodiscard]] const std::string& version() const { return version_; }

    /// Finds a provider's model by the order of docs/formats/catalogue.md (listed name, rule, ARN
    /// and paths, regions, variants, fine-tune, releases, "*", other providers, unknown), without
    /// regard to ASCII case. `region` is where the call is served, when that is known ("eu",
    /// "eu-west-1"). No allocation except in regular expressions; linear in the name, which is
    /// bounded, and in the number of the provider's rules.
    [[nodiscard]] Found find(
        std::string_view provider, std::string_view model, std::string_view region = {}) const;

    /// `base` with everything of `over` added or replaced: models, providers and sources.
    [[nodiscard]] static std::shared_ptr<const Catalog> overlaid(
        const Catalog& base, const Catalog& over);

    /// The provider that a plain model name belongs to: the only one that lists it, else the only
    /// one of those that calls it its own (Provider::models); empty when none or several do. "*"
    /// claims nothing.
    [[nodiscard]] std::string_view provider_of(std::string_view model) const;

    [[nodiscard]] const std::vector<Model>& models() const { return models_; }
    [[nodiscard]] const std::vector<Provider>& providers() const { return providers_; }
    [[nodiscard]] const std::vector<Source>& sources() const { return sources_; }
    /// What the catalogue's owner agreed on; nothing in the built-in one.
    [[nodiscard]] const OverrideSet& overrides() const { return overrides_; }

    /// Everything that a catalogue is made of, for those who make one.
    struct Parts {
        std::string version;
        std::vector<Source> sources;
        std::vector<Provider> providers;
        std::vector<Model> models;
        std::vector<PriceOverride> overrides{};
    };
    /// Every price must be `in_bounds`, and names a reader's: the reader of `parts` checks it.
    [[nodiscard]] static std::shared_ptr<const Catalog> make(Parts parts);

private:
    explicit Catalog(Parts parts);
    std::string version_;
    std::vector<Model> models_;
    std::vector<Provider> providers_;
    std::vector<Source> sources_;
    OverrideSet overrides_;
    std::shared_ptr<const detail::Index> index_;
};

}  // namespace pulse::pricing
