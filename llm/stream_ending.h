#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/request_facts.h"
#include "base/usage.h"
#include "llm/errors/error_body.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm {

/// Watches the events of a stream that go to a caller for the part of the answer (a block of text,
/// a tool call) that is open: dialects whose parts are closed by an event want it closed before the
/// stream ends. Lives on one worker.
class OpenPart {
public:
    void reset(Api api);
    /// Takes whole events, one or more, in order.
    void see(std::string_view events);
    /// Of the part that was opened and not closed.
    [[nodiscard]] std::optional<std::int64_t> index() const { return index_; }

private:
    Api api_ = Api::none;
    std::optional<std::int64_t> index_;
};

/// How a stream ends that Pulse ends, because more output is not paid for.
struct StreamEnding {
    Api api = Api::none;
    StreamFraming framing = StreamFraming::sse;
    std::string_view response_id = {};  ///< as the stream named it; may be empty
    std::string_view model = {};
    std::optional<std::int64_t> open_part = {};
    std::int64_t answers = 1;
    Usage usage = {};             ///< counted
    bool shows_usage = false;     ///< OpenAI's usage chunk was asked for
    const Money* cost = nullptr;  ///< shown in that chunk; null: not shown
    bool is_first = false;        ///< no element of a JSON array was sent before
    TimePoint now = {};
};

/// Can a stream of this API be ended in a way that its clients take for an answer cut at its limit?
[[nodiscard]] bool can_end_stream(Api api, StreamFraming framing);

/// Appends the events that end it in the dialect's own way, with the reason that a reached output
/// limit has there ("length", "max_tokens", "MAX_TOKENS"). Asked only where can_end_stream().
void append_stream_end(const StreamEnding& ending, std::string& out);

}  // namespace pulse::llm
