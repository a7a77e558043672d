#include "pricing/catalog/decimal.h"

#include "base/money.h"
#include "pricing/catalog/price.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace pulse::pricing {
namespace {

constexpr int kPicoDigits = 12;
constexpr int kExponentMax = 10'000;
constexpr std::size_t kTextMax = 256;

/// mantissa × 10^exponent; the mantissa has no trailing zero and at most `digits` digits.
struct Scientific {
    bool negative = false;
    std::int64_t mantissa = 0;
    int exponent = 0;
    bool rounded = false;
};

/// Collects digits and rounds what is beyond `kept` of them half to even, as decimal contexts do.
class Digits {
public:
    explicit Digits(int kept) : kept_(kept) {}

    void add(char digit) {
        const int value = digit - '0';
        if (count_ == 0 && value == 0) {
            return;
        }
        if (count_ < kept_) {
            mantissa_ = mantissa_ * 10 + value;
            ++count_;
            return;
        }
        if (dropped_ == 0) {
            first_dropped_ = value;
        } else {
            rest_dropped_ = rest_dropped_ || value != 0;
        }
        ++dropped_;
    }

    [[nodiscard]] Scientific finish(int exponent) const {
        Scientific out{.mantissa = mantissa_, .exponent = exponent + dropped_};
        out.rounded = first_dropped_ != 0 || rest_dropped_;
        const bool up =
            first_dropped_ > 5 || (first_dropped_ == 5 && (rest_dropped_ || mantissa_ % 2 != 0));
        out.mantissa += up ? 1 : 0;
        while (out.mantissa != 0 && out.mantissa % 10 == 0) {
            out.mantissa /= 10;
            ++out.exponent;
        }
        return out;
    }

private:
    int kept_;
    int count_ = 0;
    int dropped_ = 0;
    int first_dropped_ = 0;
    bool rest_dropped_ = false;
    std::int64_t mantissa_ = 0;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads an exponent's digits; false when there is none. Cut at kExponentMax.
bool read_exponent(std::string_view text, int& exponent) {
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
    if (text.empty() || !std::ranges::all_of(text, is_digit)) {
        return false;
    }
    int value = 0;
    for (const char c : text) {
        value = std::min(value * 10 + (c - '0'), kExponentMax);
    }
    exponent += negative ? -value : value;
    return true;
}

std::optional<Scientific> parse(std::string_view text, int kept) {
    if (text.size() > kTextMax) {
        return std::nullopt;
    }
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
    Digits digits{kept};
    int exponent = 0;
    const auto mantissa_end = std::min(text.find_first_of("eE"), text.size());
    if (mantissa_end < text.size() && !read_exponent(text.substr(mantissa_end + 1), exponent)) {
        return std::nullopt;
    }
    bool point = false;
    bool any = false;
    for (const char c : text.substr(0, mantissa_end)) {
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(c)) {
            return std::nullopt;
        }
        any = true;
        digits.add(c);
        exponent -= point ? 1 : 0;
    }
    if (!any) {
        return std::nullopt;
    }
    auto out = digits.finish(exponent);
    out.negative = negative && out.mantissa != 0;
    return out;
}

/// mantissa × 10^places as a whole number ≤ max; empty when it is none.
std::optional<std::int64_t> whole_of(const Scientific& number, int places, std::int64_t max) {
    const int exponent = number.exponent + places;
    if (number.mantissa == 0) {
        return 0;
    }
    if (exponent < 0) {
        return std::nullopt;
    }
    Int128 value = number.mantissa;
    for (int i = 0; i < exponent; ++i) {
        value *= 10;
        if (value > max) {
            return std::nullopt;
        }
    }
    return value <= max ? std::optional{static_cast<std::int64_t>(value)} : std::nullopt;
}

Error unreadable(std::string_view text, std::string_view why) {
    return Error{
        Errc::invalid_request, "\"" + std::string{text.substr(0, 40)} + "\" " + std::string{why}};
}

Int128 common_divisor(Int128 a, Int128 b) {
    while (b != 0) {
        a = std::exchange(b, a % b);
    }
    return a;
}

/// In lowest terms; both must fit then.
Factor lowest(Int128 numerator, Int128 denominator) {
    const auto shared = common_divisor(numerator, denominator);
    return {
        static_cast<std::int64_t>(numerator / shared),
        static_cast<std::int64_t>(denominator / shared)};
}

/// `number` as a fraction with at most `places` digits behind the point.
std::optional<Factor> fraction_of(const Scientific& number, int places, std::int64_t max) {
    const int behind = std::max(0, -number.exponent);
    if (number.negative || behind > places) {
        return std::nullopt;
    }
    Int128 denominator = 1;
    for (int i = 0; i < behind; ++i) {
        denominator *= 10;
    }
    const auto numerator =
        whole_of(number, behind, std::numeric_limits<std::int64_t>::max() / 1'000);
    if (!numerator || Int128{*numerator} > Int128{max} * denominator) {
        return std::nullopt;
    }
    return lowest(*numerator, denominator);
}

constexpr int kFactorPlaces = 9;
constexpr std::int64_t kFactorValueMax = 100;

}  // namespace

Factor operator*(const Factor& a, const Factor& b) {
    if (a == Factor{} || b == Factor{}) {
        return a == Factor{} ? b : a;
    }
    const auto numerator = Int128{a.numerator} * b.numerator;
    const auto denominator = Int128{a.denominator} * b.denominator;
    const auto shared = common_divisor(numerator, denominator);
    if (numerator / shared <= kFactorMax && denominator / shared <= kFactorMax) {
        return lowest(numerator, denominator);
    }
    constexpr std::int64_t kParts = 1'000'000;
    const auto parts = (numerator * kParts + denominator - 1) / denominator;
    return lowest(std::min<Int128>(parts, kFactorMax), kParts);
}

Result<Factor> parse_factor(std::string_view text) {
    const auto number = parse(text, 18);
    if (!number || number->rounded) {
        return unreadable(text, "is no decimal number such as 0.15");
    }
    const auto factor = fraction_of(*number, kFactorPlaces, kFactorValueMax);
    if (!factor) {
        return unreadable(text, "must be from 0 to 100, with 9 digits behind the point at most");
    }
    return *factor;
}

Result<Factor> parse_multiplier(std::string_view text) {
    const auto bar = text.find('/');
    if (bar == std::string_view::npos) {
        return parse_factor(text);
    }
    const auto part = [](std::string_view digits) {
        const bool is_whole = !digits.empty() && digits.size() <= kFactorPlaces &&
                              std::ranges::all_of(digits, is_digit);
        return is_whole ? parse_whole(digits) : std::nullopt;
    };
    const auto numerator = part(text.substr(0, bar));
    const auto denominator = part(text.substr(bar + 1));
    if (!numerator || !denominator || *denominator == 0) {
        return unreadable(text, "is no fraction such as 2/3, with 9 digits at most on either side");
    }
    if (*numerator > *denominator * kFactorValueMax) {
        return unreadable(text, "must be from 0 to 100");
    }
    return lowest(*numerator, *denominator);
}

std::string multiplier_text(const Factor& factor) {
    constexpr std::int64_t kParts = 1'000'000'000;
    const Int128 parts = Int128{factor.numerator} * kParts;
    return parts % factor.denominator == 0
               ? Money::from_pico(parts / factor.denominator * 1'000).to_string()
               : std::to_string(factor.numerator) + "/" + std::to_string(factor.denominator);
}

Result<Factor> parse_discount(std::string_view text) {
    const auto part = parse_factor(text);
    if (!part) {
        return part.error();
    }
    if (part->numerator > part->denominator) {
        return unreadable(text, "must be from 0 to 1: the part that is taken off");
    }
    return lowest(part->denominator - part->numerator, part->denominator);
}

Result<Amount> parse_amount(std::string_view usd, std::int64_t units, std::int64_t per) {
    const auto corrupt = [](const char* why) {
        return Error{Errc::corrupt_input, why};
    };
    const auto number = parse(usd, kSignificantDigits);
    if (!number) {
        return corrupt("is no number");
    }
    if (number->negative) {
        return corrupt("is negative");
    }
    Amount out{.per = per, .denoised = number->rounded};
    // per / units is a power of ten, or 1 for units such as the 3600 seconds of an hour.
    int places = kPicoDigits;
    for (auto scale = per / units; scale > 1; scale /= 10) {
        ++places;
    }
    if (number->mantissa == 0) {
        out.denoised = false;
        return out;
    }
    while (number->exponent + places < 0) {
        if (out.per > kPerMax / 1'000) {
            return corrupt("is finer than can be stored");
        }
        out.per *= 1'000;
        places += 3;
    }
    const auto amount = whole_of(*number, places, kAmountPicoMax);
    if (!amount) {
        return corrupt("is too large");
    }
    out.amount_pico = *amount;
    return out;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
    const auto number = parse(text, 18);
    if (!number || number->rounded || number->negative) {
        return std::nullopt;
    }
    return whole_of(*number, 0, std::numeric_limits<std::int64_t>::max());
}

std::optional<Factor> parse_quantity(std::string_view text) {
    const auto number = parse(text, 18);
    if (!number || number->rounded) {
        return std::nullopt;
    }
    return fraction_of(*number, 6, std::int64_t{1} << 50);
}

}  // namespace pulse::pricing
