#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pulse::pricing::detail {

/// The rule by which an encoding cuts text into pieces before byte-pair encoding; no token crosses
/// a cut. Each stands for a regular expression of openai/tiktoken's openai_public.py, read
/// 2026-11-21 in npm tiktoken 1.0.22:
///
/// o200k   word
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
///         | the same with the first class + and the second *
///         | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+[\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+
/// cl100k  (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+
///         | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+[\r\n]* | \s*[\r\n]+ | \s+(?!\S) | \s+
/// p50k    's|'t|'re|'ve|'m|'ll|'d | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+(?!\S) | \s+
enum class PieceRule : std::uint8_t { o200k, cl100k, p50k };

/// Cuts the text from `at`, which is not at `end`, and writes where pieces end into `ends`, as
/// many as there is room for. Gives how many; the next call begins at the last of them. The text
/// is valid UTF-8 and `end` its true end: what stands last is cut differently.
using CutPieces = std::size_t (*)(const char* at, const char* end, std::span<const char*> ends);
[[nodiscard]] CutPieces cutter_of(PieceRule rule);

}  // namespace pulse::pricing::detail
