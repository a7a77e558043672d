#include "pricing/catalog/merge.h"

#include "base/money.h"
#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/merge_models.h"
#include "pricing/catalog/detail/merge_rows.h"
#include "pricing/catalog/detail/model_name.h"
#include "pricing/catalog/detail/name_table.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace pulse::pricing {
namespace {

using detail::Draft;

/// Joins two catalogues' models. Borrows both.
class Merger {
public:
    Merger(const Catalog& preferred, const Catalog& filling, TimePoint day)
        : preferred_(preferred), filling_(filling), day_(day) {}

    std::vector<Model> run() {
        link();
        std::vector<Draft> drafts;
        for (const auto& model : preferred_.models()) {
            const auto companion = companions_.find(&model);
            drafts.push_back(
                {.model = joined(
                     model, companion == companions_.end() ? nullptr : companion->second, model.id),
                 .base = &model});
        }
        for (const auto& model : filling_.models()) {
            if (const auto* base = base_of_[&model]; base == nullptr) {
                drafts.push_back({.model = model, .base = nullptr});
            } else if (detail::folded(base->id) != detail::folded(model.id)) {
                drafts.push_back(beside(*base, model));
            }
        }
        return detail::settle(std::move(drafts));
    }

    std::vector<std::string> conflicts;

private:
    /// Each filling model's preferred one, and each preferred one's companion: of the same id, else
    /// the one with the shortest id of those that are linked to it and agree.
    void link() {
        for (const auto& model : filling_.models()) {
            const auto found = preferred_.find(model.provider, model.id);
            const bool is_same = found.match == Match::exact && found.remark == Remark::none &&
                                 found.model->provider == model.provider;
            const auto* base = is_same ? found.model : nullptr;
            base_of_[&model] = base;
            if (base == nullptr ||
                (detail::folded(base->id) != detail::folded(model.id) && !agree(*base, model))) {
                continue;
            }
            auto& companion = companions_[base];
            const auto rank = [base](const Model& other) {
                return std::tuple{
                    detail::folded(other.id) != detail::folded(base->id),
                    other.id.size(),
                    other.id};
            };
            if (companion == nullptr || rank(model) < rank(*companion)) {
                companion = &model;
            }
        }
    }

    [[nodiscard]] bool agree(const Model& base, const Model& other) const {
        return std::ranges::all_of(
            std::array{PriceClass::input, PriceClass::output}, [&](PriceClass price_class) {
                const auto* mine = plain_price(base, price_class, day_);
                const auto* theirs = plain_price(other, price_class, day_);
                return mine == nullptr || theirs == nullptr || detail::is_same_rate(*mine, *theirs);
            });
    }

    /// A filling model that the preferred one takes for its own: a release, mostly.
    Draft beside(const Model& base, const Model& model) {
        const auto id = detail::folded(model.id);
        const auto names = detail::stated_names_of(base);
        const bool is_stated = std::ranges::any_of(names, [&id](const std::string& name) {
            return detail::folded(name) == id || detail::is_release_of(id, detail::folded(name));
        });
        if (!is_stated && !agree(base, model)) {
            // Only a rule says that this is the same model; its own entry knows better.
            note_conflict(base, model);
            return {.model = model, .base = nullptr};
        }
        auto out = joined(base, &model, model.id);
        out.aliases = model.aliases;
        out.match = nullptr;
        // Upstream lists fewer tiers for a dated id than for the plain one, and providers answer
        // with the dated one.
        const auto plain = companions_.find(&base);
        if (plain != companions_.end() && detail::is_release_of(id, detail::folded(base.id)) &&
            agree(*plain->second, model)) {
            detail::fill(out.prices, *plain->second, detail::terms_of(out, day_));
        }
        return {.model = std::move(out), .base = &base};
    }

    void note_conflict(const Model& base, const Model& other) {
        for (const auto price_class : {PriceClass::input, PriceClass::output}) {
            const auto* mine = plain_price(base, price_class, day_);
            const auto* theirs = plain_price(other, price_class, day_);
            if (mine != nullptr && theirs != nullptr && !detail::is_same_rate(*mine, *theirs)) {
                conflicts.push_back(
                    other.provider + "/" + other.id + " " + std::string{to_string(price_class)} +
                    ": " + mine->source + " " + usd_per_million(*mine) + ", " + theirs->source +
                    " " + usd_per_million(*theirs) + " USD per million");
            }
        }
    }

    Model joined(const Model& base, const Model* other, const std::string& id) {
        Model out = base;
        out.id = id;
        if (other == nullptr) {
            return out;
        }
        out.mode = other->mode;
        out.context_tokens = std::max(base.context_tokens, other->context_tokens);
        out.output_tokens_max = std::max(base.output_tokens_max, other->output_tokens_max);
        if (detail::is_assumed(base) && !detail::is_assumed(*other)) {
            out.prices = other->prices;
        } else if (agree(base, *other)) {
            detail::fill(out.prices, *other, detail::terms_of(base, day_));
        } else {
            note_conflict(base, *other);
        }
        return out;
    }

    const Catalog& preferred_;
    const Catalog& filling_;
    TimePoint day_;
    std::map<const Model*, const Model*> base_of_;
    std::map<const Model*, const Model*> companions_;
};

std::vector<Source> sources_of(const Catalog& a, const Catalog& b) {
    auto out = a.sources();
    for (const auto& source : b.sources()) {
        if (std::ranges::find(out, source.name, &Source::name) == out.end()) {
            out.push_back(source);
        }
    }
    return out;
}

/// Of both; no provider may go by a name that is another's id.
std::vector<Provider> providers_of(const Catalog& a, const Catalog& b) {
    std::map<std::string, Provider> by_id;
    for (const auto* catalog : {&a, &b}) {
        for (const auto& provider : catalog->providers()) {
            auto& out = by_id[provider.id];
            out.id = provider.id;
            std::ranges::copy(provider.aliases, std::back_inserter(out.aliases));
            out.models = out.models ? out.models : provider.models;
            if (out.reference_model.empty()) {
                out.reference_model = provider.reference_model;
            }
        }
    }
    detail::NameTable taken;
    for (const auto& [id, provider] : by_id) {
        taken.insert(0, id, 0);
    }
    std::vector<Provider> out;
    for (auto& [id, provider] : by_id) {
        std::erase_if(provider.aliases, [&taken](const std::string& alias) {
            return !taken.insert(0, alias, 0);
        });
        out.push_back(std::move(provider));
    }
    return out;
}

}  // namespace

Merged merge_catalogs(const Catalog& preferred, const Catalog& filling, TimePoint day) {
    Merger merger{preferred, filling, day};
    Catalog::Parts parts{
        .version = preferred.version() + "+" + filling.version(),
        .sources = sources_of(preferred, filling),
        .providers = providers_of(preferred, filling),
        .models = merger.run(),
        .overrides = filling.overrides().entries()};
    // Of two equals the later one counts.
    std::ranges::copy(preferred.overrides().entries(), std::back_inserter(parts.overrides));
    return {.catalog = Catalog::make(std::move(parts)), .conflicts = std::move(merger.conflicts)};
}

std::shared_ptr<const Catalog> with_history(
    const Catalog& fresh, const Catalog& before, TimePoint day) {
    Catalog::Parts parts{
        .version = fresh.version(),
        .sources = sources_of(fresh, before),
        .providers = fresh.providers(),
        .models = fresh.models(),
        .overrides = fresh.overrides().entries()};
    detail::NameTable taken;
    for (const auto& provider : parts.providers) {
        taken.insert(0, provider.id, 0);
        for (const auto& alias : provider.aliases) {
            taken.insert(0, alias, 0);
        }
    }
    for (const auto& provider : before.providers()) {
        if (!taken.find(0, provider.id)) {
            parts.providers.push_back(provider);
        }
    }
    std::map<std::string, Model*> by_key;
    for (auto& model : parts.models) {
        by_key[model.provider + '\n' + detail::folded(model.id)] = &model;
    }
    std::vector<Model> retired;
    for (const auto& model : before.models()) {
        const auto now = by_key.find(model.provider + '\n' + detail::folded(model.id));
        if (now != by_key.end()) {
            detail::keep_ended(now->second->prices, model.prices, day);
        } else if (
            !fresh.find(model.provider, model.id).model ||
            fresh.find(model.provider, model.id).match != Match::exact) {
            retired.push_back(model);
        }
    }
    std::ranges::move(retired, std::back_inserter(parts.models));
    detail::settle_names(parts.models);
    return Catalog::make(std::move(parts));
}

}  // namespace pulse::pricing
