#pragma once

#include "llm/detail/json_document.h"
#include "llm/event_facts.h"
#include "llm/meter_reading.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Of words that a provider states and a row keeps: no provider's is longer, and a row stays small.
inline constexpr std::size_t kAnswerWordMax = 256;

/// Sets `word` to a string's text; any other value and the empty string leave it.
void assign_text(ondemand::value& value, std::string& word);

/// The same, and numbers as they stand.
void assign_text_or_number(ondemand::value& value, std::string& word, bool& is_number);
void assign_raw_word(ondemand::value& value, RawWord& word);

/// An error's message with its escapes resolved, cut at kErrorMessageMax.
void assign_message(ondemand::value& value, std::string& message);

/// `json` without the brackets of an array of one object: Google's errors may come in one.
[[nodiscard]] std::string_view without_array(std::string_view json);

/// Records `error` as read: is_error, error and error_code, and the event's has_error.
void set_error(StatedError error, MeterReading& reading, EventFacts& facts);

/// A count as it is stated: a number, or a string of digits (64-bit integers in protobuf's JSON
/// mapping). Nothing for null and what is no number. Those that no call can have stay so, cut at
/// ±(kTokensMax + 1): billable_usage() clamps and flags them.
[[nodiscard]] std::optional<std::int64_t> count_of(ondemand::value& value);

/// States `field` in `stated` when `value` is a count.
void set_count(ondemand::value& value, UsageField field, StatedUsage& stated);

/// A key of a usage object and the field that it states.
struct CountKey {
    std::string_view key;
    UsageField field;
};

/// States the field of `key` when `keys` has it. False: it has not.
template <std::size_t size>
[[nodiscard]] bool read_count_key(
    const CountKey (&keys)[size],
    std::string_view key,
    ondemand::value& value,
    StatedUsage& stated) {
    for (const CountKey& known : keys) {
        if (known.key == key) {
            set_count(value, known.field, stated);
            return true;
        }
    }
    return false;
}

/// What a model said, in the order it said it: to MeterReading::delivered_text and its size.
class DeliveredText {
public:
    DeliveredText(MeterReading& reading, EventFacts& facts) : reading_(reading), facts_(facts) {}

    /// A string's text; other values are none.
    void add_string(ondemand::value& value);
    /// An object's or array's JSON without white space, as a model writes a tool's arguments; `{}`
    /// is none.
    [[nodiscard]] simdjson::error_code add_json(ondemand::value& value);
    /// Text that stands in no JSON.
    void add_plain(std::string_view text);

private:
    void add(std::string_view raw);

    MeterReading& reading_;
    EventFacts& facts_;
};

}  // namespace pulse::llm::detail
