#pragma once

#include "pricing/tokens/detail/dead_ends.h"
#include "pricing/tokens/detail/vocabulary.h"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// Which token to go on with, for pieces with long rows of one character: knows how far tokens of
/// that character alone go, and remembers which of the tokens at a place may follow a token, all at
/// once. 35 KiB. Value; not thread-safe.
class Followers {
public:
    explicit Followers(const Vocabulary& vocabulary);

    /// The longest token, of one of `sizes`, that `rest` begins with and that may follow `left`, or
    /// any when nothing is before it. Of size 0 when there is none.
    [[nodiscard]] Vocabulary::Match longest(
        std::optional<TokenId> left, std::string_view rest, Sizes sizes);

private:
    struct Remembered {
        std::uint64_t key = ~std::uint64_t{0};
        Sizes sizes = 0;
    };

    [[nodiscard]] Vocabulary::Match longest_at(std::string_view rest);
    [[nodiscard]] Sizes sizes_behind(std::optional<TokenId> left, Vocabulary::Match longest);
    void walk_row_of(char c);

    const Vocabulary& vocabulary_;
    std::vector<Remembered> remembered_;
    // Walks over 0, 1, … of one character, as far as the trie goes.
    std::array<Vocabulary::Walk, kTokenBytesMax + 1> row_{};
    std::size_t row_size_ = 0;
    std::optional<char> row_of_;
};

}  // namespace pulse::pricing::detail
