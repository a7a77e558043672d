#include "base/time_zone.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

namespace pulse {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::array kFolders{
    "/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/usr/share/lib/zoneinfo/"};
constexpr std::int32_t kOffsetMax = 26 * 3'600;  // RFC 9636 §3.2: -25 to 26 hours
constexpr std::int64_t kSecondsPerDay = 86'400;

/// Reads big-endian numbers; a read beyond the end yields zeros and marks the reader as failed.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] std::string_view take(std::size_t size) {
        if (size > bytes_.size()) {
            failed_ = true;
            bytes_ = {};
            return {};
        }
        const std::string_view taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }
    [[nodiscard]] std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const char byte : take(size)) {
            value = value << 8U | static_cast<std::uint8_t>(byte);
        }
        return value;
    }
    [[nodiscard]] std::int64_t time() { return static_cast<std::int64_t>(number(8)); }
    [[nodiscard]] std::int32_t offset() {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4)));
    }
    [[nodiscard]] std::string_view rest() const { return bytes_; }
    [[nodiscard]] bool has_failed() const { return failed_; }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

struct Header {
    char version = 0;
    std::size_t ut_flags = 0;
    std::size_t standard_flags = 0;
    std::size_t leap_seconds = 0;
    std::size_t changes = 0;
    std::size_t types = 0;
    std::size_t name_bytes = 0;
};

[[nodiscard]] std::optional<Header> read_header(ByteReader& reader) {
    if (reader.take(4) != "TZif") {
        return std::nullopt;
    }
    Header header;
    const std::string_view version = reader.take(16);
    header.version = version.empty() ? '\0' : version.front();
    for (std::size_t* count :
         {&header.ut_flags,
          &header.standard_flags,
          &header.leap_seconds,
          &header.changes,
          &header.types,
          &header.name_bytes}) {
        *count = reader.number(4);
        if (*count > kFileBytesMax) {
            return std::nullopt;
        }
    }
    return reader.has_failed() ? std::nullopt : std::optional{header};
}

[[nodiscard]] std::size_t block_size(const Header& header, std::size_t time_size) {
    return header.changes * (time_size + 1) + header.types * 6 + header.name_bytes +
           header.leap_seconds * (time_size + 4) + header.standard_flags + header.ut_flags;
}

[[nodiscard]] Error damaged(std::string_view what) {
    return Error{Errc::corrupt_input, "time zone file: " + std::string{what}};
}

/// A relative path of names and nothing else: it is put behind a folder's.
[[nodiscard]] bool is_zone_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '+' || c == '/';
    };
    return !name.empty() && name.size() <= kNameBytesMax && name.front() != '/' &&
           std::all_of(name.begin(), name.end(), is_allowed);
}

[[nodiscard]] std::optional<std::string> read_zone_file(std::string_view name) {
    for (const char* folder : kFolders) {
        std::ifstream file{folder + std::string{name}, std::ios::binary};
        std::string bytes(kFileBytesMax, '\0');
        file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (file.gcount() > 0) {
            bytes.resize(static_cast<std::size_t>(file.gcount()));
            return bytes;
        }
    }
    return std::nullopt;
}

}  // namespace

Result<TimeZone> TimeZone::open(std::string_view name) {
    if (name == "UTC" || name == "Etc/UTC") {
        return TimeZone{};
    }
    const std::optional<std::string> bytes =
        is_zone_name(name) ? read_zone_file(name) : std::nullopt;
    if (!bytes) {
        return Error{
            Errc::configuration,
            "time zone \"" + std::string{name} +
                "\" is not known to this system: use an IANA name such as Europe/Paris, and "
                "install the package tzdata if it is missing"};
    }
    Result<TimeZone> zone = parse(*bytes);
    if (!zone) {
        return Error{
            Errc::configuration,
            "time zone \"" + std::string{name} + "\": " + zone.error().detail()};
    }
    return zone;
}

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
    ByteReader reader{bytes};
    std::optional<Header> header = read_header(reader);
    if (!header || header->version < '2') {
        return damaged("is no TZif file of version 2 or later");
    }
    static_cast<void>(reader.take(block_size(*header, 4)));
    header = read_header(reader);
    if (!header || header->types == 0 || header->leap_seconds != 0 ||
        reader.rest().size() < block_size(*header, 8)) {
        return damaged("its header is damaged, or it counts leap seconds");
    }
    TimeZone zone;
    zone.changes_.resize(header->changes);
    for (detail::PosixRule::Change& change : zone.changes_) {
        change.at = reader.time();
    }
    const std::string_view type_of_change = reader.take(header->changes);
    std::vector<std::int32_t> offsets(header->types);
    for (std::int32_t& offset : offsets) {
        offset = reader.offset();
        static_cast<void>(reader.take(2));
        if (offset <= -kOffsetMax || offset > kOffsetMax) {
            return damaged("an offset is out of range");
        }
    }
    static_cast<void>(reader.take(header->name_bytes + header->standard_flags + header->ut_flags));
    for (std::size_t i = 0; i < zone.changes_.size(); ++i) {
        const auto type = static_cast<std::uint8_t>(type_of_change[i]);
        if (type >= offsets.size() || (i > 0 && zone.changes_[i].at <= zone.changes_[i - 1].at)) {
            return damaged("its changes are damaged");
        }
        zone.changes_[i].offset = offsets[type];
    }
    zone.first_offset_ = offsets.front();
    const std::string_view footer = reader.rest();
    const std::size_t end = footer.find('\n', 1);
    if (!footer.starts_with('\n') || end == std::string_view::npos) {
        return damaged("its last line is missing");
    }
    if (end > 1) {
        zone.rule_ = detail::PosixRule::parse(footer.substr(1, end - 1));
        if (!zone.rule_) {
            return damaged("its last line is no rule");
        }
    }
    return zone;
}

TimeZone::Span TimeZone::span_at(std::int64_t at) const {
    const auto next = std::upper_bound(
        changes_.begin(),
        changes_.end(),
        at,
        [](std::int64_t t, const detail::PosixRule::Change& change) { return t < change.at; });
    Span span;
    span.offset = first_offset_;
    if (next != changes_.begin()) {
        span.begin = std::prev(next)->at;
        span.offset = std::prev(next)->offset;
    }
    if (next != changes_.end()) {
        span.end = next->at;
        return span;
    }
    return rule_ ? span_by_rule(at, span) : span;
}

TimeZone::Span TimeZone::span_by_rule(std::int64_t at, Span open_end) const {
    Span span = open_end;
    if (!rule_->has_daylight_saving()) {
        span.offset = rule_->standard_offset();
        return span;
    }
    const std::chrono::sys_days day{
        std::chrono::floor<std::chrono::days>(std::chrono::seconds{at})};
    const int year = static_cast<int>(std::chrono::year_month_day{day}.year());
    std::array<detail::PosixRule::Change, 6> changes{};
    for (int i = 0; i < 3; ++i) {
        const std::array<detail::PosixRule::Change, 2> of_year = rule_->changes(year - 1 + i);
        std::copy(of_year.begin(), of_year.end(), changes.begin() + std::ptrdiff_t{2} * i);
    }
    // Stable: where daylight saving ends as the next one begins ("EST5EDT,0/0,J365/25") the
    // beginning counts.
    std::stable_sort(
        changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const detail::PosixRule::Change& change : changes) {
        if (change.at > at) {
            span.end = change.at;
            break;
        }
        span.begin = std::max(change.at, open_end.begin);
        span.offset = change.offset;
    }
    return span;
}

std::int64_t TimeZone::first_instant(std::int64_t local) const {
    Span span = span_at(local - 2 * kSecondsPerDay);
    while (true) {
        const std::int64_t instant = std::max(span.begin, local - span.offset);
        if (instant < span.end) {
            return instant;
        }
        span = span_at(span.end);
    }
}

}  // namespace pulse
