#include "base/log.h"

#include "base/detail/log_line.h"
#include "base/json_text.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <string>

namespace pulse {
namespace {

constexpr TimePoint kNow{std::chrono::milliseconds{1'767'225'600'007}};

[[nodiscard]] std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

TEST(JsonText, EscapesWhatJsonCannotHold) {
    EXPECT_EQ(json_string("plain"), R"("plain")");
    EXPECT_EQ(json_string(""), R"("")");
    EXPECT_EQ(json_string("a\"b\\c\n\r\t\x01\x7f"), R"("a\"b\\c\n\r\t\u0001\u007f")");
    EXPECT_EQ(
        json_string("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
        "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST(JsonText, ReplacesBytesThatAreNoUtf8) {
    EXPECT_EQ(json_string("\xff"), "\"\xef\xbf\xbd\"");
    EXPECT_EQ(json_string("\xc3"), "\"\xef\xbf\xbd\"");
    EXPECT_EQ(json_string("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");  // overlong
    EXPECT_EQ(
        json_string("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
}

TEST(JsonText, IsValidJsonForEveryPairOfBytes) {
    simdjson::dom::parser parser;
    for (int a = 0; a < 256; ++a) {
        std::string text;
        for (int b = 0; b < 256; ++b) {
            text.push_back(static_cast<char>(a));
            text.push_back(static_cast<char>(b));
        }
        ASSERT_EQ(parser.parse(json_string(text)).error(), simdjson::SUCCESS) << a;
    }
}

TEST(LogLine, IsOneJsonObject) {
    EXPECT_EQ(
        detail::json_line(
            {LogLevel::warn, kNow, "store \"is\" slow", {{"path", "/a b"}, {"n", "3"}}}),
        R"({"ts":"2026-01-01T00:00:00.007Z","level":"warn","msg":"store \"is\" slow","path":"/a b","n":"3"})");
}

TEST(LogLine, IsReadableText) {
    EXPECT_EQ(
        detail::text_line({LogLevel::info, kNow, "listening", {{"address", "127.0.0.1:8080"}}}),
        "2026-01-01T00:00:00.007Z info  listening address=127.0.0.1:8080");
    EXPECT_EQ(
        detail::text_line({LogLevel::error, kNow, "no", {{"why", "a b"}, {"empty", ""}}}),
        R"(2026-01-01T00:00:00.007Z error no why="a b" empty="")");
}

TEST(LogLine, CannotBeForgedByALineBreak) {
    const std::string text =
        detail::text_line({LogLevel::info, kNow, "a\n2026 info b", {{"k", "x\ny"}}});

    EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Log, IsWrittenFromItsLevelOn) {
    open_log(LogLevel::warn, LogFormat::json);
    EXPECT_TRUE(is_logged(LogLevel::warn));
    EXPECT_TRUE(is_logged(LogLevel::error));
    EXPECT_FALSE(is_logged(LogLevel::info));

    open_log(LogLevel::off, LogFormat::text);
    EXPECT_FALSE(is_logged(LogLevel::error));
    EXPECT_FALSE(is_logged(LogLevel::off));
    open_log(LogLevel::info, LogFormat::text);
}

}  // namespace
}  // namespace pulse
