#pragma once

#include "net/redis/script.h"

/// What runs inside Redis: scripts/*.lua, each with the parts that it uses in front
/// (embed_scripts.cmake). Keys, arguments and answers stand at the head of each file;
/// docs/formats/redis.md has the whole.
namespace pulse::policy::redis {

[[nodiscard]] const net::redis::Script& admit_script();
[[nodiscard]] const net::redis::Script& settle_script();
[[nodiscard]] const net::redis::Script& standing_script();
[[nodiscard]] const net::redis::Script& open_script();
[[nodiscard]] const net::redis::Script& beat_script();
[[nodiscard]] const net::redis::Script& begin_script();
[[nodiscard]] const net::redis::Script& charge_script();
[[nodiscard]] const net::redis::Script& spend_script();
[[nodiscard]] const net::redis::Script& adopt_script();
[[nodiscard]] const net::redis::Script& allot_script();
[[nodiscard]] const net::redis::Script& shrink_script();

}  // namespace pulse::policy::redis
