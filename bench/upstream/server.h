#pragma once

#include <cstdint>

namespace pulse::bench {

/// Listens on 127.0.0.1:`port` (0 picks one), prints "listening on PORT", and answers chat
/// completions from memory on the calling thread until SIGTERM or SIGINT. Throws std::system_error
/// when it cannot listen.
void run_provider(std::uint16_t port);

}  // namespace pulse::bench
