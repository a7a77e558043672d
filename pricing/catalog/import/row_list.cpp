#include "base/money.h"
#include "pricing/catalog/import/readers.h"

#include <algorithm>
#include <utility>

namespace pulse::pricing::detail {

bool same_rate(const Price& a, const Price& b) {
    return Int128{a.amount_pico} * b.per == Int128{b.amount_pico} * a.per;
}

bool same_terms(const Price& a, const Price& b) {
    return a.price_class == b.price_class && a.tier == b.tier && a.min_input == b.min_input &&
           a.min_input_inclusive == b.min_input_inclusive && a.valid_from == b.valid_from &&
           a.valid_to == b.valid_to && a.hours == b.hours && a.region == b.region &&
           a.deployment == b.deployment;
}

void RowList::add(Price row, std::string_view key, std::string_view text, std::int64_t units) {
    const auto amount = parse_amount(text, units, row.per);
    if (!amount) {
        leave_out(key, amount.error().detail());
        report_.left_out.back().is_wrong = true;
        return;
    }
    ++report_.prices;
    row.amount_pico = amount->amount_pico;
    row.per = amount->per;
    const auto twin =
        std::ranges::find_if(rows_, [&row](const Price& other) { return same_terms(row, other); });
    if (twin != rows_.end() && twin->amount_pico != 0 && row.amount_pico != 0 &&
        !same_rate(*twin, row)) {
        report_.left_out.push_back(
            {.where = where_,
             .what = std::string{key},
             .why = "another key states another price for the same"});
        return;
    }
    ++report_.exact;
    report_.denoised += amount->denoised ? 1U : 0U;
    if (twin == rows_.end()) {
        rows_.push_back(std::move(row));
    } else if (twin->amount_pico == 0) {
        *twin = std::move(row);
    }
}

void RowList::leave_out(std::string_view key, std::string_view why) {
    ++report_.prices;
    report_.left_out.push_back(
        {.where = where_, .what = std::string{key}, .why = std::string{why}});
}

}  // namespace pulse::pricing::detail
