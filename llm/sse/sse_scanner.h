#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pulse::llm {

/// One finished event. `raw` lives until the next feed(), `data` and `name` until the next next().
struct SseEvent {
    std::string_view raw;  ///< all bytes of the event with its blank line, as they came
    std::string_view
        data;  ///< the `data:` lines' payload, joined with '\n'; empty for comments alone
    std::string_view name;  ///< of `event:`; empty when absent
    bool has_data = false;
    bool is_piece =
        false;  ///< `raw` is a part of an event above the size limit, and only `raw` is set
};

/// Cuts a byte stream into Server-Sent Events: LF, CRLF and CR line ends, comments, BOM, split
/// anywhere. Events that lie whole in the input are given as views into it; only a split event is
/// copied. A blank line by itself is an event without data. How the input is split changes nothing
/// in what comes out, but that an event above the size limit may come in more pieces. Lives on one
/// worker. Source:
/// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
class SseScanner {
public:
    static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20;

    explicit SseScanner(std::size_t event_bytes_max = kEventBytesMax)
        : event_bytes_max_(event_bytes_max) {}

    void reset();

    /// Sets the next bytes; then next() until it says no. The bytes must live as long.
    void feed(std::string_view bytes);

    /// The next finished event, if there is one. What is unfinished at the end of the input is
    /// kept.
    [[nodiscard]] bool next(SseEvent& event);

    /// The stream is at its end: gives what is unfinished as if its blank line had come, if
    /// anything is.
    [[nodiscard]] bool finish(SseEvent& event);

    /// Bytes of an unfinished event carried over.
    [[nodiscard]] std::string_view pending() const { return carry_; }

private:
    [[nodiscard]] std::size_t find_line_end();
    [[nodiscard]] bool end_line_at(std::size_t end);
    [[nodiscard]] bool end_carriage_return();
    void give(SseEvent& event);
    [[nodiscard]] bool keep_rest(SseEvent& event);
    void read_fields(SseEvent& event);
    void read_line(std::string_view line, SseEvent& event);

    std::size_t event_bytes_max_;
    std::string carry_;  ///< the unfinished event's bytes of earlier inputs
    std::string whole_;  ///< the event that was carried over and is finished now
    std::string joined_data_;

    std::string_view input_;
    std::size_t position_ = 0;
    std::size_t event_begin_ = 0;  ///< in input_
    std::size_t next_lf_ = 0;      ///< first LF at or behind position_; below position_: not known
    std::size_t next_cr_ = 0;

    std::size_t lines_ = 0;  ///< of this event, the blank one included
    std::size_t first_line_size_ = 0;
    bool line_has_bytes_ = false;
    bool ended_blank_line_ = false;       ///< with a CR whose LF may still come
    bool at_carriage_return_ = false;     ///< the last byte was a CR; a LF behind it belongs to it
    bool last_line_ended_by_cr_ = false;  ///< by a CR alone
    bool is_first_event_ = true;
    bool in_piece_ = false;
};

}  // namespace pulse::llm
