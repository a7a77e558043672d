#pragma once

#include "base/error.h"
#include "pricing/catalog/price.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

/// One model of one provider.
struct Model {
    std::string provider{};
    std::string id{};
    std::string mode{};  ///< chat, embedding, …
    std::vector<std::string> aliases{};
    std::int64_t context_tokens = 0;     ///< window for input; 0: not known
    std::int64_t output_tokens_max = 0;  ///< 0: not known
    std::vector<Price> prices{};
};

/// A provider's id and the other names it goes by ("google" for "gemini").
struct Provider {
    std::string id{};
    std::vector<std::string> aliases{};
};

/// How a name was found.
enum class Match : std::uint8_t { exact, derived, unknown };

/// A look-up's answer. `model` is null when no price of the name is known; then `reference` is the
/// dearest of its family, of its provider, or of all, for a conservative estimate. Both point into
/// the catalogue and live as long as it does.
struct Found {
    const Model* model = nullptr;
    const Model* reference = nullptr;
    Match match = Match::unknown;
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

    /// Finds a provider's model by the order of docs/formats/catalogue.md (exact, alias, fine-tune,
    /// dated and `-latest` forms, "*", unknown), without regard to ASCII case. No allocation;
    /// linear in the name, which is bounded.
    [[nodiscard]] Found find(std::string_view provider, std::string_view model) const;

    /// The provider that a plain model name belongs to; empty when none or several claim it. "*"
    /// claims nothing.
    [[nodiscard]] std::string_view provider_of(std::string_view model) const;

    [[nodiscard]] const std::vector<Model>& models() const { return models_; }

private:
    struct Index;
    Catalog(std::string version, std::vector<Model> models, std::vector<Provider> providers);
    std::string version_;
    std::vector<Model> models_;
    std::vector<Provider> providers_;
    std::shared_ptr<const Index> index_;
};

}  // namespace pulse::pricing
