#include "llm/openai/stream_meter.h"

#include "llm/detail/json_document.h"
#include "llm/openai/detail/chunk_reader.h"

namespace pulse::llm {
namespace {

constexpr std::string_view kTerminator = "[DONE]";
constexpr std::size_t kKeepBytes = std::size_t{64} << 10;

bool has_payload(const SseEvent& event) {
    return event.data.find_first_not_of(" \t\n") != std::string_view::npos;
}

bool is_terminator(std::string_view data) {
    return data.starts_with(kTerminator) &&
           data.find_first_not_of(" \t", kTerminator.size()) == std::string_view::npos;
}

/// Behind the last blank line of a stream that closed: not the whole of a chunk.
bool is_torn(const SseEvent& event) {
    MeterReading reading;
    detail::ChunkFacts chunk;
    return event.has_data && !is_terminator(event.data) &&
           !detail::read_chunk(
               Api::chat_completions, detail::padded_copy(event.data), reading, chunk);
}

void append_part(std::string_view part, std::size_t first, std::vector<std::string_view>& parts) {
    if (part.empty()) {
        return;
    }
    // Neighbouring events leave as one part: one entry of the gathering write instead of one per
    // event.
    if (parts.size() > first && parts.back().data() + parts.back().size() == part.data()) {
        parts.back() = {parts.back().data(), parts.back().size() + part.size()};
    } else {
        parts.push_back(part);
    }
}

void empty_but_keep_buffer(std::string& text) {
    text.clear();
    if (text.capacity() > kKeepBytes) {
        text.shrink_to_fit();
    }
}

}  // namespace

void OpenAiStreamMeter::reset(UsageChunk usage_chunk) {
    usage_chunk_ = usage_chunk;
    scanner_.reset();
    reading_ = {};
    empty_but_keep_buffer(held_);
    empty_but_keep_buffer(passed_);
    held_now_.clear();
    held_size_ = 0;
    terminator_size_ = 0;
    cost_place_.reset();
    done_ = false;
}

void OpenAiStreamMeter::feed(std::string_view bytes, std::vector<std::string_view>& out) {
    passed_.clear();
    first_part_ = out.size();
    if (done_) {
        return;
    }
    scanner_.feed(bytes);
    SseEvent event;
    while (!done_ && scanner_.next(event)) {
        on_event(event, out);
    }
    keep_held();
}

void OpenAiStreamMeter::feed_end(std::vector<std::string_view>& out) {
    passed_.clear();
    first_part_ = out.size();
    SseEvent event;
    if (done_ || !scanner_.finish(event)) {
        return;
    }
    if (!is_torn(event)) {
        on_event(event, out);
    }
    keep_held();
}

void OpenAiStreamMeter::on_event(const SseEvent& event, std::vector<std::string_view>& out) {
    if (event.is_piece) {
        reading_.is_readable = false;
        pass_held(out);
        pass(event.raw, out);
    } else if (has_payload(event)) {
        on_data(event, out);
    } else if (is_holding() && held_size_ < kHeldBytesMax) {
        hold(event.raw);
    } else {
        pass_held(out);
        pass(event.raw, out);
    }
}

void OpenAiStreamMeter::on_data(const SseEvent& event, std::vector<std::string_view>& out) {
    if (is_terminator(event.data)) {
        done_ = true;
        terminator_size_ = event.raw.size();
        hold(event.raw);
        return;
    }
    detail::ChunkFacts chunk;
    chunk.has_error = event.name == "error";
    chunk.keeps_text = true;
    const bool is_chunk =
        detail::read_chunk(Api::chat_completions, detail::padded_copy(event.data), reading_, chunk);
    reading_.is_readable = reading_.is_readable && is_chunk;
    const bool has_usage = chunk.has_usage && is_chunk && !chunk.has_error;
    if (has_usage && chunk.choices_are_empty && usage_chunk_ == UsageChunk::hide) {
        return;
    }
    const bool is_end = chunk.has_finish || (has_usage && chunk.text_bytes == 0);
    const bool is_filler = is_holding() && chunk.text_bytes == 0 && held_size_ < kHeldBytesMax;
    if (!is_chunk || chunk.has_error || !(is_end || is_filler)) {
        pass_held(out);
        pass(event.raw, out);
        return;
    }
    // `data` is a part of `raw` unless it came on several lines.
    const bool is_one_line = event.data.data() >= event.raw.data() &&
                             event.data.data() < event.raw.data() + event.raw.size();
    if (has_usage) {
        cost_place_.reset();
    }
    if (has_usage && is_one_line && !chunk.usage_has_cost) {
        const auto data_offset = static_cast<std::size_t>(event.data.data() - event.raw.data());
        cost_place_ = {held_size_ + data_offset + chunk.usage_close, chunk.usage_is_empty};
    }
    hold(event.raw);
}

void OpenAiStreamMeter::pass(std::string_view raw, std::vector<std::string_view>& out) {
    append_part(raw, first_part_, out);
}

void OpenAiStreamMeter::hold(std::string_view raw) {
    append_part(raw, 0, held_now_);
    held_size_ += raw.size();
}

/// Lets what is held go in front of content that came behind it.
void OpenAiStreamMeter::pass_held(std::vector<std::string_view>& out) {
    if (!is_holding()) {
        return;
    }
    if (!held_.empty()) {
        passed_.swap(held_);
        held_.clear();
        pass(passed_, out);
    }
    for (const std::string_view part : held_now_) {
        pass(part, out);
    }
    held_now_.clear();
    held_size_ = 0;
    cost_place_.reset();
}

void OpenAiStreamMeter::keep_held() {
    for (const std::string_view part : held_now_) {
        held_.append(part);
    }
    held_now_.clear();
}

void OpenAiStreamMeter::take_end(const Money* cost, std::string& out) {
    const std::string_view held = held_;
    if (cost != nullptr && cost_place_ && usage_chunk_ == UsageChunk::show) {
        out.append(held.substr(0, cost_place_->offset));
        out.append(cost_place_->is_first_field ? R"("cost":)" : R"(,"cost":)");
        cost->append_to(out);
        out.append(held.substr(cost_place_->offset));
    } else {
        out.append(held);
    }
    forget_held();
}

void OpenAiStreamMeter::take_broken_end(std::string& out) {
    out.append(std::string_view{held_}.substr(0, held_.size() - terminator_size_));
    forget_held();
}

void OpenAiStreamMeter::forget_held() {
    held_.clear();
    held_size_ = 0;
    terminator_size_ = 0;
    cost_place_.reset();
}

}  // namespace pulse::llm
