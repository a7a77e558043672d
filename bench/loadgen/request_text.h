#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pulse::bench {

/// What is asked for. The fake provider reads `events` and `pause_ms` out of the prompt, which
/// every proxy leaves alone.
struct RequestShape {
    std::string model = "gpt-4o-mini";
    std::string key;
    std::size_t body_bytes = 1024;
    bool stream = false;
    unsigned events = 60;
    unsigned pause_ms = 0;
};

/// A whole POST /v1/chat/completions with the header fields that OpenAI's client for Node sends.
[[nodiscard]] std::string make_request(const RequestShape& shape, std::uint16_t port);

}  // namespace pulse::bench
