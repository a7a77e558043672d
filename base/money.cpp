#include "base/money.h"

#include "base/assert.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace pulse {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr int kPicoDigits = 12;
constexpr std::uint64_t kPicoPerUnit = 1'000'000'000'000;
constexpr std::uint64_t kUint64Max = ~std::uint64_t{0};
constexpr std::uint64_t kTenToNineteen = 10'000'000'000'000'000'000U;
constexpr Uint128 kMagnitudeMax =
    ~Uint128{0} >> 1U;  // of a positive amount; a negative one may be 1 more
constexpr std::size_t kTextMax = 256;
constexpr int kExponentMax = 10'000;  // beyond it only zero has a value, given kTextMax

[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The parts of a decimal number's text.
struct Decimal {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    int exponent = 0;
};

[[nodiscard]] std::string_view take_digits(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) {
        ++size;
    }
    const std::string_view digits = text.substr(0, size);
    text.remove_prefix(size);
    return digits;
}

[[nodiscard]] bool take_sign(std::string_view& text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    return negative;
}

[[nodiscard]] bool split_decimal(std::string_view text, Decimal& out) {
    out.negative = take_sign(text);
    out.whole = take_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        out.fraction = take_digits(text);
        if (out.fraction.empty()) {
            return false;
        }
    }
    if (out.whole.empty() && out.fraction.empty()) {
        return false;
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        const bool negative = take_sign(text);
        const std::string_view digits = take_digits(text);
        if (digits.empty()) {
            return false;
        }
        for (const char digit : digits) {
            out.exponent =
                out.exponent < kExponentMax ? out.exponent * 10 + (digit - '0') : kExponentMax;
        }
        out.exponent = negative ? -out.exponent : out.exponent;
    }
    return text.empty();
}

enum class Fit { exact, too_fine, too_large };

/// Appends one digit, whose place is 10^place in units of 10⁻¹².
[[nodiscard]] Fit add_digit(char digit, std::int64_t place, Uint128& magnitude) {
    const auto value = static_cast<unsigned>(digit - '0');
    if (place < 0) {
        return value == 0 ? Fit::exact : Fit::too_fine;
    }
    if (magnitude > (kMagnitudeMax + 1 - value) / 10) {
        return Fit::too_large;
    }
    magnitude = magnitude * 10 + value;
    return Fit::exact;
}

[[nodiscard]] Fit magnitude_of(const Decimal& decimal, Uint128& magnitude) {
    auto place = static_cast<std::int64_t>(decimal.whole.size()) + decimal.exponent + kPicoDigits;
    for (const std::string_view digits : {decimal.whole, decimal.fraction}) {
        for (const char digit : digits) {
            --place;
            if (const Fit fit = add_digit(digit, place, magnitude); fit != Fit::exact) {
                return fit;
            }
        }
    }
    for (; place > 0 && magnitude != 0; --place) {
        if (const Fit fit = add_digit('0', place, magnitude); fit != Fit::exact) {
            return fit;
        }
    }
    return Fit::exact;
}

[[nodiscard]] Error parse_error(std::string_view text, std::string_view why) {
    constexpr std::size_t kShown = 64;
    std::string detail = "\"";
    detail.append(text.substr(0, kShown));
    detail.append(text.size() > kShown ? "…\" " : "\" ");
    detail.append(why);
    return Error{Errc::invalid_request, std::move(detail)};
}

/// Writes the digits of `value` so that they end before `end`; returns where they begin.
[[nodiscard]] char* write_small(std::uint64_t value, char* end) {
    do {
        *--end = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return end;
}

[[nodiscard]] char* write_digits(Uint128 value, char* end) {
    while (value > kUint64Max) {
        auto low = static_cast<std::uint64_t>(value % kTenToNineteen);
        value /= kTenToNineteen;
        for (int i = 0; i < 19; ++i) {
            *--end = static_cast<char>('0' + low % 10);
            low /= 10;
        }
    }
    return write_small(static_cast<std::uint64_t>(value), end);
}

/// The two digits of each number below 100.
constexpr auto kDigitPairs = [] {
    std::array<std::array<char, 2>, 100> pairs{};
    for (std::size_t number = 0; number < pairs.size(); ++number) {
        pairs[number] = {
            static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    }
    return pairs;
}();

/// Writes the 12 digits of a fraction and its point before `end`; returns where they begin.
[[nodiscard]] char* write_fraction(std::uint64_t fraction, char* end) {
    for (int digits = kPicoDigits; digits > 0; digits -= 2) {
        end -= 2;
        std::memcpy(end, kDigitPairs[fraction % 100].data(), 2);
        fraction /= 100;
    }
    *--end = '.';
    return end;
}

/// The end of a text that ends with a fraction, without the zeros and the point that say nothing.
[[nodiscard]] const char* end_of_value(const char* end) {
    while (end[-1] == '0') {
        --end;
    }
    return end[-1] == '.' ? end - 1 : end;
}

}  // namespace

Result<Money> Money::parse(std::string_view text) {
    Decimal decimal;
    if (text.size() > kTextMax || !split_decimal(text, decimal)) {
        return parse_error(text, "is no decimal number such as \"12.5\"");
    }
    Uint128 magnitude = 0;
    const Fit fit = magnitude_of(decimal, magnitude);
    if (fit == Fit::too_fine) {
        return parse_error(text, "is finer than 0.000000000001");
    }
    if (fit == Fit::too_large || (magnitude > kMagnitudeMax && !decimal.negative)) {
        return parse_error(text, "is too large an amount");
    }
    // Negated as unsigned: the smallest amount has no positive counterpart.
    return from_pico(static_cast<Int128>(decimal.negative ? Uint128{0} - magnitude : magnitude));
}

std::string Money::to_string() const {
    std::string text;
    append_to(text);
    return text;
}

void Money::append_to(std::string& out) const {
    std::array<char, 64> buffer;
    const bool negative = pico_ < 0;
    const auto bits = static_cast<Uint128>(pico_);
    const Uint128 magnitude = negative ? Uint128{0} - bits : bits;
    char* const end = buffer.data() + buffer.size();
    char* begin = nullptr;
    if (magnitude <= kUint64Max) {
        // Amounts below 18 million: no 128-bit division, which is a call.
        const auto small = static_cast<std::uint64_t>(magnitude);
        begin = write_small(small / kPicoPerUnit, write_fraction(small % kPicoPerUnit, end));
    } else {
        begin = write_fraction(static_cast<std::uint64_t>(magnitude % kPicoPerUnit), end);
        begin = write_digits(magnitude / kPicoPerUnit, begin);
    }
    if (negative) {
        *--begin = '-';
    }
    out.append(begin, static_cast<std::size_t>(end_of_value(end) - begin));
}

Money& Money::operator+=(Money other) {
    const bool overflown = __builtin_add_overflow(pico_, other.pico_, &pico_);
    PULSE_ASSERT(!overflown);
    return *this;
}

Money& Money::operator-=(Money other) {
    const bool overflown = __builtin_sub_overflow(pico_, other.pico_, &pico_);
    PULSE_ASSERT(!overflown);
    return *this;
}

Money multiply(const Product& product, Rounding rounding) {
    PULSE_ASSERT(product.per > 0 && product.denominator > 0);
    const Int128 listed = Int128{product.quantity} * product.amount_pico;  // < 2¹²⁷ always
    Int128 exact = 0;
    const bool overflown = __builtin_mul_overflow(listed, Int128{product.numerator}, &exact);
    PULSE_ASSERT(!overflown);
    const Int128 divisor = Int128{product.per} * product.denominator;
    Int128 quotient = exact / divisor;
    const Int128 rest = exact % divisor;  // has the sign of `exact`
    const bool negative = exact < 0;
    const Int128 rest_size = negative ? -rest : rest;
    if (rounding == Rounding::ceil) {
        quotient += rest > 0 ? 1 : 0;
    } else if (rest_size >= divisor - rest_size) {  // 2·rest ≥ divisor, without overflow
        quotient += negative ? -1 : 1;
    }
    return Money::from_pico(quotient);
}

}  // namespace pulse
