#include "pricing/tokens/detail/utf8.h"
#include "pricing/tokens/encoding.h"
#include "tests/support/token_reference.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

extern "C" const char pulse_tokens_o200k_base[];
extern "C" const char pulse_tokens_cl100k_base[];
extern "C" const char pulse_tokens_p50k_base[];

namespace {

using namespace pulse::pricing;

struct Tested {
    EncodingName name;
    detail::PieceRule rule;
    pulse::test::ReferenceBpe reference;
};

const std::vector<Tested>& all_tested() {
    static const std::vector<Tested> all = [] {
        std::vector<Tested> made;
        const auto add = [&](EncodingName name, detail::PieceRule rule, const char* tables) {
            made.push_back({name, rule, pulse::test::ReferenceBpe{detail::Vocabulary{tables}}});
        };
        add(EncodingName::o200k_base, detail::PieceRule::o200k, pulse_tokens_o200k_base);
        add(EncodingName::cl100k_base, detail::PieceRule::cl100k, pulse_tokens_cl100k_base);
        add(EncodingName::p50k_base, detail::PieceRule::p50k, pulse_tokens_p50k_base);
        return made;
    }();
    return all;
}

void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

void check(const Tested& tested, std::string_view text) {
    const detail::Utf8Text valid{text};
    const auto& encoding = pulse::pricing::encoding(tested.name);
    const auto tokens = encoding.encode(text);
    std::vector<TokenId> expected;
    for (const auto& piece : pulse::test::reference_pieces(tested.rule, valid.text())) {
        const auto of_piece = tested.reference.encode(piece);
        expected.insert(expected.end(), of_piece.begin(), of_piece.end());
    }
    require(tokens == expected);
    require(encoding.decode(tokens) == valid.text());
    require(encoding.count(text) == tokens.size());
    require(encoding.count_until(text, tokens.size()) == tokens.size());
    require(tokens.empty() || !encoding.count_until(text, tokens.size() - 1));
}

}  // namespace

/// Any bytes as text, of the encoding that the first byte chooses: the tokens are those of the
/// regular expression and of merging as it is defined, they give back the text, and the counts
/// agree.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kBytesMax = 200;  // the reference takes time as the square
    if (size == 0) {
        return 0;
    }
    const std::string text(data + 1, data + std::min(size, kBytesMax));
    check(all_tested()[data[0] % all_tested().size()], text);
    return 0;
}
