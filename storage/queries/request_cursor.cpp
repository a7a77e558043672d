#include "storage/queries/request_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace pulse::storage {
namespace {

constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kIdDigits = 32;
// Where the 36-character form of an id has its dashes, from the back.
constexpr std::array<std::size_t, 4> kDashes{20, 16, 12, 8};

[[nodiscard]] bool is_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string to_string(const RequestCursor& cursor) {
    std::string text = fmt::format("{:016x}", cursor.ts.time_since_epoch().count());
    const std::string id = cursor.id.to_string();
    std::copy_if(id.begin(), id.end(), std::back_inserter(text), is_digit);
    return text;
}

Result<RequestCursor> parse_request_cursor(std::string_view text) {
    const Error refused{
        Errc::invalid_request, "cursor: take it as it came with the page before, or leave it out"};
    if (text.size() != kTimeDigits + kIdDigits ||
        !std::all_of(text.begin(), text.end(), is_digit)) {
        return refused;
    }
    std::uint64_t micros = 0;
    std::from_chars(text.data(), text.data() + kTimeDigits, micros, 16);
    std::string id{text.substr(kTimeDigits)};
    for (const std::size_t place : kDashes) {
        id.insert(place, 1, '-');
    }
    const std::optional<Uuid> parsed = Uuid::parse(id);
    if (!parsed || micros > INT64_MAX) {
        return refused;
    }
    const TimePoint ts{std::chrono::microseconds{static_cast<std::int64_t>(micros)}};
    // A row's time is the time in its id.
    if (ts != parsed->time()) {
        return refused;
    }
    return RequestCursor{ts, *parsed};
}

}  // namespace pulse::storage
