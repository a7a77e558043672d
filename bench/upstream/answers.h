#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pulse::bench {

/// What a request asks the fake provider for.
struct Ask {
    bool stream = false;
    bool include_usage = false;
    unsigned events = 60;
    unsigned pause_ms = 0;
};

/// Reads the few things that matter out of a body, by searching its first bytes and its last: this
/// is a fake provider.
[[nodiscard]] Ask read_ask(std::string_view body);

/// A whole buffered answer: head with the fields that OpenAI sends, Content-Length, 600 bytes of
/// JSON with usage.
[[nodiscard]] std::string make_buffered_answer();

/// A stream in the pieces in which it is sent: head and first event in one, then an event each,
/// chunked; the last one ends the body. Content events are about 250 bytes of JSON.
[[nodiscard]] std::vector<std::string> make_stream(unsigned events, bool include_usage);

}  // namespace pulse::bench
