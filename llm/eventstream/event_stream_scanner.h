#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::llm {

/// One message of application/vnd.amazon.eventstream.
struct EventStreamFrame {
    std::string_view raw;      ///< all bytes of the message, as they came
    std::string_view headers;  ///< its header block: EventStreamHeaderReader
    std::string_view payload;
    std::string_view
        message_type;  ///< of `:message-type`: event, exception or error; empty when absent
    /// Of `:event-type`, `:exception-type` or `:error-code`, whichever the message has.
    std::string_view name;
    std::string_view content_type;
    std::string_view error_message;  ///< of `:error-message`
    /// `raw` is a part of a message above the size limit, or of a stream that cannot be read on,
    /// and only `raw` is set.
    bool is_piece = false;
};

/// Cuts a byte stream into messages, split anywhere. Both checksums are checked; from the first
/// that is wrong, and from lengths or headers that cannot be, the stream has no borders any more:
/// is_broken() says so and what follows comes as pieces. Messages that lie whole in the input are
/// views into it; only a split one is copied. How the input is split changes nothing in what comes
/// out, but the number of pieces. Lives on one worker. Source:
/// https://smithy.io/2.0/aws/amazon-eventstream.html, read 2026-11-21.
class EventStreamScanner {
public:
    static constexpr std::size_t kMessageBytesMax = std::size_t{4} << 20;

    explicit EventStreamScanner(std::size_t message_bytes_max = kMessageBytesMax)
        : message_bytes_max_(message_bytes_max) {}

    void reset();

    /// Sets the next bytes; then next() until it says no. The bytes must live as long.
    void feed(std::string_view bytes);

    /// The next finished message, if there is one; its views live until the next next() or feed().
    /// What is unfinished at the end of the input is kept.
    [[nodiscard]] bool next(EventStreamFrame& frame);

    [[nodiscard]] bool is_broken() const { return is_broken_; }

    /// Bytes of an unfinished message carried over. At the end of a stream they are a torn message.
    [[nodiscard]] std::string_view pending() const { return carry_; }

private:
    struct Prelude {
        std::size_t total = 0;
        std::size_t headers = 0;
        bool is_valid = false;
    };
    [[nodiscard]] Prelude read_prelude() const;
    [[nodiscard]] bool keep_rest();
    [[nodiscard]] bool give_pieces(EventStreamFrame& frame, std::size_t bytes_max);
    void give(EventStreamFrame& frame, const Prelude& prelude);

    std::size_t message_bytes_max_;
    std::string carry_;  ///< the unfinished message's bytes of earlier inputs
    std::string whole_;  ///< the message that was carried over and is finished now
    std::string_view rest_;
    std::size_t piece_bytes_left_ = 0;  ///< of a message above the limit
    bool is_broken_ = false;
};

}  // namespace pulse::llm
