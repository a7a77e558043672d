#include "llm/sse/sse_scanner.h"

#include <algorithm>

namespace pulse::llm {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kKeepBytes = std::size_t{64} << 10;

void empty_but_keep_buffer(std::string& text) {
    text.clear();
    if (text.capacity() > kKeepBytes) {
        text.shrink_to_fit();
    }
}

/// The value behind the colon: one space in front of it does not belong to it.
std::string_view field_value(std::string_view line, std::size_t colon) {
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    return value;
}

}  // namespace

void SseScanner::reset() {
    empty_but_keep_buffer(carry_);
    empty_but_keep_buffer(whole_);
    empty_but_keep_buffer(joined_data_);
    feed({});
    lines_ = 0;
    first_line_size_ = 0;
    line_has_bytes_ = false;
    ended_blank_line_ = false;
    at_carriage_return_ = false;
    last_line_ended_by_cr_ = false;
    is_first_event_ = true;
    in_piece_ = false;
}

void SseScanner::feed(std::string_view bytes) {
    input_ = bytes;
    position_ = 0;
    event_begin_ = 0;
    next_lf_ = std::min(bytes.find('\n'), bytes.size());
    next_cr_ = std::min(bytes.find('\r'), bytes.size());
}

// Each byte of the input is searched once for LF and once for CR, whichever of them the stream
// uses.
std::size_t SseScanner::find_line_end() {
    if (next_lf_ < position_) {
        next_lf_ = std::min(input_.find('\n', position_), input_.size());
    }
    if (next_cr_ < position_) {
        next_cr_ = std::min(input_.find('\r', position_), input_.size());
    }
    return std::min(next_lf_, next_cr_);
}

bool SseScanner::next(SseEvent& event) {
    while (position_ < input_.size()) {
        bool is_finished = false;
        if (at_carriage_return_) {
            is_finished = end_carriage_return();
        } else {
            const std::size_t end = find_line_end();
            line_has_bytes_ = line_has_bytes_ || end > position_;
            position_ = end;
            if (end == input_.size()) {
                break;
            }
            is_finished = end_line_at(end);
        }
        if (is_finished) {
            give(event);
            return true;
        }
    }
    return keep_rest(event);
}

/// Takes the line end at `end` and says whether the event ended with it.
bool SseScanner::end_line_at(std::size_t end) {
    const bool is_blank = !line_has_bytes_;
    if (lines_ == 0) {
        first_line_size_ = carry_.size() + (end - event_begin_);
    }
    ++lines_;
    line_has_bytes_ = false;
    position_ = end + 1;
    if (input_[end] == '\n') {
        last_line_ended_by_cr_ = false;
        return is_blank;
    }
    // A stream that ends its lines with CR alone would otherwise wait for the next event's first
    // byte.
    if (is_blank && last_line_ended_by_cr_) {
        return true;
    }
    at_carriage_return_ = true;
    ended_blank_line_ = is_blank;
    return false;
}

bool SseScanner::end_carriage_return() {
    at_carriage_return_ = false;
    last_line_ended_by_cr_ = input_[position_] != '\n';
    if (!last_line_ended_by_cr_) {
        ++position_;
    }
    return ended_blank_line_;
}

void SseScanner::give(SseEvent& event) {
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
        in_piece_ = false;
    } else {
        read_fields(event);
    }
    event_begin_ = position_;
    lines_ = 0;
    first_line_size_ = 0;
    ended_blank_line_ = false;
    is_first_event_ = false;
}

/// Carries the unfinished event over; one above the limit is given away as a piece.
bool SseScanner::keep_rest(SseEvent& event) {
    const std::string_view rest = input_.substr(event_begin_);
    event_begin_ = input_.size();
    if (in_piece_) {
        event = {.raw = rest, .data = {}, .name = {}, .has_data = false, .is_piece = true};
        return !rest.empty();
    }
    carry_.append(rest);
    if (carry_.size() <= event_bytes_max_) {
        return false;
    }
    whole_.swap(carry_);
    carry_.clear();
    in_piece_ = true;
    event = {.raw = whole_, .data = {}, .name = {}, .has_data = false, .is_piece = true};
    return true;
}

bool SseScanner::finish(SseEvent& event) {
    if (carry_.empty() || in_piece_) {
        return false;
    }
    const bool line_is_open = at_carriage_return_ ? !ended_blank_line_ : line_has_bytes_;
    input_ = line_is_open ? std::string_view{"\n\n"} : std::string_view{"\n"};
    position_ = input_.size();
    event_begin_ = 0;
    lines_ += position_;
    if (first_line_size_ == 0) {
        first_line_size_ = carry_.size();
    }
    give(event);
    feed({});
    line_has_bytes_ = false;
    at_carriage_return_ = false;
    return true;
}

void SseScanner::read_fields(SseEvent& event) {
    std::string_view text = event.raw;
    std::size_t first_line_size = first_line_size_;
    if (is_first_event_ && text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
        first_line_size -= std::min(first_line_size, kByteOrderMark.size());
    }
    // Nearly every event is one `data:` line and the blank one.
    if (lines_ == 2 && text.starts_with("data:")) {
        event.data = field_value(text.substr(0, first_line_size), 4);
        event.has_data = true;
        return;
    }
    while (!text.empty()) {
        const std::size_t end = std::min({text.find('\n'), text.find('\r'), text.size()});
        read_line(text.substr(0, end), event);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void SseScanner::read_line(std::string_view line, SseEvent& event) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    const std::string_view value =
        colon == line.size() ? std::string_view{} : field_value(line, colon);
    if (name == "event") {
        event.name = value;
    } else if (name == "data" && !event.has_data) {
        event.data = value;
        event.has_data = true;
    } else if (name == "data") {
        if (event.data.data() != joined_data_.data()) {
            joined_data_.assign(event.data);
        }
        joined_data_ += '\n';
        joined_data_ += value;
        event.data = joined_data_;
    }
}

}  // namespace pulse::llm
