#include "pricing/tokens/encoding.h"

#include "pricing/tokens/detail/count_cache.h"
#include "pricing/tokens/detail/utf8.h"

#include <array>
#include <limits>

namespace pulse::pricing {
namespace {

using detail::BpeEncoder;
using detail::Vocabulary;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Pieces are cut some at a time, so that the look-ups of one run side by side with the next's.
constexpr std::size_t kBatch = 256;

/// Calls `each(piece, readable)` with every piece of `text` until it answers false; `readable` is
/// how many bytes there are from the piece's beginning on.
template <class Each>
void for_each_piece(detail::CutPieces cut, std::string_view text, Each each) {
    std::array<const char*, kBatch>
        ends;  // NOLINT(cppcoreguidelines-pro-type-member-init): cut fills it
    const char* at = text.data();
    const char* end = at + text.size();
    while (at != end) {
        const auto pieces = std::span{ends}.first(cut(at, end, ends));
        for (const char* piece_end : pieces) {
            const std::string_view piece{at, static_cast<std::size_t>(piece_end - at)};
            if (!each(piece, static_cast<std::size_t>(end - at))) {
                return;
            }
            at = piece_end;
        }
    }
}

}  // namespace

Encoding::Encoding(const char* tables, detail::PieceRule rule)
    : vocabulary_(tables), cut_(detail::cutter_of(rule)) {}

std::size_t Encoding::count(std::string_view text) const {
    return *count_until(text, kNoLimit);
}

std::optional<std::size_t> Encoding::count_until(std::string_view text, std::size_t limit) const {
    // No token is longer, and making U+FFFD of what is not UTF-8 shortens nothing.
    if (text.size() / detail::kTokenBytesMax > limit) {
        return std::nullopt;
    }
    const detail::Utf8Text valid{text};
    BpeEncoder bpe{vocabulary_};
    detail::CountCache cache{text.size()};
    std::size_t count = 0;
    for_each_piece(cut_, valid.text(), [&](std::string_view piece, std::size_t readable) {
        const auto key = detail::key_of_piece(piece.data(), piece.size(), readable);
        if (vocabulary_.has(key)) {
            ++count;
        } else if (key == detail::PieceKey{}) {
            count += bpe.encode(piece).size();
        } else {
            count += cache.get(
                key, [&] { return static_cast<std::uint32_t>(bpe.encode(piece).size()); });
        }
        return count <= limit;
    });
    return count <= limit ? std::optional{count} : std::nullopt;
}

std::vector<TokenId> Encoding::encode(std::string_view text) const {
    const detail::Utf8Text valid{text};
    BpeEncoder bpe{vocabulary_};
    std::vector<TokenId> tokens;
    for_each_piece(cut_, valid.text(), [&](std::string_view piece, std::size_t readable) {
        if (vocabulary_.has(detail::key_of_piece(piece.data(), piece.size(), readable))) {
            tokens.push_back(vocabulary_.longest_at(piece).token);
        } else {
            const auto found = bpe.encode(piece);
            tokens.insert(tokens.end(), found.begin(), found.end());
        }
        return true;
    });
    return tokens;
}

std::string Encoding::decode(std::span<const TokenId> tokens) const {
    std::string bytes;
    for (const auto token : tokens) {
        if (token < vocabulary_.tokens()) {
            vocabulary_.append_bytes(token, bytes);
        }
    }
    return bytes;
}

}  // namespace pulse::pricing
