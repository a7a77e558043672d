#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace pulse {

enum class LogLevel { trace, debug, info, warn, error, off };
enum class LogFormat { text, json };
[[nodiscard]] std::string_view to_string(LogLevel level);

/// One structured field of a log line.
struct LogField {
    std::string_view key;
    std::string value;
};

/// Opens the process's log on standard error; may be called again (reload). Thread-safe.
void open_log(LogLevel level, LogFormat format);
[[nodiscard]] bool is_logged(LogLevel level);

/// Writes one line: `{"ts":…,"level":…,"msg":…,"key":"value",…}` or text. Never pass a secret or a
/// prompt. Not for the request path: the ledger is the request log. Thread-safe.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::info, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::warn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::error, message, fields);
}

}  // namespace pulse
