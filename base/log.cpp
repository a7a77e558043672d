#include "base/log.h"

#include "base/clock.h"
#include "base/detail/log_line.h"
#include "base/json_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>

namespace pulse {
namespace {

/// The one logger of the process. It is never replaced, so that open_log() may run beside log().
struct Sink {
    Sink() : logger("pulse", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        logger.set_pattern("%v");
        logger.set_level(spdlog::level::info);
    }
    spdlog::logger logger;
    std::atomic<LogFormat> format{LogFormat::text};
};

[[nodiscard]] Sink& sink() {
    static Sink instance;
    return instance;
}

[[nodiscard]] spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return spdlog::level::trace;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            break;
    }
    return spdlog::level::off;
}

void append_time(std::string& out, TimePoint now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(now - seconds).count();
    fmt::format_to(
        std::back_inserter(out), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms);
}

[[nodiscard]] bool is_bare(std::string_view value) {
    for (const char c : value) {
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
            c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return !value.empty();
}

}  // namespace

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return "trace";
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warn:
            return "warn";
        case LogLevel::error:
            return "error";
        case LogLevel::off:
            break;
    }
    return "off";
}

namespace detail {

std::string json_line(const LogLine& line) {
    std::string out = "{\"ts\":\"";
    append_time(out, line.now);
    out.append("\",\"level\":\"").append(to_string(line.level)).append("\",\"msg\":");
    append_json_string(out, line.message);
    for (const LogField& field : line.fields) {
        out.push_back(',');
        append_json_string(out, field.key);
        out.push_back(':');
        append_json_string(out, field.value);
    }
    out.push_back('}');
    return out;
}

std::string text_line(const LogLine& line) {
    std::string out;
    append_time(out, line.now);
    fmt::format_to(std::back_inserter(out), " {:<5} ", to_string(line.level));
    // Escaped like JSON, so that a line break in a message cannot forge a line.
    std::string message;
    append_json_string(message, line.message);
    out.append(message, 1, message.size() - 2);
    for (const LogField& field : line.fields) {
        out.append(" ").append(field.key).append("=");
        if (is_bare(field.value)) {
            out.append(field.value);
        } else {
            append_json_string(out, field.value);
        }
    }
    return out;
}

}  // namespace detail

void open_log(LogLevel level, LogFormat format) {
    sink().format.store(format, std::memory_order_relaxed);
    sink().logger.set_level(spdlog_level(level));
}

bool is_logged(LogLevel level) {
    return level != LogLevel::off && sink().logger.should_log(spdlog_level(level));
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (!is_logged(level)) {
        return;
    }
    const detail::LogLine line{level, system_clock().now(), message, fields};
    const bool json = sink().format.load(std::memory_order_relaxed) == LogFormat::json;
    sink().logger.log(
        spdlog_level(level), json ? detail::json_line(line) : detail::text_line(line));
}

}  // namespace pulse
