#include "bench/loadgen/answer_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace pulse::bench {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr std::size_t kTailBytes = 16;
constexpr std::string_view kDone = "data: [DONE]\n\n";

/// The value of a field in a lower-cased head, empty when absent.
std::string_view field(std::string_view head, std::string_view name) {
    const auto at = head.find(name);
    if (at == std::string_view::npos) {
        return {};
    }
    auto value = head.substr(at + name.size());
    value = value.substr(0, value.find('\r'));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
}

bool parse_number(std::string_view text, int base, std::size_t& out) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return fault == std::errc{} && end != text.data();
}

}  // namespace

void AnswerReader::reset() {
    step_ = Step::head;
    line_.clear();
    tail_.clear();
    left_ = 0;
    body_bytes_ = 0;
    events_ = 0;
    status_ = 0;
    at_line_start_ = false;
}

bool AnswerReader::ended_with_done() const {
    return tail_.ends_with(kDone);
}

AnswerReader::State AnswerReader::feed(std::string_view& bytes) {
    while (!bytes.empty()) {
        if (step_ == Step::head) {
            if (const auto state = read_head(bytes); state != State::more) {
                return state;
            }
        } else if (step_ == Step::length_body || step_ == Step::chunk_data) {
            take_body(bytes);
            if (left_ == 0 && step_ == Step::length_body) {
                return State::done;
            }
            if (left_ == 0) {
                step_ = Step::chunk_end;
            }
        } else if (const auto state = read_line_of_chunking(bytes); state != State::more) {
            return state;
        }
    }
    return State::more;
}

AnswerReader::State AnswerReader::read_head(std::string_view& bytes) {
    const auto before = line_.size();
    line_.append(bytes);
    const auto end = line_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
        bytes = {};
        return line_.size() > kHeadBytesMax ? State::bad : State::more;
    }
    bytes.remove_prefix(end + 4 - before);
    line_.resize(end + 2);
    std::transform(line_.begin(), line_.end(), line_.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    std::size_t status = 0;
    if (!line_.starts_with("http/1.1 ") ||
        !parse_number(std::string_view(line_).substr(9, 3), 10, status)) {
        return State::bad;
    }
    status_ = static_cast<int>(status);
    if (field(line_, "\r\ntransfer-encoding:") == "chunked") {
        step_ = Step::chunk_size;
    } else if (parse_number(field(line_, "\r\ncontent-length:"), 10, left_)) {
        step_ = Step::length_body;
    } else {
        return State::bad;
    }
    line_.clear();
    return step_ == Step::length_body && left_ == 0 ? State::done : State::more;
}

AnswerReader::State AnswerReader::read_line_of_chunking(std::string_view& bytes) {
    const auto end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (end == std::string_view::npos) {
        bytes = {};
        return line_.size() > kHeadBytesMax ? State::bad : State::more;
    }
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) {
        line_.pop_back();
    }
    const auto line = std::exchange(line_, {});
    switch (step_) {
        case Step::chunk_size:
            if (!parse_number(line, 16, left_)) {
                return State::bad;
            }
            step_ = left_ == 0 ? Step::trailer : Step::chunk_data;
            return State::more;
        case Step::chunk_end:
            step_ = Step::chunk_size;
            return line.empty() ? State::more : State::bad;
        default:
            return line.empty() ? State::done : State::more;
    }
}

void AnswerReader::take_body(std::string_view& bytes) {
    const auto part = bytes.substr(0, left_);
    bytes.remove_prefix(part.size());
    left_ -= part.size();
    body_bytes_ += part.size();

    for (std::size_t at = 0; at < part.size();) {
        const auto newline = part.find('\n', at);
        if (newline == std::string_view::npos) {
            at_line_start_ = false;
            break;
        }
        if (newline == at && at_line_start_) {
            ++events_;
        }
        at_line_start_ = true;
        at = newline + 1;
    }

    tail_.append(part.substr(part.size() - std::min(part.size(), kTailBytes)));
    if (tail_.size() > kTailBytes) {
        tail_.erase(0, tail_.size() - kTailBytes);
    }
}

}  // namespace pulse::bench
