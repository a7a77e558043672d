#pragma once

#include "base/money.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/name_style.h"
#include "pricing/catalog/detail/name_table.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// The look-up tables of a catalogue. Numbers are positions in Catalog::models(). Built once, then
/// immutable; borrows nothing.
struct Index {
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    /// A model's rule for names that it does not state in full.
    struct OpenRule {
        std::shared_ptr<const MatchRule> rule;
        std::uint32_t model = kNone;
    };

    struct Part {
        std::string id;
        std::uint32_t dearest = kNone;    ///< its dearest model
        std::uint32_t any = kNone;        ///< its model "*"
        std::uint32_t reference = kNone;  ///< what its unknown models are estimated by
        const NameStyle* style = nullptr;
        std::vector<OpenRule> rules{};  ///< in the catalogue's order: the first that matches counts
        std::vector<std::uint32_t> fallback{};   ///< parts
        std::shared_ptr<const MatchRule> own{};  ///< of plain names
    };

    Index(const std::vector<Model>& models, const std::vector<Provider>& providers);

    /// The number of a provider's id, alias or rule; kNone when it is not listed. It is also the
    /// space of its names.
    [[nodiscard]] std::uint32_t part_of(std::string_view provider) const;

    /// The model that states this name, or whose rule takes it.
    [[nodiscard]] std::optional<std::uint32_t> listed(
        std::uint32_t part, std::string_view name) const;

    /// The model of the longest family that `name` belongs to; kNone when it shares no first word
    /// with any.
    [[nodiscard]] std::uint32_t dearest_of_family(std::uint32_t part, std::string_view name) const;

    std::vector<Part> parts;
    NameTable providers;  ///< space 0: id or alias → part
    NameTable names;      ///< space part: id or alias → model
    NameTable owners;     ///< space 0: id or alias → part, kNone when several have it
    NameTable families;   ///< space part: words in front of a boundary → their dearest model
    std::uint32_t dearest = kNone;

private:
    struct ProviderRule {
        std::shared_ptr<const MatchRule> rule;
        std::uint32_t part = kNone;
    };
    std::uint32_t add_part(const std::string& id);
    void add_provider(const Provider& provider);
    void link_providers(const std::vector<Provider>& listed);
    void add_names(const Model& model, std::uint32_t part, std::uint32_t number);
    void add_owner(const std::string& name, std::uint32_t part);
    void add_families(
        const std::vector<Model>& models,
        const std::vector<Int128>& worth,
        std::uint32_t part,
        std::uint32_t number);

    std::vector<ProviderRule> provider_rules_;
};

}  // namespace pulse::pricing::detail
