#include "pricing/catalog/detail/resolve.h"

#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/model_name.h"
#include "pricing/catalog/detail/name_style.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace pulse::pricing::detail {
namespace {

/// Pieces of names put together without an allocation; empty when they are too long.
class Composed {
public:
    Composed(std::initializer_list<std::string_view> pieces) {
        for (const auto piece : pieces) {
            if (piece.size() > bytes_.size() - size_) {
                size_ = 0;
                return;
            }
            std::ranges::copy(piece, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
            size_ += piece.size();
        }
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::array<char, kModelNameBytesMax> bytes_{};
    std::size_t size_ = 0;
};

class Resolver {
public:
    Resolver(const Index& index, const std::vector<Model>& models, const NameAsk& ask)
        : index_(index),
          models_(models),
          part_(ask.part),
          style_(*index.parts[ask.part].style),
          region_(ask.region) {}

    std::optional<Hit> resolve(std::string_view name) {
        if (auto hit = bare(name)) {
            return hit;
        }
        if (const auto slash = name.find('/'); slash != std::string_view::npos) {
            if (index_.providers.find(0, name.substr(0, slash)) == part_) {
                if (auto hit = forms(name.substr(slash + 1))) {
                    return hit;
                }
            }
        }
        if (const auto path = strip_path(name)) {
            region_ = region_.empty() ? path->region : region_;
            if (path->name.empty()) {
                return std::nullopt;
            }
            auto hit = forms(path->name);
            if (hit && hit->region.empty()) {
                hit->region = path->region;
            }
            return hit;
        }
        return forms(name);
    }

private:
    /// A name as it is listed, in the call's region before all.
    std::optional<Hit> bare(std::string_view name) const {
        if (auto hit = in_region(name)) {
            return hit;
        }
        return listed(name);
    }

    /// Step 1: listed, by another spelling, or without an ending that may be left out.
    std::optional<Hit> listed(std::string_view name) const {
        if (const auto model = index_.listed(part_, name)) {
            return with_uplift({.model = *model}, name);
        }
        for (const auto& [mine, other] :
             {std::pair{style_.spelling, style_.other_spelling},
              std::pair{style_.other_spelling, style_.spelling}}) {
            if (!mine.empty() && starts_folded(name, mine)) {
                const Composed spelled{other, name.substr(mine.size())};
                if (const auto model = index_.names.find(part_, spelled.view())) {
                    return with_uplift({.model = *model}, name);
                }
            }
        }
        for (const auto suffix : style_.suffixes) {
            const Composed full{name, suffix};
            if (const auto model = index_.names.find(part_, full.view())) {
                return with_uplift({.model = *model, .match = Match::derived}, name);
            }
        }
        return std::nullopt;
    }

    /// "eu.MODEL", "us-east-1/MODEL" for a call in that region.
    std::optional<Hit> in_region(std::string_view name) const {
        if (region_.empty()) {
            return std::nullopt;
        }
        if (style_.region_dot && is_geography(region_)) {
            const Composed full{region_, ".", name};
            if (const auto model = index_.listed(part_, full.view())) {
                return Hit{.model = *model};
            }
        }
        if (style_.region_slash) {
            const Composed full{region_, "/", name};
            if (const auto model = index_.listed(part_, full.view())) {
                return Hit{.model = *model};
            }
        }
        return std::nullopt;
    }

    /// Where the provider prices regions, a known one without a price costs the base's and a tenth.
    Hit with_uplift(Hit hit, std::string_view name) const {
        const bool regional = style_.region_dot || style_.region_slash;
        if (!regional || !is_geography(region_) || strip_region(style_, name) ||
            has_price_in(models_[hit.model], region_)) {
            return hit;
        }
        return uplifted(hit, region_);
    }

    static Hit uplifted(Hit hit, std::string_view region) {
        hit.factor = hit.factor * assumed_uplift(region);
        if (hit.factor != Factor{}) {
            hit.match = Match::derived;
            hit.remark = Remark::regional_uplift_assumed;
        }
        return hit;
    }

    static bool has_price_in(const Model& model, std::string_view region) {
        return std::ranges::any_of(
            model.prices, [region](const Price& price) { return price.region == region; });
    }

    /// Steps 3 to 7, for a name without what its path or its provider put in front.
    std::optional<Hit> forms(std::string_view name) const {
        if (auto hit = bare(name)) {
            return hit;
        }
        const auto regional = strip_region(style_, name);
        if (regional) {
            if (auto hit = elsewhere(*regional, listed(regional->name))) {
                return hit;
            }
        }
        if (const auto variant = strip_variant(style_, name)) {
            if (auto hit = forms_of_variant(*variant)) {
                return hit;
            }
        }
        if (const auto base = fine_tune_base(name); !base.empty()) {
            if (auto hit = listed(base)) {
                return hit;
            }
            return release_of(base);
        }
        if (auto hit = release_of(name)) {
            return hit;
        }
        return regional ? elsewhere(*regional, release_of(regional->name)) : std::nullopt;
    }

    std::optional<Hit> elsewhere(const Stripped& regional, std::optional<Hit> hit) const {
        if (!hit) {
            return hit;
        }
        hit->region = regional.region;
        return has_price_in(models_[hit->model], regional.region)
                   ? hit
                   : std::optional{uplifted(*hit, regional.region)};
    }

    std::optional<Hit> forms_of_variant(const Variant& variant) const {
        auto hit = bare(variant.name);
        if (!hit) {
            hit = release_of(variant.name);
        }
        if (hit && variant.free) {
            hit->factor = {.numerator = 0, .denominator = 1};
            hit->remark = Remark::free_variant;
        } else if (hit) {
            hit->match = Match::derived;
        }
        return hit;
    }

    std::optional<Hit> release_of(std::string_view name) const {
        ReleasePrefixes prefixes{name};
        while (const auto prefix = prefixes.next()) {
            if (auto hit = bare(*prefix)) {
                hit->match = Match::derived;
                return hit;
            }
        }
        return std::nullopt;
    }

    const Index& index_;
    const std::vector<Model>& models_;
    std::uint32_t part_;
    const NameStyle& style_;
    std::string_view region_;
};

}  // namespace

std::optional<Hit> resolve(
    const Index& index, const std::vector<Model>& models, const NameAsk& ask) {
    return Resolver{index, models, ask}.resolve(ask.name);
}

std::optional<std::uint32_t> resolve_owner(const NameTable& owners, std::string_view name) {
    if (const auto exact = owners.find(0, name)) {
        return exact;
    }
    if (const auto base = fine_tune_base(name); !base.empty()) {
        if (const auto exact = owners.find(0, base)) {
            return exact;
        }
        name = base;
    }
    ReleasePrefixes prefixes{name};
    while (const auto prefix = prefixes.next()) {
        if (const auto found = owners.find(0, *prefix)) {
            return found;
        }
    }
    return std::nullopt;
}

}  // namespace pulse::pricing::detail
