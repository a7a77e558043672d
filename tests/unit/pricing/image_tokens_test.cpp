#include "pricing/tokens/image_tokens.h"

#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

using Detail = Prompt::Image::Detail;

Prompt::Image image(int width, int height, Detail detail = Detail::automatic) {
    Prompt::Image image;
    image.width = width;
    image.height = height;
    image.detail = detail;
    return image;
}

// The examples of OpenAI's guide: 1024² is four tiles, 2048×4096 six, and low detail costs the base
// alone.
TEST(ImageTokens, OfTilesAsInOpenAisGuide) {
    EXPECT_EQ(image_tokens(image(1024, 1024, Detail::high), "gpt-4o"), 765);
    EXPECT_EQ(image_tokens(image(2048, 4096, Detail::high), "gpt-4o"), 1105);
    EXPECT_EQ(image_tokens(image(4096, 8192, Detail::low), "gpt-4o"), 85);
    EXPECT_EQ(image_tokens(image(1024, 1024), "openai/gpt-4o-mini"), 2833 + 4 * 5667);
    EXPECT_EQ(image_tokens(image(512, 512), "gpt-5"), 210);
}

// 1024² is 1024 patches of 32²; 1800×2400 is scaled down to at most 1536.
TEST(ImageTokens, OfPatchesAsInOpenAisGuide) {
    EXPECT_EQ(image_tokens(image(1024, 1024), "gpt-4.1-mini"), 1659);
    EXPECT_EQ(image_tokens(image(1800, 2400), "o4-mini"), (1536 * 1720 + 999) / 1000);
}

TEST(ImageTokens, OfOtherFamilies) {
    EXPECT_EQ(image_tokens(image(1000, 1000), "claude-sonnet-4-5"), 1334);
    EXPECT_EQ(image_tokens(image(384, 384), "gemini-2.5-pro"), 258);
    EXPECT_EQ(image_tokens(image(1536, 768), "gemini-2.5-pro"), 516);
}

TEST(ImageTokens, OfAnUnknownSizeAreTheMost) {
    for (const char* model : {"gpt-4o", "gpt-4.1-nano", "claude-opus-4-1", "who-knows"}) {
        const std::int64_t most = image_tokens(image(0, 0), model);
        EXPECT_GE(most, image_tokens(image(100'000, 100'000), model)) << model;
        EXPECT_GE(most, image_tokens(image(2'048, 768), model)) << model;
    }
}

}  // namespace
}  // namespace pulse::pricing
