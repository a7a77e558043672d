#include "pricing/catalog/detail/merge_rows.h"

#include "base/money.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace pulse::pricing::detail {
namespace {

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

}  // namespace

bool is_same_rate(const Price& a, const Price& b) {
    return Int128{a.amount_pico} * b.per == Int128{b.amount_pico} * a.per;
}

bool is_same_row(const Price& a, const Price& b) {
    return same_place(a, b) && is_same_rate(a, b) && a.valid_from == b.valid_from &&
           a.valid_to == b.valid_to;
}

void sort_rows(std::vector<Price>& prices) {
    std::ranges::stable_sort(prices, {}, order_of);
    // Not std::ranges::unique: clang 14 does not take libstdc++ 12's subrange.
    prices.erase(std::unique(prices.begin(), prices.end(), is_same_row), prices.end());
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

void keep_ended(std::vector<Price>& prices, const std::vector<Price>& old, TimePoint day) {
    const auto stated = prices;  // without the dates that are given here
    const auto is_dated_upstream = [&stated](const Price& row) {
        return std::ranges::any_of(stated, [&row](const Price& price) {
            return same_place(price, row) && (price.valid_from || price.valid_to);
        });
    };
    std::vector<Price> ended;
    for (const auto& row : old) {
        const bool is_over = row.valid_to && *row.valid_to <= day;
        const bool is_to_come = row.valid_from && *row.valid_from >= day;
        if (is_to_come || is_dated_upstream(row)) {
            continue;
        }
        const auto now = std::ranges::find_if(
            prices, [&row](const Price& price) { return same_place(price, row); });
        const bool stayed = !is_over && now != prices.end() && is_same_rate(*now, row);
        if (!is_over && now != prices.end()) {
            // A price that stayed has held since it began; a new one begins now.
            now->valid_from = stayed ? row.valid_from : day;
        }
        if (!stayed) {
            ended.push_back(row);
            ended.back().valid_to = is_over ? row.valid_to : day;
        }
    }
    for (auto& row : ended) {
        const bool overlaps = std::ranges::any_of(prices, [&row](const Price& price) {
            return same_place(price, row) && are_at_once(price, row);
        });
        if (!overlaps) {
            prices.push_back(std::move(row));
        }
    }
    sort_rows(prices);
}

}  // namespace pulse::pricing::detail
