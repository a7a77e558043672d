#pragma once

#include "base/money.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/name_table.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

/// The look-up tables of a catalogue. Numbers are positions in Catalog::models_. Built once, then
/// immutable.
struct Catalog::Index {
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    struct Part {
        std::string id;
        std::uint32_t dearest = kNone;  ///< its dearest model
        std::uint32_t any = kNone;      ///< its model "*"
    };

    Index(const std::vector<Model>& models, const std::vector<Provider>& providers);

    /// The number of a provider's id or alias; kNone when it is not listed. It is also the space of
    /// its names.
    [[nodiscard]] std::uint32_t part_of(std::string_view provider) const;

    /// The model of the longest family that `name` belongs to; kNone when it shares no first word
    /// with any.
    [[nodiscard]] std::uint32_t dearest_of_family(std::uint32_t part, std::string_view name) const;

    std::vector<Part> parts;
    detail::NameTable providers;  ///< space 0: id or alias → part
    detail::NameTable names;      ///< space part: id or alias → model
    detail::NameTable owners;     ///< space 0: id or alias → part, kNone when several have it
    detail::NameTable families;  ///< space part: words in front of a boundary → their dearest model
    std::uint32_t dearest = kNone;

private:
    std::uint32_t add_part(const std::string& id);
    void add_names(const Model& model, std::uint32_t part, std::uint32_t number);
    void add_families(
        const std::vector<Model>& models,
        const std::vector<Int128>& worth,
        std::uint32_t part,
        std::uint32_t number);
};

}  // namespace pulse::pricing
