#include "pricing/catalog/compare.h"

#include "base/money.h"

#include <algorithm>
#include <array>

namespace pulse::pricing {
namespace {

/// The model of the same provider that has exactly this id as a name.
const Model* same_model(const Catalog& catalog, const Model& model) {
    const auto found = catalog.find(model.provider, model.id);
    return found.match == Match::exact && found.remark == Remark::none &&
                   (found.model == nullptr || found.model->id != "*")
               ? found.model
               : nullptr;
}

/// a > factor × b, of prices per unit.
bool above(const Price& a, const Price& b, std::int64_t numerator, std::int64_t denominator) {
    return Int128{a.amount_pico} * b.per * denominator > Int128{b.amount_pico} * a.per * numerator;
}

constexpr std::array kCompared{PriceClass::input, PriceClass::output};

}  // namespace

const Price* plain_price(const Model& model, PriceClass price_class, TimePoint at) {
    const auto found = std::ranges::find_if(model.prices, [&](const Price& price) {
        return price.price_class == price_class && price.tier == ServiceTier::standard &&
               price.min_input == 0 && price.region.empty() && price.deployment.empty() &&
               !price.hours && (!price.valid_from || *price.valid_from <= at) &&
               (!price.valid_to || at < *price.valid_to);
    });
    return found == model.prices.end() ? nullptr : &*found;
}

std::vector<Disagreement> disagreements(const Catalog& mine, const Catalog& theirs, TimePoint at) {
    std::vector<Disagreement> out;
    for (const auto& model : mine.models()) {
        const auto* other = same_model(theirs, model);
        for (const auto price_class : kCompared) {
            const auto* left = other == nullptr ? nullptr : plain_price(model, price_class, at);
            const auto* right = other == nullptr ? nullptr : plain_price(*other, price_class, at);
            if (left != nullptr && right != nullptr &&
                (above(*left, *right, 101, 100) || above(*right, *left, 101, 100))) {
                out.push_back({&model, left, right});
            }
        }
    }
    return out;
}

std::string usd_per_million(const Price& price) {
    return multiply(
               {.quantity = 1'000'000, .amount_pico = price.amount_pico, .per = price.per},
               Rounding::half_up)
        .to_string();
}

void guard_report(const ImportReport& report, GuardVerdict& verdict) {
    if (report.prices == 0 && report.agreed == 0) {
        verdict.reasons.emplace_back("there is no price in it");
        return;
    }
    for (const auto& entry : report.left_out) {
        if (entry.is_wrong) {
            verdict.reasons.push_back(entry.where + " " + entry.what + " " + entry.why);
            return;
        }
    }
}

GuardVerdict guard(
    const Catalog& before, const Catalog& after, TimePoint at, const GuardRules& rules) {
    GuardVerdict out;
    for (const auto& model : before.models()) {
        if (model.prices.empty() || model.id == "*") {
            continue;
        }
        ++out.ids_before;
        const auto* now = same_model(after, model);
        if (now == nullptr) {
            if (out.missing.size() < GuardVerdict::kShownMax) {
                out.missing.push_back(model.provider + "/" + model.id);
            }
            continue;
        }
        ++out.ids_kept;
        for (std::size_t i = 0; i < kPriceClasses; ++i) {
            const auto price_class = static_cast<PriceClass>(i);
            const auto* old = plain_price(model, price_class, at);
            const auto* fresh = plain_price(*now, price_class, at);
            if (old != nullptr && fresh != nullptr &&
                (above(*old, *fresh, rules.factor_max, 1) ||
                 above(*fresh, *old, rules.factor_max, 1))) {
                out.jumps.push_back({&model, old, fresh});
            }
        }
    }
    const auto kept = static_cast<std::int64_t>(out.ids_kept) * 100;
    if (kept < static_cast<std::int64_t>(out.ids_before) * rules.ids_kept_percent) {
        out.reasons.push_back(
            std::to_string(out.ids_before - out.ids_kept) + " of " +
            std::to_string(out.ids_before) + " models are gone; at least " +
            std::to_string(rules.ids_kept_percent) + " % must stay (--keep keeps them)");
    }
    if (!out.jumps.empty() && !rules.jumps_acknowledged) {
        out.reasons.push_back(
            std::to_string(out.jumps.size()) + " prices change by more than a factor of " +
            std::to_string(rules.factor_max) + "; look at them, then say --acknowledge");
    }
    return out;
}

}  // namespace pulse::pricing
