#pragma once

#include "base/clock.h"
#include "base/log.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace pulse::detail {

/// What one line of the log says; borrowed for the call.
struct LogLine {
    LogLevel level;
    TimePoint now;
    std::string_view message;
    std::initializer_list<LogField> fields;
};

/// The line without its end, as open_log's two formats write it. No control character of a message
/// or value gets out unescaped.
[[nodiscard]] std::string json_line(const LogLine& line);
[[nodiscard]] std::string text_line(const LogLine& line);

}  // namespace pulse::detail
