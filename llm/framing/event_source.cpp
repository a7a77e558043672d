#include "llm/framing/event_source.h"

namespace pulse::llm {
namespace {

void take(const SseEvent& from, FramedEvent& event) {
    event.raw = from.raw;
    event.name = from.name;
    event.data = from.data;
    event.has_data = from.has_data;
    event.is_piece = from.is_piece;
}

void take(const JsonEvent& from, FramedEvent& event) {
    event.raw = from.raw;
    event.name = {};
    event.data = from.data;
    event.has_data = from.has_data;
    event.is_piece = from.is_piece;
}

void take(const EventStreamFrame& from, FramedEvent& event) {
    event.raw = from.raw;
    event.name = from.name;
    event.data = from.payload;
    event.has_data = !from.is_piece;
    event.is_piece = from.is_piece;
    event.frame = &from;
}

template <class Event, class Scanner>
bool next_of(Scanner& scanner, FramedEvent& event) {
    Event scanned;
    if (!scanner.next(scanned)) {
        return false;
    }
    take(scanned, event);
    return true;
}

template <class Event, class Scanner>
bool finish_of(Scanner& scanner, FramedEvent& event) {
    Event scanned;
    if (!scanner.finish(scanned)) {
        return false;
    }
    take(scanned, event);
    return true;
}

}  // namespace

void EventSource::reset(Framing framing) {
    framing_ = framing;
    switch (framing) {
        case Framing::lines:
            json_.reset(JsonStreamScanner::Framing::lines);
            break;
        case Framing::array:
            json_.reset(JsonStreamScanner::Framing::array);
            break;
        case Framing::eventstream:
            frames_.reset();
            break;
        default:
            sse_.reset();
            break;
    }
}

void EventSource::feed(std::string_view bytes) {
    switch (framing_) {
        case Framing::lines:
        case Framing::array:
            json_.feed(bytes);
            break;
        case Framing::eventstream:
            frames_.feed(bytes);
            break;
        default:
            sse_.feed(bytes);
            break;
    }
}

bool EventSource::next(FramedEvent& event) {
    switch (framing_) {
        case Framing::lines:
        case Framing::array:
            return next_of<JsonEvent>(json_, event);
        case Framing::eventstream:
            if (!frames_.next(frame_)) {
                return false;
            }
            take(frame_, event);
            return true;
        default:
            return next_of<SseEvent>(sse_, event);
    }
}

bool EventSource::finish(FramedEvent& event) {
    switch (framing_) {
        case Framing::lines:
        case Framing::array:
            return finish_of<JsonEvent>(json_, event);
        case Framing::eventstream:
            return false;  // a torn message has no checksum
        default:
            return finish_of<SseEvent>(sse_, event);
    }
}

bool EventSource::is_broken() const {
    return framing_ == Framing::eventstream && frames_.is_broken();
}

}  // namespace pulse::llm
