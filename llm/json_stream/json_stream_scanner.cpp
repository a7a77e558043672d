#include "llm/json_stream/json_stream_scanner.h"

#include <algorithm>

namespace pulse::llm {
namespace {

constexpr std::size_t kKeepBytes = std::size_t{64} << 10;
constexpr std::string_view kWhiteSpace = " \t\r\n";

void empty_but_keep_buffer(std::string& text) {
    text.clear();
    if (text.capacity() > kKeepBytes) {
        text.shrink_to_fit();
    }
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(kWhiteSpace), text.size());
    text.remove_prefix(begin);
    text.remove_suffix(text.size() - (text.find_last_not_of(kWhiteSpace) + 1));
    return text;
}

}  // namespace

void JsonStreamScanner::reset(Framing framing) {
    empty_but_keep_buffer(carry_);
    empty_but_keep_buffer(whole_);
    feed({});
    framing_ = framing;
    event_bytes_ = 0;
    depth_ = 0;
    base_depth_ = 0;
    value_begin_ = 0;
    in_value_ = false;
    in_string_ = false;
    is_escaped_ = false;
    ended_now_ = false;
    has_ended_ = false;
    in_piece_ = false;
}

void JsonStreamScanner::feed(std::string_view bytes) {
    input_ = bytes;
    position_ = 0;
    event_begin_ = 0;
}

bool JsonStreamScanner::next(JsonEvent& event) {
    const bool is_finished = framing_ == Framing::lines ? find_line_end() : find_value_end();
    if (!is_finished) {
        return keep_rest(event);
    }
    give(event);
    return true;
}

bool JsonStreamScanner::find_line_end() {
    const std::size_t end = input_.find('\n', position_);
    const bool is_found = end != std::string_view::npos;
    position_ = is_found ? end + 1 : input_.size();
    return is_found;
}

/// Moves behind the next element, or behind the array with the white space that follows it.
bool JsonStreamScanner::find_value_end() {
    while (position_ < input_.size()) {
        if (in_string_) {
            skip_string();
            continue;
        }
        const char character = input_[position_++];
        if (character == '"') {
            in_string_ = true;
        } else if (character == '{' || character == '[') {
            if (character == '[' && depth_ == 0 && !has_ended_) {
                base_depth_ = 1;
            } else if (depth_ == base_depth_ && !has_ended_) {
                in_value_ = true;
                value_begin_ = event_bytes_ + position_ - 1 - event_begin_;
            }
            ++depth_;
        } else if ((character == '}' || character == ']') && close_bracket()) {
            return true;
        }
    }
    return false;
}

void JsonStreamScanner::skip_string() {
    while (position_ < input_.size()) {
        const char character = input_[position_++];
        if (is_escaped_) {
            is_escaped_ = false;
        } else if (character == '\\') {
            is_escaped_ = true;
        } else if (character == '"') {
            in_string_ = false;
            return;
        }
    }
}

/// Says whether an event ends with the bracket before position_.
bool JsonStreamScanner::close_bracket() {
    if (depth_ == 0) {
        return false;  // garbage, for whoever reads it
    }
    --depth_;
    if (depth_ >= base_depth_) {
        return depth_ == base_depth_;
    }
    base_depth_ = 0;
    has_ended_ = true;
    ended_now_ = true;
    position_ = std::min(input_.find_first_not_of(kWhiteSpace, position_), input_.size());
    return true;
}

void JsonStreamScanner::give(JsonEvent& event) {
    const std::string_view rest = input_.substr(event_begin_, position_ - event_begin_);
    event = {};
    if (carry_.empty()) {
        event.raw = rest;
    } else {
        carry_.append(rest);
        whole_.swap(carry_);
        carry_.clear();
        event.raw = whole_;
    }
    if (in_piece_ || event.raw.size() > event_bytes_max_) {
        event.is_piece = true;
    } else if (framing_ == Framing::lines) {
        event.data = trimmed(event.raw);
    } else if (in_value_) {
        event.data = event.raw.substr(value_begin_);
    }
    event.has_data = !event.data.empty();
    event.is_end = ended_now_;
    event_begin_ = position_;
    event_bytes_ = 0;
    in_value_ = false;
    ended_now_ = false;
    in_piece_ = false;
}

/// Carries the unfinished event over; one above the limit is given away as a piece.
bool JsonStreamScanner::keep_rest(JsonEvent& event) {
    const std::string_view rest = input_.substr(event_begin_);
    event_begin_ = input_.size();
    event_bytes_ += rest.size();
    event = {};
    event.is_piece = true;
    if (in_piece_) {
        event.raw = rest;
        return !rest.empty();
    }
    carry_.append(rest);
    if (carry_.size() <= event_bytes_max_) {
        return false;
    }
    whole_.swap(carry_);
    carry_.clear();
    in_piece_ = true;
    event.raw = whole_;
    return true;
}

bool JsonStreamScanner::finish(JsonEvent& event) {
    const bool is_torn = framing_ == Framing::array && (in_value_ || in_string_);
    if (carry_.empty() || in_piece_ || is_torn) {
        return false;
    }
    feed({});
    give(event);
    return true;
}

}  // namespace pulse::llm
