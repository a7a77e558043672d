#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/exchange.h"

namespace pulse::gateway {

namespace {

[[nodiscard]] bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

/// The answer's, towards the caller.
llm::StreamFraming Exchange::stream_framing() const {
    using llm::StreamFraming;
    const std::string_view type = answer_type_;
    if (net::istarts_with(type, "application/vnd.amazon.eventstream")) {
        return StreamFraming::eventstream;
    }
    if (net::istarts_with(type, "application/x-ndjson") ||
        net::istarts_with(type, "application/stream+json") ||
        net::istarts_with(type, "application/jsonl")) {
        return StreamFraming::ndjson;
    }
    return net::istarts_with(type, "application/json") ? StreamFraming::json_array
                                                       : StreamFraming::sse;
}

void Exchange::begin_stream() {
    using UsageChunk = llm::AnswerMeter::UsageChunk;
    stage_ = call_.caller_gone ? Stage::draining : Stage::streaming;
    is_stream_whole_ = false;
    const bool is_wanted = call_.facts.usage_option == UsageOption::wanted;
    const bool has_cost =
        call_.snapshot.settings().usage_cost &&
        (call_.route.api == Api::chat_completions || call_.route.api == Api::completions);
    const UsageChunk wanted = has_cost ? UsageChunk::show : UsageChunk::show_unchanged;
    const UsageChunk unasked =
        call_.asked_for_usage ? UsageChunk::hide : UsageChunk::show_unchanged;
    call_.facts.stream = true;
    meter_.reset(answer_source(), is_wanted ? wanted : unasked);
    for (const net::Field& field : answer_.fields) {
        meter_.on_field(field.name, field.value);
    }
    begin_cover();
    has_length_out_ = false;
    is_chunked_out_ = connection_.head().minor_version >= 1;
    // The head leaves with the first event: until then a failure can still be an HTTP status.
    out_head_.clear();
    append_status_line(out_head_, answer_.status);
    append_provider_fields(out_head_, {.skip_cache_control = true});
    append_field(out_head_, "cache-control", "no-cache, no-transform");
    append_field(out_head_, "x-accel-buffering", "no");
    append_pulse_fields(out_head_, nullptr);
    if (is_chunked_out_) {
        append_field(out_head_, "transfer-encoding", "chunked");
    }
    append_end_of_head(out_head_);
}

void Exchange::stream_pieces() {
    forwarded_.clear();
    carried_.clear();
    for (const std::string_view piece : pieces_) {
        const std::size_t before = forwarded_.size();
        meter_.feed(piece, forwarded_);
        for (std::size_t i = before; i < forwarded_.size(); ++i) {
            // What lies in the meter is gone with its next bytes.
            if (!lies_in(forwarded_[i], piece)) {
                forwarded_[i] = carried_.emplace_back(forwarded_[i]);
            }
        }
    }
    if (is_body_whole_ && !meter_.is_done()) {
        meter_.feed_end(forwarded_);
    }
    if (cover_.is_watched) {
        check_cover();
    }
    if (call_.content != ContentLogging::none) {
        for (const std::string_view part : forwarded_) {
            keep_content(part);
        }
    }
    // An error that the provider put into its stream has been passed on: nothing is to be added.
    const bool is_whole =
        meter_.is_done() || (is_body_whole_ && (meter_.ended_whole() || meter_.reading().is_error));
    is_stream_whole_ = is_whole;
    if (stage_ == Stage::draining) {
        return is_whole || is_body_whole_ ? end_drain() : read_more();
    }
    if (is_whole) {
        return cover_.is_over ? finish_uncovered() : end_stream();
    }
    if (must_end_uncovered()) {
        return end_uncovered();
    }
    if (is_body_whole_) {
        return break_stream(
            Error(Errc::upstream_bad_answer, "The provider's stream broke off before its end."));
    }
    if (is_head_sent_ || !forwarded_.empty()) {
        return send_pieces({}, false);
    }
    read_more();
}

void Exchange::end_stream() {
    const llm::MeterReading& reading = meter_.reading();
    note_created(reading.response_id);
    const Settled settled = settle(
        reading,
        reading.is_error ? storage::Outcome::provider_error : storage::Outcome::answered,
        answer_.status,
        reading.error_code);
    release_upstream(true);
    tail_.clear();
    meter_.take_end(&settled.cost.total, tail_);
    send_pieces(tail_, true);
}

void Exchange::break_stream(const Error& error) {
    if (cover_.is_watched && cover_.is_over) {
        return finish_uncovered();
    }
    if (!is_head_sent_ && forwarded_.empty() && !meter_.has_held()) {
        return upstream_failed(error);
    }
    release_upstream(false);
    const Dialect dialect = call_.route.dialect;
    settle(
        meter_.reading(),
        storage::Outcome::cut,
        answer_.status,
        llm::error_shape(dialect, error.code()).code);
    tail_.clear();
    meter_.take_broken_end(tail_);
    const bool is_first = !is_head_sent_ && forwarded_.empty() && tail_.empty();
    llm::append_stream_error(dialect, call_.route.api, stream_framing(), error, is_first, tail_);
    if (connection_.is_sending()) {
        // The caller is behind and the error event cannot be queued: an unfinished chunked body
        // says the same.
        end_call();
        return connection_.abort();
    }
    send_pieces(tail_, true);
}

}  // namespace pulse::gateway
