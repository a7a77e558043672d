#include "base/json_text.h"
#include "pricing/cost/price_case.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <charconv>
#include <string>
#include <string_view>

namespace pulse::pricing {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

constexpr std::int64_t kPicoPerUsd = 1'000'000'000'000;

cpp_rational exact_amount(const CostLine& line) {
    return cpp_rational{
        cpp_int{line.quantity} * line.amount_pico * line.factor.numerator,
        cpp_int{line.divisor} * line.per * line.factor.denominator * kPicoPerUsd};
}

/// A decimal where there is one, else the fraction in lowest terms.
std::string text_of(const cpp_rational& value) {
    const cpp_int denominator = boost::multiprecision::denominator(value);
    cpp_int rest = denominator;
    unsigned places = 0;
    unsigned twos = 0;
    unsigned fives = 0;
    for (; rest % 2 == 0; rest /= 2) {
        ++twos;
    }
    for (; rest % 5 == 0; rest /= 5) {
        ++fives;
    }
    if (rest != 1) {
        return value.str();
    }
    places = std::max(twos, fives);
    const cpp_int scaled = boost::multiprecision::numerator(value) *
                           boost::multiprecision::pow(cpp_int{10}, places) / denominator;
    auto digits = scaled.str();
    if (places == 0) {
        return digits;
    }
    if (digits.size() <= places) {
        digits.insert(0, places + 1 - digits.size(), '0');
    }
    digits.insert(digits.size() - places, ".");
    return digits;
}

class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }
    void text(std::string_view key, std::string_view value) {
        name(key);
        append_json_string(out_, value);
    }
    void number(std::string_view key, std::string_view value) {
        name(key);
        out_.append(value);
    }
    std::string& raw(std::string_view key) {
        name(key);
        return out_;
    }
    void end() { out_.push_back('}'); }

private:
    void name(std::string_view key) {
        out_.append(first_ ? "\"" : ",\"").append(key).append("\":");
        first_ = false;
    }
    std::string& out_;
    bool first_ = true;
};

std::string pico_text(Money money) {
    // Money's own text is in units; its digits without the point are the picodollars.
    std::string digits;
    auto rest = money.pico();
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    return digits;
}

void append_line(std::string& out, const CostLine& line) {
    ObjectWriter writer{out};
    writer.text("class", to_string(line.price_class));
    writer.number("quantity", text_of(cpp_rational{cpp_int{line.quantity}, cpp_int{line.divisor}}));
    writer.number("amount_pico", std::to_string(line.amount_pico));
    writer.number("per", std::to_string(line.per));
    if (line.factor != Factor{}) {
        writer.text(
            "factor",
            std::to_string(line.factor.numerator) + "/" + std::to_string(line.factor.denominator));
    }
    writer.text("usd", text_of(exact_amount(line)));
    writer.text("picousd", pico_text(line.cost));
    if (line.price == nullptr) {
        writer.text("source", "override");
    } else {
        if (line.price->price_class != line.price_class) {
            writer.text("priced_as", to_string(line.price->price_class));
        }
        writer.text("tier", to_string(line.price->tier));
        if (!line.price->region.empty()) {
            writer.text("region", line.price->region);
        }
        if (line.price->min_input > 0) {
            writer.number(
                line.price->min_input_inclusive ? "input_from" : "input_above",
                std::to_string(line.price->min_input));
        }
        writer.text("source", line.price->source);
    }
    writer.end();
}

std::string_view shown_name(const Model& model) {
    return model.listed_as.empty() ? model.id : model.listed_as;
}

}  // namespace

std::string exact_usd(const Cost& cost) {
    cpp_rational sum = 0;
    for (const auto& line : cost.lines) {
        sum += exact_amount(line);
    }
    return text_of(sum);
}

std::string to_json(const Catalog& catalog, const PriceCase& wanted, const PricedCase& priced) {
    std::string out;
    ObjectWriter writer{out};
    if (!wanted.id.empty()) {
        writer.text("id", wanted.id);
    }
    writer.text("usd", priced.cost.total.to_string());
    writer.text("picousd", pico_text(priced.cost.total));
    writer.text("picousd_ceil", pico_text(priced.ceil));
    writer.text("usd_exact", exact_usd(priced.cost));
    auto& lines = writer.raw("lines");
    lines.push_back('[');
    for (std::size_t i = 0; i < priced.cost.lines.size(); ++i) {
        lines.append(i == 0 ? "" : ",");
        append_line(lines, priced.cost.lines[i]);
    }
    lines.push_back(']');
    if (priced.found.model != nullptr) {
        writer.text("provider", priced.found.model->provider);
        writer.text("matched", shown_name(*priced.found.model));
    } else {
        writer.number("matched", "null");
        if (priced.found.reference != nullptr) {
            writer.text("reference", shown_name(*priced.found.reference));
        }
    }
    writer.text("status", to_string(priced.cost.status));
    auto& warnings = writer.raw("warnings");
    warnings.push_back('[');
    for (std::size_t i = 0; i < priced.cost.warnings.size(); ++i) {
        warnings.append(i == 0 ? "" : ",");
        append_json_string(warnings, priced.cost.warnings[i]);
    }
    warnings.push_back(']');
    writer.text("price_version", catalog.version());
    writer.end();
    return out;
}

}  // namespace pulse::pricing
