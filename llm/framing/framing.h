#pragma once

#include "base/request_facts.h"

#include <cstdint>
#include <string_view>

namespace pulse::llm {

/// How the events of an answer lie in its bytes.
enum class Framing : std::uint8_t {
    whole,        ///< one JSON text
    sse,          ///< Server-Sent Events
    lines,        ///< a JSON text per line
    array,        ///< the elements of one JSON array, sent in pieces
    eventstream,  ///< application/vnd.amazon.eventstream
    unread,       ///< audio, images, text: passes, nothing of it is read
};

/// By the answer's content type; where it says nothing, by what `api` sends.
[[nodiscard]] Framing framing_of(std::string_view content_type, Api api, bool is_stream);

}  // namespace pulse::llm
