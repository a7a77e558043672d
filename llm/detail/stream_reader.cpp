#include "llm/detail/stream_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"
#include "llm/gemini/answer_reader.h"

#include <utility>

namespace pulse::llm::detail {
namespace {

constexpr int kErrorStatus = 400;
constexpr std::size_t kKeepBytes = std::size_t{64} << 10;

bool is_name(std::string_view name, std::string_view lower_case) {
    if (name.size() != lower_case.size()) {
        return false;
    }
    for (std::size_t at = 0; at < name.size(); ++at) {
        const char character = name[at];
        const bool is_upper = character >= 'A' && character <= 'Z';
        if ((is_upper ? static_cast<char>(character - 'A' + 'a') : character) != lower_case[at]) {
            return false;
        }
    }
    return true;
}

void empty_but_keep_buffer(std::string& text) {
    text.clear();
    if (text.capacity() > kKeepBytes) {
        text.shrink_to_fit();
    }
}

std::string_view padded(std::string& text) {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    return text;
}

void add_calls(const ProviderCalls& calls, Usage& usage) {
    usage.web_search_requests += calls.web_searches;
    usage.file_search_calls += calls.file_searches;
    usage.code_sessions += calls.code_sessions;
    usage.citation_tokens += calls.citation_tokens;
    usage.images += calls.images;
}

}  // namespace

void StreamReader::reset(const AnswerSource& source) {
    asked_ = source;
    // Most answers are of the same kind as the one before: the table is searched for others only.
    const bool depends_on_model = source.api == Api::raw_predict || source.api == Api::invoke;
    if (depends_on_model || source.api != quirks_api_ || source.provider_kind != quirks_kind_) {
        quirks_ = quirks_of(source.provider_kind, source.api, source.model);
        quirks_api_ = depends_on_model ? Api::none : source.api;
        quirks_kind_ = source.provider_kind;
    }
    framing_ = framing_of(source.content_type, source.api, source.is_stream);
    // An error is one text, whatever its type says.
    has_events_ =
        source.status < kErrorStatus && framing_ != Framing::whole && framing_ != Framing::unread;
    has_finish_ = false;
    is_too_long_ = false;
    if (has_events_) {
        source_.reset(framing_);
    }
    repeated_.forget();
    bedrock_head_.reset();
    inflater_.reset();
    empty_but_keep_buffer(inflated_);
    empty_but_keep_buffer(body_);
    reading_ = {};
    reading_.is_billed = quirks_.is_billed;
    has_usage_ = false;
}

void StreamReader::on_field(std::string_view name, std::string_view value) {
    if (is_name(name, "content-encoding")) {
        if (const auto coding = parse_content_coding(value)) {
            inflater_.emplace(*coding);
        }
    }
    switch (quirks_.head) {
        case HeadFormat::none:
            break;
        case HeadFormat::gemini:
            read_gemini_head_field(name, value, reading_);
            break;
        case HeadFormat::bedrock:
            if (!bedrock_head_) {
                bedrock_head_.emplace();
            }
            bedrock_head_->on_field(name, value);
            break;
    }
}

bool StreamReader::read(const FramedEvent& event, EventFacts& facts) {
    if (event.frame != nullptr && read_bedrock_exception(*event.frame, reading_, facts)) {
        return true;
    }
    if (quirks_.reader == nullptr) {
        return true;
    }
    std::string_view text;
    if (event.name.empty() && repeated_.matches(event.data, text)) {
        take_repeated(text, facts);
        return true;
    }
    const WireEvent wire{
        .raw = event.raw, .name = event.name, .data = padded_copy(event.data), .is_stream = true};
    const bool is_readable = quirks_.reader(wire, reading_, facts);
    if (is_readable && event.name.empty()) {
        repeated_.learn(event.data, facts);
    } else {
        repeated_.forget();
    }
    reading_.is_readable = reading_.is_readable && is_readable;
    reading_.has_terminator = reading_.has_terminator || facts.is_terminator;
    has_finish_ = has_finish_ || facts.has_finish;
    return is_readable;
}

void StreamReader::take_repeated(std::string_view text, EventFacts& facts) {
    facts.text_bytes = static_cast<std::int64_t>(unescaped_size(text));
    reading_.delivered_text_bytes += facts.text_bytes;
    if (facts.keeps_text && reading_.delivered_text.size() + text.size() <= kDeliveredTextMax) {
        reading_.delivered_text.append(text);
    }
}

bool StreamReader::is_torn(const FramedEvent& event) const {
    if (!event.has_data) {
        return framing_ == Framing::sse;  // the begin of a line, or a comment's
    }
    if (quirks_.reader == nullptr) {
        return false;
    }
    MeterReading reading;
    EventFacts facts;
    const WireEvent wire{
        .raw = event.raw, .name = event.name, .data = padded_copy(event.data), .is_stream = true};
    return !quirks_.reader(wire, reading, facts);
}

void StreamReader::feed_unframed(std::string_view bytes) {
    if (framing_ == Framing::unread && asked_.status < kErrorStatus) {
        return;
    }
    if (!inflater_) {
        keep(bytes);
        return;
    }
    inflated_.clear();
    if (!inflater_->feed(bytes, inflated_)) {
        reading_.is_readable = false;
    }
    if (has_events_) {
        read_events(inflated_);
    } else {
        keep(inflated_);
    }
}

void StreamReader::keep(std::string_view text) {
    is_too_long_ = is_too_long_ || body_.size() + text.size() > kWholeBytesMax;
    if (is_too_long_) {
        reading_.is_readable = false;
        empty_but_keep_buffer(body_);
    } else {
        body_.append(text);
    }
}

void StreamReader::read_events(std::string_view text) {
    source_.feed(text);
    FramedEvent event;
    while (source_.next(event)) {
        read_unless_terminator(event);
    }
}

void StreamReader::read_unless_terminator(const FramedEvent& event) {
    if (event.is_piece) {
        reading_.is_readable = false;
    } else if (event.data.starts_with("[DONE]")) {
        reading_.has_terminator = true;
    } else if (event.data.find_first_not_of(" \t\n") != std::string_view::npos) {
        EventFacts facts;
        facts.keeps_text = true;
        // The reading itself says whether it could be read.
        static_cast<void>(read(event, facts));
    }
}

void StreamReader::read_last_event() {
    FramedEvent event;
    if (source_.finish(event) && !is_torn(event)) {
        read_unless_terminator(event);
    }
}

void StreamReader::finish() {
    if (has_events_) {
        if (inflater_) {
            read_last_event();
        }
        reading_.is_readable = reading_.is_readable && !source_.is_broken();
        complete_with_head();
    } else if (!is_too_long_) {
        const bool is_stream = asked_.is_stream;
        read_whole(padded(body_), is_stream);
    }
}

void StreamReader::read_whole(std::string_view body, bool keeps_text) {
    if (inflater_ && body.data() != body_.data()) {
        feed_unframed(body);
        finish();
        return;
    }
    if (has_events_) {
        read_events(body);
        read_last_event();
        reading_.is_readable = reading_.is_readable && !source_.is_broken();
    } else if (asked_.status >= kErrorStatus) {
        read_error(body);
    } else if (quirks_.reader != nullptr && framing_ != Framing::unread) {
        EventFacts facts;
        facts.keeps_text = keeps_text;
        const WireEvent wire{.raw = body, .name = {}, .data = body};
        const bool is_readable = quirks_.reader(wire, reading_, facts);
        reading_.is_readable = reading_.is_readable && is_readable;
        has_finish_ = facts.has_finish;
    }
    complete_with_head();
}

void StreamReader::complete_with_head() {
    if (bedrock_head_) {
        bedrock_head_->complete(reading_);
    }
}

void StreamReader::read_error(std::string_view body) {
    EventFacts facts;
    set_error(read_error_body(body), reading_, facts);
    // A body that is not the stream its type says has no format of its own: it is the message.
    if (framing_ == Framing::sse) {
        reading_.error = {};
        reading_.error.message = message_of_text(body);
    }
}

bool StreamReader::ended_whole() const {
    if (reading_.has_terminator || quirks_.reader == nullptr || quirks_.end == StreamEnd::close) {
        return true;
    }
    switch (quirks_.end) {
        case StreamEnd::event:
            return !has_events_;
        // Any server may speak OpenAI's dialect, and some close behind the finish: the answer is
        // there.
        case StreamEnd::done_marker:
        case StreamEnd::close:
        case StreamEnd::finish:
        case StreamEnd::last_event:
            return !has_events_ || has_finish_ ||
                   (reading_.usage_present && !quirks_.usage_in_every_event);
    }
    return false;
}

const MeterReading& StreamReader::reading() const {
    if (!has_usage_ || !(billed_ == reading_.stated) || !(billed_calls_ == reading_.calls)) {
        make_usage();
    }
    return reading_;
}

MeterReading StreamReader::take_reading() && {
    static_cast<void>(reading());
    return std::move(reading_);
}

void StreamReader::make_usage() const {
    const BillableUsage billable = billable_usage(reading_.stated, quirks_.rules);
    reading_.usage = billable.usage;
    add_calls(reading_.calls, reading_.usage);
    reading_.inconsistent = billable.is_inconsistent;
    reading_.billable_is_known = billable.is_known && reading_.usage_present;
    for (ExtraUsage& extra : reading_.extras) {
        const BillableUsage beside = billable_usage(extra.stated, quirks_.rules);
        extra.usage = beside.usage;
        reading_.inconsistent = reading_.inconsistent || beside.is_inconsistent;
    }
    billed_ = reading_.stated;
    billed_calls_ = reading_.calls;
    has_usage_ = true;
}

}  // namespace pulse::llm::detail
