#pragma once

#include "base/error.h"
#include "base/money.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse {

/// How one type of setting is read, shown and documented. `parse`'s errors say what is wrong and
/// what is allowed, and never repeat the text (it may be a secret). Immutable.
template <class Value>
struct SettingType {
    std::string name;  ///< as docs say it: "duration, 1ms to 24h"
    std::function<Result<Value>(std::string_view text)> parse;
    std::function<std::string(const Value& value)> format;  ///< parse(format(v)) == v
};

/// "250ms", "10s", "60m", "24h", "90d", "2w", "24mo" (a month is the mean Gregorian one, 30.436875
/// days); "0". Errors: configuration.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// In the largest unit without a rest.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds value);

/// "64KiB", "32MiB", "4GiB", "1TiB", "10MB" (decimal), "512" (bytes). Errors: configuration.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

template <class Value>
struct Between {
    Value min;
    Value max;
};

[[nodiscard]] SettingType<std::chrono::milliseconds> duration_setting(
    Between<std::chrono::milliseconds> bounds);
[[nodiscard]] SettingType<std::uint64_t> size_setting(Between<std::uint64_t> bounds);
[[nodiscard]] SettingType<std::int64_t> count_setting(Between<std::int64_t> bounds);
[[nodiscard]] SettingType<bool> switch_setting();
/// A decimal amount, written as text so that no float comes near it; from 0 to `max`.
[[nodiscard]] SettingType<Money> money_setting(Money max);
/// Text of `bytes` bytes without control characters.
[[nodiscard]] SettingType<std::string> text_setting(Between<std::size_t> bytes);
/// A path; relative ones are the reader's to resolve.
[[nodiscard]] SettingType<std::filesystem::path> path_setting();

/// Text that `check` accepts. `name` is what docs call it.
[[nodiscard]] SettingType<std::string> checked_setting(
    std::string name, std::function<Result<void>(std::string_view)> check);

/// Errors' words for a value that is none of `allowed`.
[[nodiscard]] Error not_a_choice(const std::vector<std::string_view>& allowed);

/// One word of a closed set. A word that is known but cannot be served yet has its reason: it is
/// refused with it.
template <class Value>
struct Choice {
    std::string_view word;
    Value value;
    std::string_view refused = {};
};

template <class Value>
[[nodiscard]] SettingType<Value> choice_setting(std::vector<Choice<Value>> choices) {
    std::string name;
    for (const Choice<Value>& choice : choices) {
        name.append(name.empty() ? "" : " | ").append(choice.word);
    }
    const auto parse = [choices](std::string_view text) -> Result<Value> {
        std::vector<std::string_view> allowed;
        for (const Choice<Value>& choice : choices) {
            if (text == choice.word && choice.refused.empty()) {
                return choice.value;
            }
            if (text == choice.word) {
                return Error{Errc::configuration, std::string(choice.refused)};
            }
            if (choice.refused.empty()) {
                allowed.push_back(choice.word);
            }
        }
        return not_a_choice(allowed);
    };
    const auto format = [choices](const Value& value) -> std::string {
        for (const Choice<Value>& choice : choices) {
            if (value == choice.value) {
                return std::string(choice.word);
            }
        }
        return {};
    };
    return {std::move(name), parse, format};
}

}  // namespace pulse
