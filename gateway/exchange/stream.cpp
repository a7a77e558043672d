#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/exchange.h"
#include "llm/openai/error_body.h"

namespace pulse::gateway {

namespace {

[[nodiscard]] bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

void Exchange::begin_stream() {
    using UsageChunk = llm::OpenAiStreamMeter::UsageChunk;
    stage_ = call_.caller_gone ? Stage::draining : Stage::streaming;
    const bool is_wanted = call_.facts.usage_option == UsageOption::wanted;
    const UsageChunk shown =
        call_.snapshot.settings().usage_cost ? UsageChunk::show : UsageChunk::show_unchanged;
    meter_.reset(is_wanted || !call_.asked_for_usage ? shown : UsageChunk::hide);
    has_length_out_ = false;
    is_chunked_out_ = connection_.head().minor_version >= 1;
    // The head leaves with the first event: until then a failure can still be an HTTP status.
    out_head_.clear();
    append_status_line(out_head_, answer_.status);
    CallerFields options{.skip_cache_control = true};
    append_caller_fields(out_head_, answer_.fields, options);
    if (!options.has_request_id) {
        append_field(out_head_, "x-request-id", call_.id);
    }
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
    const bool is_whole = meter_.is_done() || (is_body_whole_ && !meter_.reading().finish_reason.empty());
    if (stage_ == Stage::draining) {
        return is_whole || is_body_whole_ ? end_drain() : read_more();
    }
    if (is_whole) {
        return end_stream();
    }
    if (is_body_whole_) {
        return break_stream(Error(Errc::upstream_bad_answer, "The provider's stream broke off before its end."));
    }
    if (is_head_sent_ || !forwarded_.empty()) {
        return send_pieces({}, false);
    }
    read_more();
}

void Exchange::end_stream() {
    const llm::MeterReading& reading = meter_.reading();
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
    if (!is_head_sent_ && forwarded_.empty() && !meter_.has_held()) {
        return upstream_failed(error);
    }
    release_upstream(false);
    const llm::OpenAiErrorShape shape = llm::openai_error_shape(error.code());
    settle(meter_.reading(), storage::Outcome::cut, answer_.status, shape.code);
    tail_.clear();
    meter_.take_broken_end(tail_);
    llm::append_openai_stream_error(error.detail(), shape.type, shape.code, tail_);
    if (connection_.is_sending()) {
        // The caller is behind and the error event cannot be queued: an unfinished chunked body says the same.
        end_call();
        return connection_.abort();
    }
    send_pieces(tail_, true);
}

}  // namespace pulse::gateway
