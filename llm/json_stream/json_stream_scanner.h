#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::llm {

/// One finished value of a stream of JSON. `raw` lives until the next next() or feed().
struct JsonEvent {
    std::string_view raw;   ///< all bytes since the event before, as they came
    std::string_view data;  ///< the value, a part of `raw`
    bool has_data = false;  ///< false: blank lines, an array's end
    bool is_end = false;    ///< the bracket that closes the array
    bool is_piece =
        false;  ///< `raw` is a part of an event above the size limit, and only `raw` is set
};

/// Cuts a byte stream into JSON values, split anywhere: a value per line (NDJSON: Ollama, Cohere
/// v1), or the elements of one array that is sent in pieces (Gemini without `alt=sse`; a single
/// object in its place is one event). Values that lie whole in the input are views into it; only a
/// split one is copied. Lines are not looked into; of an array, brackets and strings are. Behind
/// the array's end nothing is a value any more. How the input is split changes nothing in what
/// comes out, but the number of pieces and which event the white space behind an array belongs to.
/// Lives on one worker.
class JsonStreamScanner {
public:
    enum class Framing : std::uint8_t { lines, array };

    static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20;

    explicit JsonStreamScanner(Framing framing, std::size_t event_bytes_max = kEventBytesMax)
        : framing_(framing), event_bytes_max_(event_bytes_max) {}

    void reset(Framing framing);

    /// Sets the next bytes; then next() until it says no. The bytes must live as long.
    void feed(std::string_view bytes);

    /// The next finished event, if there is one. What is unfinished at the end of the input is
    /// kept.
    [[nodiscard]] bool next(JsonEvent& event);

    /// The stream is at its end: gives the last line where its line feed is missing, and white
    /// space. An array's unfinished element is dropped.
    [[nodiscard]] bool finish(JsonEvent& event);

    /// The array's closing bracket was seen.
    [[nodiscard]] bool has_ended() const { return has_ended_; }

    /// Bytes of an unfinished event carried over.
    [[nodiscard]] std::string_view pending() const { return carry_; }

private:
    [[nodiscard]] bool find_line_end();
    [[nodiscard]] bool find_value_end();
    void skip_string();
    [[nodiscard]] bool close_bracket();
    void give(JsonEvent& event);
    [[nodiscard]] bool keep_rest(JsonEvent& event);

    Framing framing_;
    std::size_t event_bytes_max_;
    std::string carry_;  ///< the unfinished event's bytes of earlier inputs
    std::string whole_;  ///< the event that was carried over and is finished now

    std::string_view input_;
    std::size_t position_ = 0;
    std::size_t event_begin_ = 0;  ///< in input_
    std::size_t event_bytes_ = 0;  ///< of the unfinished event, in earlier inputs, pieces included

    std::size_t depth_ = 0;        ///< of open brackets
    std::size_t base_depth_ = 0;   ///< 1 within the array
    std::size_t value_begin_ = 0;  ///< in the event
    bool in_value_ = false;
    bool in_string_ = false;
    bool is_escaped_ = false;
    bool ended_now_ = false;  ///< by the event that is being given
    bool has_ended_ = false;
    bool in_piece_ = false;
};

}  // namespace pulse::llm
