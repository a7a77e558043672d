#pragma once

#include "net/redis/script.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pulse::net::redis::detail {

using Words = std::span<const std::string_view>;

/// Appends a command as servers read it: an array of bulk strings.
void append_command(std::string& out, Words words);
/// Appends EVALSHA of the script.
void append_evalsha(std::string& out, const Script& script, Words keys, Words args);
/// Makes the EVAL of an EVALSHA that append_evalsha() wrote: the same with the text for the digest.
[[nodiscard]] std::string eval_of(std::string_view evalsha, const Script& script);

constexpr std::uint16_t kSlots = 16'384;

/// The cluster's slot of a key: CRC16 of it, or of what stands between its first "{" and the "}"
/// behind, when that is not empty. Source: Redis cluster specification, "Key distribution model"
/// and "Hash tags", https://redis.io/docs/reference/cluster-spec/, read 2026-11-21.
[[nodiscard]] std::uint16_t slot_of(std::string_view key);

}  // namespace pulse::net::redis::detail
