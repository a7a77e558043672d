#include "llm/detail/image_size.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm::detail {
namespace {

using namespace std::string_literals;

void expect_size(const std::string& bytes, int width, int height) {
    const auto size = image_size(bytes);
    ASSERT_TRUE(size.has_value());
    EXPECT_EQ(size->width, width);
    EXPECT_EQ(size->height, height);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        static_cast<void>(image_size(bytes.substr(0, cut)));  // a sanitizer watches
    }
}

TEST(ImageSize, ReadsWhatFormatsState) {
    expect_size("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0"s, 640, 480);
    expect_size("GIF89a\x40\x01\xf0\0\xf7"s, 320, 240);
    // APP0, a fill byte, a comment, then SOF2
    expect_size(
        "\xff\xd8\xff\xe0\0\x04JF\xff\xff\xfe\0\x03x\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03"s,
        640,
        480);
    expect_size("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"s, 640, 480);
    expect_size("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"s, 640, 480);
    expect_size("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\0\0\0\0\0\0"s, 640, 480);
}

TEST(ImageSize, KnowsNothingOfOthers) {
    EXPECT_FALSE(image_size(""));
    EXPECT_FALSE(image_size("BM123456789012345678901234567890"));
    EXPECT_FALSE(image_size("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\x01\xe0"s));
    EXPECT_FALSE(image_size("\xff\xd8\xff\xe0\0\0\xff\xe0\0\0\xff\xd9"s));
}

TEST(ImageSize, ReadsDataUrls) {
    const auto size = image_size_of_data_url("data:image/gif;base64,R0lGODlhQAHwAPcA");
    ASSERT_TRUE(size.has_value());
    EXPECT_EQ(size->width, 320);
    EXPECT_EQ(size->height, 240);
    EXPECT_FALSE(image_size_of_data_url("https://example.com/a.png"));
    EXPECT_FALSE(image_size_of_data_url("data:image/gif;base64,!!!!"));
    EXPECT_FALSE(image_size_of_data_url("data:image/gif,R0lGODlh"));
}

}  // namespace
}  // namespace pulse::llm::detail
