#include "pricing/catalog/detail/merge_parts.h"

#include "base/money.h"
#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/model_name.h"
#include "pricing/catalog/detail/name_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace pulse::pricing::detail {
namespace {

/// The window of every model that has a price above its stated window.
constexpr std::int64_t kLongContext = 1'000'000;

std::int64_t threshold_of(const Price& price) {
    return price.min_input + (price.min_input_inclusive ? 0 : 1);
}

auto order_of(const Price& price) {
    constexpr auto kNever = TimePoint::min();
    const auto hours = price.hours ? price.hours->from.count() : -1;
    return std::tuple{
        price.price_class,
        price.tier,
        std::string_view{price.region},
        std::string_view{price.deployment},
        price.valid_from.value_or(kNever),
        hours,
        threshold_of(price)};
}

/// Whether both hold on some day.
bool are_at_once(const Price& a, const Price& b) {
    const auto begins_before = [](const Price& x, const Price& y) {
        return !x.valid_from || !y.valid_to || *x.valid_from < *y.valid_to;
    };
    return begins_before(a, b) && begins_before(b, a);
}

/// What it is for, without its price and its dates.
bool same_place(const Price& a, const Price& b) {
    return a.price_class == b.price_class && a.tier == b.tier && a.region == b.region &&
           a.deployment == b.deployment && a.hours == b.hours && threshold_of(a) == threshold_of(b);
}

bool same_row(const Price& a, const Price& b) {
    return same_place(a, b) && is_same_rate(a, b) && a.valid_from == b.valid_from &&
           a.valid_to == b.valid_to;
}

bool same_rows(const std::vector<Price>& a, const std::vector<Price>& b) {
    return std::ranges::equal(a, b, same_row);
}

bool are_among(const std::vector<Price>& some, const std::vector<Price>& all) {
    return std::ranges::all_of(some, [&all](const Price& price) {
        return std::ranges::any_of(
            all, [&price](const Price& other) { return same_row(price, other); });
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
    std::ranges::stable_sort(model.prices, {}, order_of);
    const auto repeated = std::ranges::unique(model.prices, same_row);
    model.prices.erase(repeated.begin(), repeated.end());
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

bool is_same_rate(const Price& a, const Price& b) {
    return Int128{a.amount_pico} * b.per == Int128{b.amount_pico} * a.per;
}

bool is_assumed(const Model& model) {
    return std::ranges::any_of(
        model.prices, [](const Price& price) { return price.confidence == Confidence::assumed; });
}

BaseTerms terms_of(const Model& base, TimePoint day) {
    BaseTerms out;
    const Price* beside = nullptr;
    for (const auto& price : base.prices) {
        out.has_steps = out.has_steps || threshold_of(price) > 0;
        if (std::ranges::find(out.classes, price.price_class) == out.classes.end()) {
            out.classes.push_back(price.price_class);
        }
        const bool holds = (!price.valid_from || *price.valid_from <= day) &&
                           (!price.valid_to || day < *price.valid_to) && !price.hours &&
                           price.tier == ServiceTier::standard && threshold_of(price) == 0;
        const bool is_plain = price.price_class == PriceClass::input ||
                              (price.price_class == PriceClass::output && beside == nullptr);
        beside = holds && is_plain ? &price : beside;
    }
    if (beside != nullptr) {
        out.valid_from = beside->valid_from;
        out.valid_to = beside->valid_to;
    }
    return out;
}

void fill(std::vector<Price>& prices, const Model& other, const BaseTerms& terms) {
    const auto mine = prices;
    for (auto row : other.prices) {
        const bool is_known =
            row.tier == ServiceTier::standard && row.region.empty() &&
            std::ranges::find(terms.classes, row.price_class) != terms.classes.end();
        if (is_known && (threshold_of(row) == 0 || terms.has_steps)) {
            continue;
        }
        const auto near = std::ranges::find_if(mine, [&row](const Price& price) {
            const auto apart = threshold_of(price) - threshold_of(row);
            return threshold_of(row) > 0 && (apart == 1 || apart == -1);
        });
        if (near != mine.end()) {
            row.min_input = near->min_input;
            row.min_input_inclusive = near->min_input_inclusive;
        }
        row.valid_from = terms.valid_from;
        row.valid_to = terms.valid_to;
        const bool is_there = std::ranges::any_of(
            prices, [&row](const Price& price) { return same_place(price, row); });
        if (!is_there) {
            prices.push_back(std::move(row));
        }
    }
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

void keep_ended(std::vector<Price>& prices, const std::vector<Price>& old, TimePoint day) {
    std::vector<Price> ended;
    for (const auto& row : old) {
        const bool is_over = row.valid_to && *row.valid_to <= day;
        const bool is_to_come = row.valid_from && *row.valid_from >= day;
        auto kept = row;
        for (auto& price : prices) {
            if (!same_place(price, row) || is_over || is_to_come || price.valid_from) {
                continue;
            }
            // A price that stayed has held since it began; a new one begins now.
            price.valid_from = is_same_rate(price, row) ? row.valid_from : day;
        }
        const bool is_stated = std::ranges::any_of(prices, [&row](const Price& price) {
            return same_place(price, row) && is_same_rate(price, row);
        });
        if (is_to_come || (is_stated && !is_over)) {
            continue;
        }
        kept.valid_to = is_over ? row.valid_to : day;
        ended.push_back(std::move(kept));
    }
    for (auto& row : ended) {
        const bool overlaps = std::ranges::any_of(prices, [&row](const Price& price) {
            return same_place(price, row) && are_at_once(price, row);
        });
        if (!overlaps) {
            prices.push_back(std::move(row));
        }
    }
    std::ranges::stable_sort(prices, {}, order_of);
}

}  // namespace pulse::pricing::detail
