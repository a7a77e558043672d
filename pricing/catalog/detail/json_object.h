#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/price.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::pricing::detail {

/// One object of a catalogue document, read strictly: an unknown key, a missing one, a value of
/// another type or out of range makes `error()` say which; the first trouble stays. Reading goes on
/// with defaults, so that a reader is a plain list of fields. Value; not thread-safe.
class JsonObject {
public:
    /// `keys` are all that the object may have.
    JsonObject(const JsonNode& value, std::initializer_list<std::string_view> keys);

    [[nodiscard]] bool has(std::string_view key) const;
    /// Null when absent or no array; absent is an error only for required arrays.
    [[nodiscard]] const JsonNode* array(std::string_view key);
    [[nodiscard]] const JsonNode* required_array(std::string_view key);
    /// Null when absent or no object.
    [[nodiscard]] const JsonNode* object(std::string_view key);

    /// Non-empty text of at most `kTextBytesMax` without control characters. Absent is an error.
    [[nodiscard]] std::string text(std::string_view key);
    /// The same; empty when absent.
    [[nodiscard]] std::string optional_text(std::string_view key);
    /// Whole number in [min, max]; absent: `absent`, or an error when that is empty.
    [[nodiscard]] std::int64_t number(
        std::string_view key,
        std::optional<std::int64_t> absent,
        std::int64_t min,
        std::int64_t max);
    [[nodiscard]] bool flag(std::string_view key, bool absent);
    /// "2026-08-01" (midnight UTC) or "2026-08-01T12:30:00Z".
    [[nodiscard]] std::optional<TimePoint> time(std::string_view key);
    /// "16:30-00:30", UTC.
    [[nodiscard]] std::optional<DayHours> hours(std::string_view key);

    void fail(std::string_view key, std::string_view what);
    /// Empty when all is well, else "KEY: what is wrong".
    [[nodiscard]] const std::string& error() const { return error_; }

    static constexpr std::size_t kTextBytesMax = 256;

private:
    [[nodiscard]] const JsonNode* find(std::string_view key) const;
    const JsonNode* object_ = nullptr;
    std::string error_;
};

/// Text of a string value by the rules of JsonObject::text; empty when it breaks them.
[[nodiscard]] std::string_view plain_text(const JsonNode& value);

/// "2026-08-01" (midnight UTC) or "2026-08-01T12:30:00Z", with up to 6 digits of a second.
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);
/// "16:30".
[[nodiscard]] std::optional<std::chrono::minutes> parse_minutes(std::string_view text);

}  // namespace pulse::pricing::detail
