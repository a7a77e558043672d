#include "llm/eventstream/event_stream_scanner.h"

#include "llm/eventstream/detail/big_endian.h"
#include "llm/eventstream/detail/checksum.h"
#include "llm/eventstream/header_reader.h"

#include <algorithm>
#include <array>
#include <limits>

namespace pulse::llm {
namespace {

constexpr std::size_t kPreludeBytes = 12;  // total length, header length, their checksum
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kKeepBytes = std::size_t{64} << 10;

void empty_but_keep_buffer(std::string& text) {
    text.clear();
    if (text.capacity() > kKeepBytes) {
        text.shrink_to_fit();
    }
}

bool read_names(EventStreamFrame& frame) {
    EventStreamHeaderReader reader{frame.headers};
    EventStreamHeader header;
    while (reader.next(header)) {
        if (header.type != EventStreamType::string) {
            continue;
        }
        if (header.name == ":message-type") {
            frame.message_type = header.value;
        } else if (
            header.name == ":event-type" || header.name == ":exception-type" ||
            header.name == ":error-code") {
            frame.name = header.value;
        } else if (header.name == ":content-type") {
            frame.content_type = header.value;
        } else if (header.name == ":error-message") {
            frame.error_message = header.value;
        }
    }
    return reader.is_whole();
}

}  // namespace

void EventStreamScanner::reset() {
    empty_but_keep_buffer(carry_);
    empty_but_keep_buffer(whole_);
    rest_ = {};
    piece_bytes_left_ = 0;
    is_broken_ = false;
}

void EventStreamScanner::feed(std::string_view bytes) {
    rest_ = bytes;
}

bool EventStreamScanner::next(EventStreamFrame& frame) {
    if (is_broken_) {
        return give_pieces(frame, std::numeric_limits<std::size_t>::max());
    }
    if (piece_bytes_left_ > 0) {
        return give_pieces(frame, piece_bytes_left_);
    }
    if (carry_.size() + rest_.size() < kPreludeBytes) {
        return keep_rest();
    }
    const Prelude prelude = read_prelude();
    if (!prelude.is_valid) {
        is_broken_ = true;
        return give_pieces(frame, std::numeric_limits<std::size_t>::max());
    }
    if (prelude.total > message_bytes_max_) {
        piece_bytes_left_ = prelude.total;
        return give_pieces(frame, piece_bytes_left_);
    }
    if (carry_.size() + rest_.size() < prelude.total) {
        return keep_rest();
    }
    give(frame, prelude);
    return true;
}

EventStreamScanner::Prelude EventStreamScanner::read_prelude() const {
    std::array<char, kPreludeBytes> bytes{};
    const std::size_t carried = std::min(carry_.size(), kPreludeBytes);
    std::copy_n(carry_.begin(), carried, bytes.begin());
    std::copy_n(
        rest_.begin(),
        kPreludeBytes - carried,
        bytes.begin() + static_cast<std::ptrdiff_t>(carried));
    const std::string_view view{bytes.data(), bytes.size()};
    Prelude prelude;
    prelude.total = detail::read_u32(view, 0);
    prelude.headers = detail::read_u32(view, 4);
    prelude.is_valid = detail::checksum_of(view.substr(0, 8)) == detail::read_u32(view, 8) &&
                       prelude.total >= kPreludeBytes + kChecksumBytes &&
                       prelude.headers <= prelude.total - kPreludeBytes - kChecksumBytes;
    return prelude;
}

bool EventStreamScanner::keep_rest() {
    carry_.append(rest_);
    rest_ = {};
    return false;
}

bool EventStreamScanner::give_pieces(EventStreamFrame& frame, std::size_t bytes_max) {
    frame = {};
    frame.is_piece = true;
    if (!carry_.empty()) {
        whole_.swap(carry_);
        carry_.clear();
        frame.raw = whole_;  // shorter than the message: nothing whole is ever carried
    } else {
        frame.raw = rest_.substr(0, bytes_max);
        rest_.remove_prefix(frame.raw.size());
    }
    if (piece_bytes_left_ > 0) {
        piece_bytes_left_ -= frame.raw.size();
    }
    return !frame.raw.empty();
}

void EventStreamScanner::give(EventStreamFrame& frame, const Prelude& prelude) {
    frame = {};
    if (carry_.empty()) {
        frame.raw = rest_.substr(0, prelude.total);
        rest_.remove_prefix(prelude.total);
    } else {
        const std::size_t missing = prelude.total - carry_.size();
        carry_.append(rest_.substr(0, missing));
        rest_.remove_prefix(missing);
        whole_.swap(carry_);
        carry_.clear();
        frame.raw = whole_;
    }
    const std::size_t end = prelude.total - kChecksumBytes;
    frame.headers = frame.raw.substr(kPreludeBytes, prelude.headers);
    frame.payload =
        frame.raw.substr(kPreludeBytes + prelude.headers, end - kPreludeBytes - prelude.headers);
    const bool is_intact =
        detail::checksum_of(frame.raw.substr(0, end)) == detail::read_u32(frame.raw, end);
    if (!is_intact || !read_names(frame)) {
        is_broken_ = true;
        frame = {
            .raw = frame.raw,
            .headers = {},
            .payload = {},
            .message_type = {},
            .name = {},
            .content_type = {},
            .error_message = {},
            .is_piece = true};
    }
}

}  // namespace pulse::llm
