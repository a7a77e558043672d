#include "pricing/tokens/detail/bpe.h"

#include "tests/support/token_reference.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

extern "C" const char pulse_tokens_o200k_base[];
extern "C" const char pulse_tokens_cl100k_base[];
extern "C" const char pulse_tokens_p50k_base[];

namespace pulse::pricing::detail {
namespace {

class Bpe : public testing::TestWithParam<const char*> {
protected:
    [[nodiscard]] std::vector<TokenId> encode(const std::string& piece) {
        const auto tokens = encoder_.encode(piece);
        return {tokens.begin(), tokens.end()};
    }

    Vocabulary vocabulary_{GetParam()};
    BpeEncoder encoder_{vocabulary_};
};
INSTANTIATE_TEST_SUITE_P(
    All,
    Bpe,
    testing::Values(
        &pulse_tokens_o200k_base[0], &pulse_tokens_cl100k_base[0], &pulse_tokens_p50k_base[0]),
    [](const auto& tested) {
        return tested.param == pulse_tokens_o200k_base    ? "o200k"
               : tested.param == pulse_tokens_cl100k_base ? "cl100k"
                                                          : "p50k";
    });

std::string random_piece(std::mt19937& random, std::string_view of, std::size_t size) {
    std::string piece;
    while (piece.size() < size) {
        piece += of[random() % of.size()];
    }
    return piece;
}

TEST_P(Bpe, GivesWhatMergingGives) {
    const test::ReferenceBpe reference{vocabulary_};
    std::mt19937 random{1};
    const std::string any_byte = [] {
        std::string bytes;
        for (int i = 0; i < 256; ++i) {
            bytes += static_cast<char>(i);
        }
        return bytes;
    }();
    for (const std::string_view of :
         {std::string_view{"ab"},
          std::string_view{"etaoinshrdlu"},
          std::string_view{"aAbB01_"},
          std::string_view{"-="},
          std::string_view{" \n\t"},
          std::string_view{any_byte}}) {
        for (int i = 0; i < 150; ++i) {
            const auto piece = random_piece(random, of, 1 + random() % 70);
            ASSERT_EQ(encode(piece), reference.encode(piece)) << piece;
        }
    }
}

/// Rows of '-' lead the encoder into most dead ends: tokens of 28 lengths, up to 112.
TEST_P(Bpe, GivesWhatMergingGivesForRowsOfOneCharacter) {
    const test::ReferenceBpe reference{vocabulary_};
    for (const char c : {'-', '=', ' ', '/', '*', 'a', '_'}) {
        for (std::size_t size = 1; size < 420; size += 1 + size / 9) {
            ASSERT_EQ(encode(std::string(size, c)), reference.encode(std::string(size, c)))
                << size << " of " << c;
            const auto framed = "x" + std::string(size, c) + "|" + std::string(size / 2, c);
            ASSERT_EQ(encode(framed), reference.encode(framed)) << framed;
        }
    }
}

TEST_P(Bpe, FindsEveryTokenWhole) {
    std::string bytes;
    for (TokenId id = 0; id < vocabulary_.tokens(); ++id) {
        bytes.clear();
        vocabulary_.append_bytes(id, bytes);
        if (bytes.empty()) {
            continue;  // a hole
        }
        ASSERT_EQ(encode(bytes), std::vector<TokenId>{id});
        const auto key = key_of_piece(bytes.data(), bytes.size(), bytes.size());
        ASSERT_EQ(vocabulary_.has(key), key != PieceKey{}) << id;
    }
}

TEST_P(Bpe, KeyIsTheSameHoweverMuchMayBeRead) {
    const std::string text = "abcdefghijklmnopqrstuvwxyz";
    for (std::size_t size = 1; size <= kKeyBytesMax; ++size) {
        EXPECT_EQ(
            key_of_piece(text.data(), size, size), key_of_piece(text.data(), size, text.size()));
    }
    EXPECT_EQ(key_of_piece(text.data(), kKeyBytesMax + 1, text.size()), PieceKey{});
}

/// Work is counted, not timed: twice the piece, not much more than twice the tries, and a bounded
/// number of them for each byte.
TEST_P(Bpe, WorkIsLinear) {
    std::mt19937 random{3};
    constexpr std::size_t kSize = 100'000;
    std::string dashes_and_bars;
    while (dashes_and_bars.size() < 2 * kSize) {
        dashes_and_bars += std::string(40 + random() % 90, '-') + '|';
    }
    const std::vector<std::string> pieces{
        std::string(2 * kSize, 'a'),
        std::string(2 * kSize, ' '),
        std::string(2 * kSize, '-'),
        std::string(2 * kSize, '='),
        dashes_and_bars,
        random_piece(random, "abcdefghijklmnopqrstuvwxyz", 2 * kSize),
        random_piece(random, "ab", 2 * kSize),
        random_piece(random, "!?", 2 * kSize)};
    for (const auto& piece : pieces) {
        BpeEncoder once{vocabulary_};
        BpeEncoder twice{vocabulary_};
        (void)once.encode(std::string_view{piece}.substr(0, kSize));
        (void)twice.encode(piece);
        EXPECT_LE(twice.tries(), 3 * once.tries()) << piece.substr(0, 20);
        EXPECT_LE(once.tries(), 5 * kSize) << piece.substr(0, 20);
    }
}

}  // namespace
}  // namespace pulse::pricing::detail
