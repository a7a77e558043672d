#include "llm/answer_meter.h"

#include "llm/bedrock/answer_reader.h"
#include "llm/detail/held_end.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stream_reader.h"

#include <optional>

namespace pulse::llm {

namespace {

using detail::HeldEnd;
using detail::StreamReader;

constexpr std::string_view kTerminator = "[DONE]";

bool is_done_marker(std::string_view data) {
    return data.starts_with(kTerminator) &&
           data.find_first_not_of(" \t", kTerminator.size()) == std::string_view::npos;
}

bool has_payload(const FramedEvent& event) {
    return event.data.find_first_not_of(" \t\n") != std::string_view::npos;
}

/// Where cost can be written into the usage object of `event`.
std::optional<HeldEnd::CostPlace> cost_place_of(const FramedEvent& event, const EventFacts& facts) {
    // `data` is a part of `raw` unless it came on several lines.
    const bool is_one_line = event.data.data() >= event.raw.data() &&
                             event.data.data() < event.raw.data() + event.raw.size();
    if (!is_one_line || facts.usage_has_cost || facts.usage_close == 0) {
        return std::nullopt;
    }
    const auto data_offset = static_cast<std::size_t>(event.data.data() - event.raw.data());
    return HeldEnd::CostPlace{data_offset + facts.usage_close, facts.usage_is_empty};
}

}  // namespace

/// Which events go, wait or are hidden. What they say is the reader's matter.
struct AnswerMeter::State {
    UsageChunk usage_chunk = UsageChunk::show_unchanged;
    StreamReader reader;
    HeldEnd held;
    bool is_done = false;

    void on_event(const FramedEvent& event, std::vector<std::string_view>& out);
    void on_data(const FramedEvent& event, std::vector<std::string_view>& out);
    void finish(const FramedEvent& event);
    void hold_one_back(std::string_view raw, std::vector<std::string_view>& out);
    void pass_all(std::string_view raw, std::vector<std::string_view>& out);
    [[nodiscard]] bool is_end(const EventFacts& facts) const;
    [[nodiscard]] bool has_room() const { return held.size() < kHeldBytesMax; }
};

void AnswerMeter::State::on_event(const FramedEvent& event, std::vector<std::string_view>& out) {
    if (event.is_piece) {
        reader.set_unreadable();
        pass_all(event.raw, out);
    } else if (has_payload(event)) {
        on_data(event, out);
    } else if (held.is_holding() && has_room()) {
        held.hold(event.raw);
    } else {
        pass_all(event.raw, out);
    }
}

void AnswerMeter::State::on_data(const FramedEvent& event, std::vector<std::string_view>& out) {
    if (is_done_marker(event.data)) {
        reader.set_terminated();
        finish(event);
        return;
    }
    EventFacts facts;
    facts.keeps_text = true;
    const bool is_readable = reader.read(event, facts);
    const StreamEnd end = reader.quirks().end;
    if (end == StreamEnd::event && facts.is_terminator) {
        finish(event);
        return;
    }
    if (facts.has_usage && facts.is_only_usage && is_readable && !facts.has_error &&
        usage_chunk == UsageChunk::hide) {
        return;
    }
    if (end == StreamEnd::last_event) {
        hold_one_back(event.raw, out);
        return;
    }
    const bool ends = is_end(facts);
    const bool is_filler = held.is_holding() && facts.text_bytes == 0 && has_room();
    if (!is_readable || facts.has_error || !(ends || is_filler)) {
        pass_all(event.raw, out);
        return;
    }
    if (facts.text_bytes > 0) {
        held.pass_held(out);  // no end after all: some state a finish in every event
    }
    if (facts.has_usage && usage_chunk == UsageChunk::show) {
        held.set_cost_place(cost_place_of(event, facts));
    }
    held.hold(event.raw);
}

/// The answer ends with this event, or nothing but its end can follow.
bool AnswerMeter::State::is_end(const EventFacts& facts) const {
    const bool is_end_usage =
        facts.has_usage && facts.text_bytes == 0 && !reader.quirks().usage_in_every_event;
    // Where the end is an event of its own, nothing in front of it need wait.
    return reader.quirks().end != StreamEnd::event &&
           (facts.has_finish || facts.is_terminator || is_end_usage);
}

void AnswerMeter::State::finish(const FramedEvent& event) {
    is_done = true;
    held.hold_terminator(event.raw);
}

void AnswerMeter::State::hold_one_back(std::string_view raw, std::vector<std::string_view>& out) {
    held.pass_held(out);
    held.hold(raw);
}

void AnswerMeter::State::pass_all(std::string_view raw, std::vector<std::string_view>& out) {
    held.pass_held(out);
    held.pass(raw, out);
}

AnswerMeter::AnswerMeter() : state_(std::make_unique<State>()) {}
AnswerMeter::~AnswerMeter() = default;
AnswerMeter::AnswerMeter(AnswerMeter&&) noexcept = default;
AnswerMeter& AnswerMeter::operator=(AnswerMeter&&) noexcept = default;

void AnswerMeter::reset(const AnswerSource& source, UsageChunk usage_chunk) {
    state_->usage_chunk = usage_chunk;
    state_->reader.reset(source);
    state_->held.reset();
    state_->is_done = false;
}

void AnswerMeter::on_field(std::string_view name, std::string_view value) {
    state_->reader.on_field(name, value);
}

void AnswerMeter::feed(std::string_view bytes, std::vector<std::string_view>& out) {
    State& state = *state_;
    state.held.begin(out);
    if (state.is_done || bytes.empty()) {
        return;
    }
    if (state.reader.has_events()) {
        state.reader.source().feed(bytes);
        FramedEvent event;
        while (!state.is_done && state.reader.source().next(event)) {
            state.on_event(event, out);
        }
    } else {
        // What completes it is its last byte: the last piece waits.
        state.reader.feed_unframed(bytes);
        state.hold_one_back(bytes, out);
    }
    state.held.keep();
}

void AnswerMeter::feed_end(std::vector<std::string_view>& out) {
    State& state = *state_;
    state.held.begin(out);
    FramedEvent event;
    if (!state.is_done && state.reader.has_events() && state.reader.source().finish(event) &&
        (is_done_marker(event.data) || !state.reader.is_torn(event))) {
        state.on_event(event, out);
    }
    state.held.keep();
    state.reader.finish();
}

bool AnswerMeter::is_done() const {
    return state_->is_done;
}

bool AnswerMeter::ended_whole() const {
    return state_->is_done || state_->reader.ended_whole();
}

bool AnswerMeter::has_held() const {
    return state_->held.is_holding();
}

void AnswerMeter::take_end(const Money* cost, std::string& out) {
    state_->held.take(cost, out);
}

void AnswerMeter::take_broken_end(std::string& out) {
    state_->held.take_broken(out);
}

const MeterReading& AnswerMeter::reading() const {
    return state_->reader.reading();
}

}  // namespace pulse::llm
