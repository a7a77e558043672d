#pragma once

#include "base/error.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/import/report.h"

namespace pulse::pricing::detail {

/// The readers of upstream's documents: everything but version and sources. Prices name the format
/// as their source. Errors: corrupt_input with the place when the document has not its form.
[[nodiscard]] Result<Catalog::Parts> read_genai(const JsonNode& root, ImportReport& report);
[[nodiscard]] Result<Catalog::Parts> read_litellm(const JsonNode& root, ImportReport& report);

/// Puts rows of one model together. A row that is there already, or says 0 where another says a
/// price, is dropped; of two prices for the same thing the first stays and the other is reported.
class RowList {
public:
    RowList(std::string where, ImportReport& report) : where_(std::move(where)), report_(report) {}

    /// `text` is the price of `units` units in USD; `row` says what for, and its `per` in which
    /// unit it is kept.
    void add(Price row, std::string_view key, std::string_view text, std::int64_t units);
    /// A price that is stated and not held.
    void leave_out(std::string_view key, std::string_view why);

    [[nodiscard]] std::vector<Price>& rows() { return rows_; }

private:
    std::string where_;
    ImportReport& report_;
    std::vector<Price> rows_;
};

/// a.amount_pico ÷ a.per compared with b's.
[[nodiscard]] bool same_rate(const Price& a, const Price& b);
/// Whether both are for the same class, tier, size, place and time.
[[nodiscard]] bool same_terms(const Price& a, const Price& b);

}  // namespace pulse::pricing::detail
