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

namespace pulse::pricing::detail {
namespace {

/// The window of every model that has a price above its stated window.
constexpr std::int64_t kLongContext = 1'000'000;

bool same_rows(const std::vector<Price>& a, const std::vector<Price>& b) {
    return std::ranges::equal(a, b, is_same_row);
}

bool are_among(const std::vector<Price>& some, const std::vector<Price>& all) {
    return std::ranges::all_of(some, [&all](const Price& price) {
        return std::ranges::any_of(
            all, [&price](const Price& other) { return is_same_row(price, other); });
    });
}

/// Providers that serve on the caller's own machine.
constexpr std::array<std::string_view, 3> kOwnMachine{"ollama", "lemonade", "llamagate"};

bool is_free(const Model& model) {
    return model.mode == "moderation" || model.id.ends_with(":free") ||
           std::ranges::find(kOwnMachine, model.provider) != kOwnMachine.end();
}

bool is_cache_write(const Price& price) {
    return price.price_class == PriceClass::cache_write_5m ||
           price.price_class == PriceClass::cache_write_1h;
}

/// What is billed beside the work itself.
bool is_extra(const Price& price) {
    switch (price.price_class) {
        case PriceClass::web_search:
        case PriceClass::web_search_low:
        case PriceClass::web_search_high:
        case PriceClass::file_search:
        case PriceClass::code_session:
            return true;
        default:
            return is_cache_write(price);
    }
}

/// Upstream writes 0 where it knows no price. It is believed for models that are free as a whole,
/// and for cache writes beside a price for input. A model that then has prices for extras only is
/// one without a price.
void drop_placeholders(Model& model) {
    if (is_free(model)) {
        return;
    }
    const bool has_price =
        std::ranges::any_of(model.prices, [](const Price& price) { return price.amount_pico > 0; });
    const auto dropped = std::erase_if(model.prices, [has_price](const Price& price) {
        return price.amount_pico == 0 && !(has_price && is_cache_write(price));
    });
    if (dropped > 0 && std::ranges::all_of(model.prices, is_extra)) {
        model.prices.clear();
    }
}

/// The names that a rule states with its beginnings: `starts_with: gpt-4o` is the name in front of
/// a release, never "and anything behind it", so that gpt-4o-mini keeps its own price.
void add_names_of(const MatchRule& rule, std::vector<std::string>& names) {
    using Kind = MatchRule::Kind;
    if (rule.kind() == Kind::any_of) {
        for (const auto& part : rule.parts()) {
            add_names_of(part, names);
        }
        return;
    }
    const auto& text = rule.text();
    const auto ends_in_word = [&text] {
        const char c = text.empty() ? '-' : text.back();
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    if (rule.kind() != Kind::starts_with || !ends_in_word()) {
        return;
    }
    // Cut inside a date ("gpt-4-0", "gpt-4o-2024"): no name.
    const auto dash = text.rfind('-');
    const auto last =
        dash == std::string::npos ? std::string_view{} : std::string_view{text}.substr(dash + 1);
    const bool is_cut =
        last == "0" || (last.starts_with("20") && last.size() < 8 &&
                        last.find_first_not_of("0123456789") == std::string_view::npos);
    if (!is_cut) {
        names.push_back(text);
    }
}

bool is_twin(const Model& a, const Draft& other) {
    const auto& b = other.model;
    const bool same_limits = a.mode == b.mode && a.context_tokens == b.context_tokens &&
                             a.output_tokens_max == b.output_tokens_max;
    if (same_limits && same_rows(a.prices, b.prices)) {
        return other.base != nullptr || is_release_of(b.id, a.id);
    }
    // Upstream lists fewer tiers for a dated id than for the plain one, and providers answer with
    // the dated one.
    return is_release_of(b.id, a.id) && a.mode == b.mode && are_among(b.prices, a.prices);
}

void take_names(Model& kept, const Model& other) {
    kept.aliases.push_back(other.id);
    std::ranges::copy(other.aliases, std::back_inserter(kept.aliases));
}

void tidy(Draft& draft) {
    auto& model = draft.model;
    drop_placeholders(model);
    if (model.match) {
        add_names_of(*model.match, model.aliases);
        model.match = nullptr;
    }
    model.listed_as.clear();
    sort_rows(model.prices);
    std::int64_t top = 0;
    for (const auto& price : model.prices) {
        top = std::max(top, price.min_input);
    }
    if (model.context_tokens > 0 && top >= model.context_tokens) {
        model.context_tokens = kLongContext;
    }
}

}  // namespace

bool is_release_of(std::string_view id, std::string_view base) {
    return id.size() > base.size() && id.starts_with(base) && is_release(id.substr(base.size()));
}

std::vector<std::string> stated_names_of(const Model& model) {
    auto names = model.aliases;
    names.push_back(model.id);
    if (model.match) {
        add_names_of(*model.match, names);
    }
    return names;
}

bool is_assumed(const Model& model) {
    return std::ranges::any_of(
        model.prices, [](const Price& price) { return price.confidence == Confidence::assumed; });
}

std::vector<Model> settle(std::vector<Draft> drafts) {
    for (auto& draft : drafts) {
        tidy(draft);
    }
    std::ranges::stable_sort(drafts, {}, [](const Draft& draft) {
        const bool is_own = draft.base != nullptr && draft.base->id == draft.model.id;
        return std::tuple{!is_own, draft.model.id.size(), std::string_view{draft.model.id}};
    });
    std::vector<Model> kept;
    std::map<std::pair<std::string, const Model*>, std::vector<std::size_t>> groups;
    NameTable
        owners;  // of ids that had an entry of their own: they go before names that are stated
    for (auto& draft : drafts) {
        auto& group = groups[{draft.model.provider, draft.base}];
        const auto twin = std::ranges::find_if(
            group, [&](std::size_t number) { return is_twin(kept[number], draft); });
        if (twin == group.end() && draft.model.prices.empty()) {
            continue;
        }
        const auto number = twin == group.end() ? kept.size() : *twin;
        owners.insert(
            0, draft.model.provider + '\n' + draft.model.id, static_cast<std::uint32_t>(number));
        if (twin != group.end()) {
            take_names(kept[number], draft.model);
        } else {
            group.push_back(number);
            kept.push_back(std::move(draft.model));
        }
    }
    for (std::size_t number = 0; number < kept.size(); ++number) {
        std::erase_if(kept[number].aliases, [&](const std::string& alias) {
            const auto owner = owners.find(0, kept[number].provider + '\n' + alias);
            return owner && *owner != number;
        });
    }
    settle_names(kept);
    return kept;
}

void settle_names(std::vector<Model>& models) {
    std::ranges::stable_sort(models, {}, [](const Model& model) {
        return std::pair{std::string_view{model.provider}, std::string_view{model.id}};
    });
    NameTable taken;
    const auto take = [&taken](const Model& model, const std::string& name) {
        return taken.insert(0, model.provider + '\n' + name, 0);
    };
    std::erase_if(models, [&take](const Model& model) { return !take(model, model.id); });
    for (auto& model : models) {
        std::ranges::sort(model.aliases);
        std::erase_if(model.aliases, [&](const std::string& alias) { return !take(model, alias); });
    }
}

}  // namespace pulse::pricing::detail
