#pragma once

#include "llm/eventstream/event_stream_scanner.h"
#include "llm/framing/framing.h"
#include "llm/json_stream/json_stream_scanner.h"
#include "llm/sse/sse_scanner.h"

#include <string_view>

namespace pulse::llm {

/// One event of any framing. `raw` lives until the next feed(), the rest until the next next().
struct FramedEvent {
    std::string_view raw;   ///< all of its bytes, as they came
    std::string_view name;  ///< SSE `event:`, eventstream `:event-type`; empty when absent
    std::string_view data;
    bool has_data = false;  ///< false: comments, blank lines, an array's end
    bool is_piece = false;  ///< a part of an event above the size limit: only `raw` is set
    const EventStreamFrame* frame = nullptr;  ///< of an eventstream
};

/// Cuts the bytes of an answer into events, whatever their framing is: one scanner of each, of
/// which one runs. Not for Framing::whole and Framing::unread. Lives on one worker.
class EventSource {
public:
    void reset(Framing framing);
    void feed(std::string_view bytes);
    [[nodiscard]] bool next(FramedEvent& event);
    /// The stream is at its end: what is unfinished, if it can be an event.
    [[nodiscard]] bool finish(FramedEvent& event);
    /// Its borders were lost; what follows comes as pieces.
    [[nodiscard]] bool is_broken() const;

private:
    Framing framing_ = Framing::sse;
    SseScanner sse_;
    JsonStreamScanner json_{JsonStreamScanner::Framing::lines};
    EventStreamScanner frames_;
    EventStreamFrame frame_;  ///< the last one
};

}  // namespace pulse::llm
