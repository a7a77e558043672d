#include "llm/framing/inflater.h"

#include "tests/unit/llm/compressed.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

std::string repeated(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
        text += "data: {\"choices\":[" + std::to_string(text.size()) + "]}\n\n";
    }
    return text;
}

class Coding : public testing::TestWithParam<ContentCoding> {};

TEST_P(Coding, InflatesHoweverItIsSplit) {
    const std::string text = repeated(100'000);
    const std::string body = compressed(text, GetParam());
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{7}, std::size_t{4'096}, body.size()}) {
        Inflater inflater{GetParam()};
        std::string out;
        for (std::size_t at = 0; at < body.size(); at += size) {
            ASSERT_TRUE(inflater.feed(std::string_view{body}.substr(at, size), out));
        }
        ASSERT_EQ(out, text) << size;
    }
}

TEST_P(Coding, RefusesWhatIsNotOfIt) {
    Inflater inflater{GetParam()};
    std::string out;

    EXPECT_FALSE(inflater.feed(std::string(100, '\xFF'), out));
    EXPECT_FALSE(inflater.feed(compressed("x", GetParam()), out));
    EXPECT_EQ(out, "");
}

TEST_P(Coding, IsBoundedByWhatCameIn) {
    const std::string body = compressed(std::string(std::size_t{80} << 20, '\0'), GetParam());
    Inflater inflater{GetParam()};
    std::string out;

    EXPECT_FALSE(inflater.feed(body, out));
    EXPECT_LE(out.size(), Inflater::kOutputMax);
    EXPECT_LE(out.size(), Inflater::kFreeOutput + body.size() * Inflater::kRatioMax);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    Coding,
    testing::Values(
        ContentCoding::gzip, ContentCoding::deflate, ContentCoding::brotli, ContentCoding::zstd));

TEST(Inflater, TakesDeflateWithoutItsHead) {
    const std::string body = compressed("hello", ContentCoding::deflate);
    Inflater inflater{ContentCoding::deflate};
    std::string out;

    // zlib's head is two bytes, its checksum four.
    ASSERT_TRUE(inflater.feed(std::string_view{body}.substr(2, body.size() - 6), out));
    EXPECT_EQ(out, "hello");
}

TEST(ContentCodingName, IsReadWithoutRegardToCase) {
    EXPECT_EQ(parse_content_coding("gzip"), ContentCoding::gzip);
    EXPECT_EQ(parse_content_coding(" X-GZIP "), ContentCoding::gzip);
    EXPECT_EQ(parse_content_coding("br"), ContentCoding::brotli);
    EXPECT_EQ(parse_content_coding("zstd"), ContentCoding::zstd);
    EXPECT_EQ(parse_content_coding("identity"), std::nullopt);
    EXPECT_EQ(parse_content_coding("gzip, br"), std::nullopt);
}

}  // namespace
}  // namespace pulse::llm
