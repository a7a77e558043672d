#pragma once

#include "pricing/tokens/detail/bpe.h"
#include "pricing/tokens/detail/pieces.h"
#include "pricing/tokens/detail/vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pulse::pricing {

using detail::TokenId;

/// The encodings that are known exactly. o200k_harmony differs from o200k_base in its special
/// tokens only, which text never becomes.
enum class EncodingName : std::uint8_t { o200k_base, o200k_harmony, cl100k_base, p50k_base };

[[nodiscard]] std::string_view to_string(EncodingName name);
[[nodiscard]] std::optional<EncodingName> parse_encoding_name(std::string_view name);

/// The encoding of a model of OpenAI by its name, as callers and providers write it ("gpt-4o",
/// "openai/gpt-4o-2024-08-06", "ft:gpt-4o-mini:org::id", "gpt-35-turbo"). None for other families,
/// whose tokenizers are not public, and for encodings that are not here.
/// Source: openai/tiktoken, tiktoken/model.py; names since then by family.
[[nodiscard]] std::optional<EncodingName> encoding_of(std::string_view model);

/// How one encoding turns text into tokens: the same as tiktoken's `encode_ordinary`. Text that
/// looks like a special token ("<|endoftext|>") is text. Bytes that are not UTF-8 count as U+FFFD,
/// one for each maximal part of a character, as in any decoder that follows the Unicode standard
/// (§3.9): docs/formats/tokens.md.
///
/// Time grows with the length of the text and not faster, whatever it holds: 3 to 6 ms per MB of
/// code or English, 20 of Chinese, 100 of the worst found. Memory grows with the longest stretch of
/// text that the encoding does not cut: 4 bytes a token of it. Immutable; thread-safe.
class Encoding {
public:
    Encoding(const char* tables, detail::PieceRule rule);

    /// How many tokens `text` is.
    [[nodiscard]] std::size_t count(std::string_view text) const;

    /// The same when it is at most `limit`; looks at no more of the text than it takes to know.
    [[nodiscard]] std::optional<std::size_t> count_until(
        std::string_view text, std::size_t limit) const;

    [[nodiscard]] std::vector<TokenId> encode(std::string_view text) const;

    /// The bytes of tokens, which may end within a character. Ids that are no token give nothing.
    [[nodiscard]] std::string decode(std::span<const TokenId> tokens) const;

private:
    detail::Vocabulary vocabulary_;
    detail::CutPieces cut_;
};

/// One of the encodings in the program; costs nothing to get.
[[nodiscard]] const Encoding& encoding(EncodingName name);

}  // namespace pulse::pricing
