#pragma once

#include <cstdint>
#include <string_view>

namespace pulse::llm {

/// The type byte of a header's value.
enum class EventStreamType : std::uint8_t {
    bool_true = 0,
    bool_false = 1,
    int8 = 2,
    int16 = 3,
    int32 = 4,
    int64 = 5,
    bytes = 6,
    string = 7,
    timestamp = 8,  ///< milliseconds since 1970, 8 bytes
    uuid = 9,
};

struct EventStreamHeader {
    std::string_view name;
    EventStreamType type = EventStreamType::string;
    std::string_view
        value;  ///< its bytes without a length, numbers big-endian; none for the two bools
};

/// Walks the header block of one message. Views point into the block. Value; not thread-safe.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (encoding,
/// header types 6 and 7); https://smithy.io/2.0/aws/amazon-eventstream.html (all types), read
/// 2026-11-21.
class EventStreamHeaderReader {
public:
    explicit EventStreamHeaderReader(std::string_view block) : rest_(block) {}

    /// The next header. False at the end of the block and at the first that is malformed.
    [[nodiscard]] bool next(EventStreamHeader& header);
    /// Asked when next() said no: every byte of the block was a header's.
    [[nodiscard]] bool is_whole() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

}  // namespace pulse::llm
