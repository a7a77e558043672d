#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::bench {

/// Reads one HTTP/1.1 answer as it arrives: status, length or chunked framing, and the server-sent
/// events in its body. Written apart from net/, so that a fault there cannot hide here. Value; not
/// thread-safe.
class AnswerReader {
public:
    enum class State : std::uint8_t { more, done, bad };

    /// Takes what belongs to the answer off the front of `bytes`.
    [[nodiscard]] State feed(std::string_view& bytes);
    /// Ready for the next answer.
    void reset();

    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }
    /// Blank-line terminated blocks of the body.
    [[nodiscard]] std::size_t events() const { return events_; }
    /// Did the body end with OpenAI's terminator?
    [[nodiscard]] bool ended_with_done() const;

private:
    enum class Step : std::uint8_t {
        head,
        length_body,
        chunk_size,
        chunk_data,
        chunk_end,
        trailer
    };

    [[nodiscard]] State read_head(std::string_view& bytes);
    [[nodiscard]] State read_line_of_chunking(std::string_view& bytes);
    void take_body(std::string_view& bytes);

    Step step_ = Step::head;
    std::string line_;  ///< the unfinished head or chunk-size line
    std::string tail_;  ///< the body's last bytes
    std::size_t left_ = 0;
    std::size_t body_bytes_ = 0;
    std::size_t events_ = 0;
    int status_ = 0;
    bool at_line_start_ = false;
};

}  // namespace pulse::bench
