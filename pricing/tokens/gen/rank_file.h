#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pulse::pricing::gen {

/// The bytes of each token at the index of its id; empty where an id is not used.
using Tokens = std::vector<std::string>;

/// Reads a file of `base64 rank` lines after checking that its SHA-256 is `sha256` (hex).
/// Ends the process with one line when it cannot be read, is not that file, or is not such a list.
[[nodiscard]] Tokens read_rank_file(const std::string& path, const std::string& sha256);

/// Prints "PROGRAM: what" and ends the process with 1.
[[noreturn]] void give_up(const std::string& what);

}  // namespace pulse::pricing::gen
