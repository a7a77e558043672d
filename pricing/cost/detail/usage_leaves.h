#pragma once

#include "base/usage.h"
#include "pricing/catalog/price.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pulse::pricing::detail {

/// A quantity that has one price.
struct Leaf {
    PriceClass price_class = PriceClass::input;
    std::int64_t quantity = 0;
};

/// A usage taken apart into quantities that are billed once each, in a fixed order, zeros left out.
/// How the subsets (audio in input, reasoning in output, …) are taken out of their totals:
/// docs/formats/usage.md. Value.
class UsageLeaves {
public:
    explicit UsageLeaves(const Usage& usage);

    [[nodiscard]] std::span<const Leaf> leaves() const { return {leaves_.data(), count_}; }
    /// All input; decides the size tier.
    [[nodiscard]] std::int64_t input_total() const { return input_total_; }
    /// Subsets were larger than what they are part of, or a count was negative or beyond
    /// kQuantityMax.
    [[nodiscard]] bool inconsistent() const { return inconsistent_; }

    /// No call uses more of anything; larger numbers are a broken answer and are cut here.
    static constexpr std::int64_t kQuantityMax = std::int64_t{1} << 50;

private:
    void add_input(const Usage& usage);
    void add_output(const Usage& usage);
    void add(PriceClass price_class, std::int64_t quantity);
    [[nodiscard]] std::int64_t sane(std::int64_t quantity);
    /// `total - parts`, or 0 and a mark when the parts are more.
    [[nodiscard]] std::int64_t rest_of(std::int64_t total, std::int64_t parts);

    std::array<Leaf, kPriceClasses> leaves_{};
    std::size_t count_ = 0;
    std::int64_t input_total_ = 0;
    bool inconsistent_ = false;
};

}  // namespace pulse::pricing::detail
