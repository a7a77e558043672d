#include "gateway/exchange/upload_url.h"

#include "tests/support/head_fields.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

[[nodiscard]] std::string base_of(
    std::initializer_list<net::Field> fields, std::string_view path, bool is_tls = false) {
    const test::HeadFields all(fields);
    return upload_base(all.fields(), path, is_tls);
}

TEST(UploadBase, IsWhereTheCallerCameTo) {
    EXPECT_EQ(
        base_of({{"Host", "127.0.0.1:8080"}}, "/upload/v1beta/files"), "http://127.0.0.1:8080");
    EXPECT_EQ(
        base_of({{"host", "pulse.example.com"}}, "/upload/v1beta/files", true),
        "https://pulse.example.com");
}

TEST(UploadBase, KeepsTheMountThatTheCallerUsed) {
    EXPECT_EQ(base_of({{"host", "p"}}, "/gemini/upload/v1beta/files"), "http://p/gemini");
    EXPECT_EQ(
        base_of({{"host", "p"}}, "/providers/google-eu/upload/v1beta/files"),
        "http://p/providers/google-eu");
    EXPECT_EQ(base_of({{"host", "p"}}, "//upload/v1beta/files"), "http://p");
    EXPECT_EQ(base_of({{"host", "p"}}, "//gemini/upload/v1beta/files"), "http://p/gemini");
}

TEST(UploadBase, IsHttpsBehindAProxyThatSaysSo) {
    EXPECT_EQ(
        base_of({{"host", "p"}, {"X-Forwarded-Proto", "https"}}, "/upload/v1beta/files"),
        "https://p");
    EXPECT_EQ(
        base_of({{"host", "p"}, {"X-Forwarded-Proto", "http"}}, "/upload/v1beta/files"),
        "http://p");
}

TEST(UploadBase, IsEmptyWithoutAHost) {
    EXPECT_EQ(base_of({}, "/gemini/upload/v1beta/files"), "");
}

TEST(UploadUrlBelow, ReplacesTheProvidersAddress) {
    EXPECT_EQ(
        upload_url_below(
            "http://p:8080/gemini",
            "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=a&x=%2F"),
        "http://p:8080/gemini/upload/v1beta/files?upload_id=a&x=%2F");
    EXPECT_EQ(
        upload_url_below("http://p", "http://proxy/of/google/upload/v1beta/files?upload_id=a"),
        "http://p/upload/v1beta/files?upload_id=a");
}

TEST(UploadUrlBelow, NeverLeavesTheCallerWithTheProvidersAddress) {
    EXPECT_EQ(
        upload_url_below("http://p", "https://storage.example.com/session/1"),
        "http://p/session/1");
    EXPECT_EQ(upload_url_below("http://p", "https://storage.example.com"), "http://p/");
    EXPECT_EQ(
        upload_url_below("", "https://g/upload/v1beta/files?upload_id=a"),
        "/upload/v1beta/files?upload_id=a");
}

}  // namespace
}  // namespace pulse::gateway
