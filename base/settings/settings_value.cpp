#include "base/settings/settings_value.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace pulse {
namespace {

using std::chrono::milliseconds;

/// A number's unit and how many of the smallest unit it is; the largest comes first.
struct Unit {
    std::string_view word;
    std::int64_t size;
};

constexpr std::array kDurationUnits{
    Unit{"mo", 2'629'746'000},
    Unit{"w", 604'800'000},
    Unit{"d", 86'400'000},
    Unit{"h", 3'600'000},
    Unit{"m", 60'000},
    Unit{"s", 1'000},
    Unit{"ms", 1},
};

constexpr std::array kSizeUnits{
    Unit{"TiB", std::int64_t{1} << 40},
    Unit{"GiB", 1 << 30},
    Unit{"MiB", 1 << 20},
    Unit{"KiB", 1 << 10},
    Unit{"TB", 1'000'000'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},
    Unit{"KB", 1'000},
    Unit{"B", 1},
};

/// Whole digits and the word behind them; nothing when there are no digits or too many.
struct Quantity {
    std::int64_t number = 0;
    std::string_view unit;
};
[[nodiscard]] std::optional<Quantity> parse_quantity(std::string_view text) {
    Quantity quantity;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
    if (ec != std::errc{} || text.starts_with('-')) {
        return std::nullopt;
    }
    quantity.unit = text.substr(static_cast<std::size_t>(end - text.data()));
    return quantity;
}

template <std::size_t Count>
[[nodiscard]] std::optional<std::int64_t> scaled(
    const Quantity& quantity, const std::array<Unit, Count>& units) {
    for (const Unit& unit : units) {
        if (quantity.unit == unit.word &&
            quantity.number <= std::numeric_limits<std::int64_t>::max() / unit.size) {
            return quantity.number * unit.size;
        }
    }
    return std::nullopt;
}

template <std::size_t Count>
[[nodiscard]] std::string in_largest_unit(
    std::int64_t value, const std::array<Unit, Count>& units, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        if (value % units[i].size == 0) {
            return std::to_string(value / units[i].size) + std::string(units[i].word);
        }
    }
    return std::to_string(value);
}

[[nodiscard]] Error wrong(std::string what) {
    return Error{Errc::configuration, std::move(what)};
}

/// Reads with `parse`, then holds the value against the bounds.
template <class Value>
[[nodiscard]] SettingType<Value> bounded(
    std::string_view what,
    Between<Value> bounds,
    Result<Value> (*parse)(std::string_view),
    std::string (*format)(Value)) {
    const std::string range = format(bounds.min) + " to " + format(bounds.max);
    return {
        std::string(what) + ", " + range,
        [bounds, parse, range](std::string_view text) -> Result<Value> {
            Result<Value> value = parse(text);
            if (value && (*value < bounds.min || *value > bounds.max)) {
                return wrong("is out of bounds; allowed is " + range);
            }
            return value;
        },
        [format](const Value& value) {
            return format(value);
        }};
}

[[nodiscard]] Result<std::int64_t> parse_count(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size()) {
        return wrong("is no whole number; allowed is one such as 16");
    }
    return value;
}

[[nodiscard]] std::string format_count(std::int64_t value) {
    return std::to_string(value);
}

[[nodiscard]] bool has_control_character(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return milliseconds{0};
    }
    if (const std::optional<Quantity> quantity = parse_quantity(text)) {
        if (quantity->unit.empty()) {
            return wrong(
                "has no unit; allowed are a whole number and ms, s, m, h, d, w or mo, such as 30s");
        }
        if (const std::optional<std::int64_t> value = scaled(*quantity, kDurationUnits)) {
            return milliseconds{*value};
        }
    }
    return wrong(
        "is no duration; allowed are a whole number and ms, s, m, h, d, w or mo, such as 30s");
}

std::string format_duration(milliseconds value) {
    if (value.count() == 0) {
        return "0";
    }
    // Months and weeks are read, and shown only where nothing else says the same.
    if (value.count() % kDurationUnits[0].size == 0) {
        return in_largest_unit(value.count(), kDurationUnits, kDurationUnits.size());
    }
    for (std::size_t i = 2; i < kDurationUnits.size(); ++i) {
        if (value.count() % kDurationUnits[i].size == 0) {
            return std::to_string(value.count() / kDurationUnits[i].size) +
                   std::string(kDurationUnits[i].word);
        }
    }
    return {};
}

Result<std::uint64_t> parse_size(std::string_view text) {
    if (std::optional<Quantity> quantity = parse_quantity(text)) {
        quantity->unit = quantity->unit.empty() ? "B" : quantity->unit;
        if (const std::optional<std::int64_t> value = scaled(*quantity, kSizeUnits)) {
            return static_cast<std::uint64_t>(*value);
        }
    }
    return wrong(
        "is no size; allowed are a whole number of bytes, or one with KiB, MiB, GiB or TiB, such "
        "as 32MiB");
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::size_t kBinaryUnits = 4;
    return bytes == 0 ? "0"
                      : in_largest_unit(static_cast<std::int64_t>(bytes), kSizeUnits, kBinaryUnits);
}

SettingType<milliseconds> duration_setting(Between<milliseconds> bounds) {
    return bounded<milliseconds>("duration", bounds, &parse_duration, &format_duration);
}

SettingType<std::uint64_t> size_setting(Between<std::uint64_t> bounds) {
    return bounded<std::uint64_t>("size", bounds, &parse_size, &format_size);
}

SettingType<std::int64_t> count_setting(Between<std::int64_t> bounds) {
    return bounded<std::int64_t>("number", bounds, &parse_count, &format_count);
}

SettingType<bool> switch_setting() {
    return choice_setting<bool>({{"true", true}, {"false", false}});
}

SettingType<Money> money_setting(Money max) {
    return {
        "decimal amount, 0 to " + max.to_string(),
        [max](std::string_view text) -> Result<Money> {
            Result<Money> amount = Money::parse(text);
            if (!amount || *amount < Money{} || *amount > max) {
                return wrong(
                    "is no amount; allowed is a decimal number from 0 to " + max.to_string() +
                    R"(, such as "0.15")");
            }
            return amount;
        },
        [](const Money& amount) {
            return amount.to_string();
        }};
}

SettingType<std::string> text_setting(Between<std::size_t> bytes) {
    return {
        "text",
        [bytes](std::string_view text) -> Result<std::string> {
            if (text.empty() && bytes.min > 0) {
                return wrong("is empty; a value is needed");
            }
            if (text.size() < bytes.min || text.size() > bytes.max) {
                return wrong(
                    "has " + std::to_string(text.size()) + " bytes; allowed are " +
                    std::to_string(bytes.min) + " to " + std::to_string(bytes.max));
            }
            if (has_control_character(text)) {
                return wrong("holds a control character; allowed is one line of text");
            }
            return std::string(text);
        },
        [](const std::string& text) {
            return text;
        }};
}

SettingType<std::filesystem::path> path_setting() {
    constexpr std::size_t kPathBytesMax = 4'000;
    return {
        "path, relative to the configuration file",
        [](std::string_view text) -> Result<std::filesystem::path> {
            if (text.size() > kPathBytesMax || has_control_character(text)) {
                return wrong("is no path");
            }
            return std::filesystem::path(text);
        },
        [](const std::filesystem::path& path) {
            return path.string();
        }};
}

SettingType<std::string> checked_setting(
    std::string name, std::function<Result<void>(std::string_view)> check) {
    return {
        std::move(name),
        [check = std::move(check)](std::string_view text) -> Result<std::string> {
            if (const Result<void> checked = check(text); !checked) {
                return checked.error();
            }
            return std::string(text);
        },
        [](const std::string& text) {
            return text;
        }};
}

Error not_a_choice(const std::vector<std::string_view>& allowed) {
    std::string what = "is none of the words that are allowed: ";
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        what.append(i == 0 ? "" : ", ").append(allowed[i]);
    }
    return wrong(std::move(what));
}

}  // namespace pulse
