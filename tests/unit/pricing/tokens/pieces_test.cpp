#include "pricing/tokens/detail/pieces.h"

#include "tests/support/token_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace pulse::pricing::detail {
namespace {

using Pieces = std::vector<std::string>;

Pieces cut(PieceRule rule, std::string_view text, std::size_t room = 256) {
    const auto cutter = cutter_of(rule);
    std::vector<const char*> ends(room);
    Pieces pieces;
    const char* at = text.data();
    const char* end = at + text.size();
    while (at != end) {
        const auto count = cutter(at, end, ends);
        for (std::size_t i = 0; i < count; ++i) {
            pieces.emplace_back(at, ends[i]);
            at = ends[i];
        }
    }
    return pieces;
}

constexpr std::array kRules{PieceRule::o200k, PieceRule::cl100k, PieceRule::p50k};

TEST(Pieces, OfO200kWordsAreCutWhereUpperFollowsLower) {
    EXPECT_EQ(cut(PieceRule::o200k, "camelCase"), (Pieces{"camel", "Case"}));
    EXPECT_EQ(cut(PieceRule::o200k, "HTTPServer"), (Pieces{"HTTPServer"}));
    EXPECT_EQ(cut(PieceRule::o200k, "aBC dE"), (Pieces{"a", "BC", " d", "E"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "camelCase"), (Pieces{"camelCase"}));
}

TEST(Pieces, OfO200kEndAWordBehindTheLastUncasedLetterOfItsHead) {
    EXPECT_EQ(cut(PieceRule::o200k, "AB中CD"), (Pieces{"AB中", "CD"}));
    EXPECT_EQ(cut(PieceRule::o200k, "AB中CDe"), (Pieces{"AB中CDe"}));
    EXPECT_EQ(cut(PieceRule::o200k, "ABʰCD!"), (Pieces{"ABʰ", "CD", "!"}));
}

TEST(Pieces, OfO200kAMarkIsAWordBeforeItBeginsOne) {
    EXPECT_EQ(cut(PieceRule::o200k, "\u0301ABC"), (Pieces{"\u0301", "ABC"}));
    EXPECT_EQ(cut(PieceRule::o200k, "\u0301abc"), (Pieces{"\u0301abc"}));
    EXPECT_EQ(cut(PieceRule::o200k, "!\u0301"), (Pieces{"!\u0301"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "\u0301ABC"), (Pieces{"\u0301ABC"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "a\u0301b"), (Pieces{"a", "\u0301b"}));
}

TEST(Pieces, ContractionsBelongToTheWordInO200kAndStandAloneElsewhere) {
    EXPECT_EQ(cut(PieceRule::o200k, "don't you'LL"), (Pieces{"don't", " you'LL"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "don't you'LL"), (Pieces{"don", "'t", " you", "'LL"}));
    EXPECT_EQ(cut(PieceRule::p50k, "don't you'LL"), (Pieces{"don", "'t", " you", "'", "LL"}));
    EXPECT_EQ(cut(PieceRule::o200k, "it'sfoo"), (Pieces{"it's", "foo"}));
    EXPECT_EQ(cut(PieceRule::o200k, "it's's"), (Pieces{"it's", "'s"}));
    EXPECT_EQ(cut(PieceRule::o200k, "1's 's"), (Pieces{"1", "'s", " '", "s"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "'sfoo"), (Pieces{"'s", "foo"}));
}

TEST(Pieces, TheLongSIsAnSWhereCaseIsIgnored) {
    EXPECT_EQ(cut(PieceRule::o200k, "it'ſx"), (Pieces{"it'ſ", "x"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "it'ſx"), (Pieces{"it", "'ſ", "x"}));
    EXPECT_EQ(cut(PieceRule::p50k, "it'ſx"), (Pieces{"it", "'", "ſx"}));
}

TEST(Pieces, WhiteSpaceLeavesItsLastCharacterToWhatFollows) {
    EXPECT_EQ(cut(PieceRule::o200k, "a   b"), (Pieces{"a", "  ", " b"}));
    EXPECT_EQ(cut(PieceRule::o200k, "a   "), (Pieces{"a", "   "}));
    EXPECT_EQ(cut(PieceRule::o200k, "a\t\t1"), (Pieces{"a", "\t", "\t", "1"}));
    EXPECT_EQ(cut(PieceRule::o200k, "a \n  b"), (Pieces{"a", " \n", " ", " b"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "x \n  "), (Pieces{"x", " \n", "  "}));
    EXPECT_EQ(cut(PieceRule::p50k, "x \n  b"), (Pieces{"x", " \n ", " b"}));
}

TEST(Pieces, WhiteSpaceIsThatOfUnicode) {
    EXPECT_EQ(
        cut(PieceRule::o200k, "a\u0085\u00a0\u3000b"), (Pieces{"a", "\u0085\u00a0", "\u3000b"}));
    EXPECT_EQ(cut(PieceRule::o200k, "!\u200b\ufeff"), (Pieces{"!\u200b\ufeff"}));
    EXPECT_EQ(cut(PieceRule::p50k, "a\u00a0b"), (Pieces{"a", "\u00a0", "b"}));
}

TEST(Pieces, SymbolsTakeNewlinesAndInO200kSlashes) {
    EXPECT_EQ(cut(PieceRule::o200k, "a;\n//b"), (Pieces{"a", ";\n//", "b"}));
    EXPECT_EQ(cut(PieceRule::cl100k, "a;\n//b"), (Pieces{"a", ";\n", "//", "b"}));
    EXPECT_EQ(cut(PieceRule::p50k, "a;\nb"), (Pieces{"a", ";", "\n", "b"}));
    EXPECT_EQ(cut(PieceRule::o200k, "a .b (c"), (Pieces{"a", " .", "b", " (", "c"}));
    EXPECT_EQ(cut(PieceRule::o200k, "a.b"), (Pieces{"a", ".b"}));
}

TEST(Pieces, NumbersAreCutInThrees) {
    EXPECT_EQ(cut(PieceRule::o200k, "1234567 ½Ⅷ٣4"), (Pieces{"123", "456", "7", " ", "½Ⅷ٣", "4"}));
    EXPECT_EQ(cut(PieceRule::p50k, "1234567 89"), (Pieces{"1234567", " 89"}));
}

/// Texts of what the rules tell apart, long enough for whole blocks.
std::string some_text(std::mt19937& random, bool is_ascii) {
    static const std::vector<std::string> kAscii{"a",        "B",
                                                 "the",      "The",
                                                 "HTTP",     "1",
                                                 "22",       "4444",
                                                 " ",        "  ",
                                                 "\t",       "\n",
                                                 "\r\n",     "\n\n",
                                                 " \n ",     "'",
                                                 "'s",       "'S",
                                                 "'rE",      "'ll",
                                                 "'l",       "'Dx",
                                                 "!",        ".",
                                                 "/",        "\n/",
                                                 "//\n",     ";\n\n",
                                                 "...",      "\x01",
                                                 "\x7f",     "_",
                                                 "        ", "-----------------"};
    static const std::vector<std::string> kOther{
        "é", "É", "ſ", "'ſ", "中", "ʰ", "ǅ", "\u0301", "\u00a0", "\u3000", "½", "😀", "\u200b"};
    const auto pick = [&random](const auto& from) {
        return from[random() % from.size()];
    };
    std::string text;
    const auto rare = 1 + random() % 40;
    for (auto left = 1 + random() % 80; left > 0; --left) {
        text += !is_ascii && random() % rare == 0 ? pick(kOther) : pick(kAscii);
    }
    return text;
}

class PiecesOfRule : public testing::TestWithParam<PieceRule> {};
INSTANTIATE_TEST_SUITE_P(All, PiecesOfRule, testing::ValuesIn(kRules));

TEST_P(PiecesOfRule, AreThoseOfTheRegularExpression) {
    std::mt19937 random{20261121};
    for (int i = 0; i < 6'000; ++i) {
        const auto text = some_text(random, i % 2 == 0);
        ASSERT_EQ(cut(GetParam(), text), test::reference_pieces(GetParam(), text)) << text;
    }
}

TEST_P(PiecesOfRule, DoNotHangOnHowManyAreAskedForAtOnce) {
    std::mt19937 random{7};
    for (int i = 0; i < 300; ++i) {
        const auto text = some_text(random, i % 2 == 0);
        const auto expected = cut(GetParam(), text);
        for (const std::size_t room : {1U, 2U, 63U, 64U, 65U}) {
            ASSERT_EQ(cut(GetParam(), text, room), expected) << text;
        }
    }
}

}  // namespace
}  // namespace pulse::pricing::detail
