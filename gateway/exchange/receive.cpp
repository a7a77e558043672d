#include <algorithm>
#include <array>

#include "gateway/exchange/exchange.h"

namespace pulse::gateway {

namespace {

constexpr std::size_t kAnswerHeadBytesMax = std::size_t{64} * 1024;
constexpr std::size_t kBodyRoomMin = std::size_t{4} * 1024;

/// Is the answer one that is relayed as it comes and read along? Servers that forget the type of their stream exist; one
/// that says JSON means it, but for Gemini's, which streams an array unless it is asked for events.
[[nodiscard]] bool is_stream(std::string_view type, bool was_asked_for, bool is_array_stream) {
    static constexpr std::array<std::string_view, 5> kTypes{
        "text/event-stream",
        "application/vnd.amazon.eventstream",
        "application/x-ndjson",
        "application/stream+json",
        "application/jsonl"};
    const bool is_streamed_type = std::any_of(kTypes.begin(), kTypes.end(), [type](std::string_view known) {
        return net::istarts_with(type, known);
    });
    return is_streamed_type ||
           (was_asked_for && (type.empty() || (is_array_stream && net::istarts_with(type, "application/json"))));
}

}  // namespace

void Exchange::arm_deadline(std::chrono::milliseconds limit) {
    if (call_.caller_gone || cover_.is_over) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            drain_until_ - worker_.clock.steady_now());
        limit = std::clamp(left, std::chrono::milliseconds{0}, limit);
    }
    deadline_.arm(limit);
}

void Exchange::on_deadline() {
    const bool is_late = call_.caller_gone;
    const Error error(Errc::upstream_timeout, "The provider did not answer in time.");
    switch (stage_) {
        case Stage::sending:
        case Stage::awaiting:
        case Stage::buffering:
            worker_.metrics.attempts(call_.target.provider->name, "timeout").add();
            if (is_late) {
                return end_drain();
            }
            return upstream_failed(error);
        case Stage::relaying:
            worker_.metrics.attempts(call_.target.provider->name, "timeout").add();
            abandon(storage::Outcome::cut);
            return connection_.abort();
        case Stage::streaming:
            worker_.metrics.attempts(call_.target.provider->name, "timeout").add();
            return break_stream(error);
        case Stage::draining:
            return end_drain();
        case Stage::connecting:
            worker_.metrics.attempts(call_.target.provider->name, "unreachable").add();
            return upstream_failed(
                Error(Errc::upstream_timeout, "No connection to the provider became free in time."));
        case Stage::realtime:
            return on_realtime_deadline();
        case Stage::ending:
            abandon(storage::Outcome::answered);
            return connection_.abort();
        case Stage::idle:
        case Stage::received:
        case Stage::admitting:
            return;
    }
}

void Exchange::read_more() {
    const std::size_t room = in_.size() - net::ServerConnection::kBodyPadding - filled_;
    upstream_->stream.async_read({in_.data() + filled_, room}, *this);
}

void Exchange::on_read(net::StreamStatus status, std::size_t bytes) {
    if (status != net::StreamStatus::ok) {
        return on_body_end(status);
    }
    call_.last_byte_at = worker_.clock.steady_now();
    if (stage_ == Stage::awaiting) {
        filled_ += bytes;
        return on_head_bytes();
    }
    const UpstreamTimeouts& timeouts = call_.snapshot.settings().timeouts;
    if (call_.last_byte_at - call_.sent_at > timeouts.total) {
        return on_deadline();
    }
    arm_deadline(timeouts.idle);
    on_bytes({in_.data() + filled_, bytes});
}

void Exchange::on_head_bytes() {
    std::size_t scanned = 0;
    const auto size = net::find_head_end({in_.data(), filled_}, scanned);
    const Error bad(Errc::upstream_bad_answer, "The provider's answer is not HTTP as it should be.");
    if (!size) {
        if (filled_ >= kAnswerHeadBytesMax) {
            return upstream_failed(bad);
        }
        if (filled_ == in_.size() - net::ServerConnection::kBodyPadding) {
            in_.resize(in_.size() * 2);
        }
        return read_more();
    }
    if (in_.size() - net::ServerConnection::kBodyPadding - *size < kBodyRoomMin) {
        in_.resize(in_.size() + 2 * kBodyRoomMin);  // the body is read behind the head; before the head's views are made
    }
    const auto parsed = net::parse_response_head({in_.data(), *size}, connection_.head().method, answer_);
    if (!parsed) {
        return upstream_failed(bad);
    }
    const bool is_realtime = call_.route.operation == Operation::realtime;
    if (is_realtime && (answer_.status == 101 || (answer_.status >= 200 && answer_.status < 400))) {
        call_.first_byte_at = call_.last_byte_at;
        call_.provider_status = answer_.status;
        return begin_realtime();
    }
    if (answer_.status >= 100 && answer_.status < 200) {
        std::copy(in_.begin() + static_cast<std::ptrdiff_t>(*size),
                  in_.begin() + static_cast<std::ptrdiff_t>(filled_), in_.begin());
        filled_ -= *size;
        return filled_ > 0 ? on_head_bytes() : read_more();
    }
    call_.first_byte_at = call_.last_byte_at;
    call_.provider_status = answer_.status;
    on_answer_head();
}

void Exchange::on_answer_head() {
    body_left_ = answer_.content_length;
    is_body_whole_ = answer_.framing == net::BodyFraming::none ||
                     (answer_.framing == net::BodyFraming::length && body_left_ == 0);
    has_excess_ = false;
    is_body_bad_ = false;
    is_in_place_ = false;
    is_metered_ = true;
    answer_body_.clear();
    decoder_.reset();
    worker_.metrics.attempts(call_.target.provider->name, answer_.status < 400 ? "answered" : "error").add();
    if (call_.drops_usage_option && answer_.status < 300) {
        worker_.usage_option_refusers.insert(call_.target.provider->pool_key);
    }
    const std::string_view rest{in_.data() + answer_.size, filled_ - answer_.size};
    // What follows is read into the buffer behind the head: the head's fields are needed until the answer's own is built.
    const std::size_t room = in_.size() - net::ServerConnection::kBodyPadding - answer_.size;
    const bool is_array_stream = call_.route.path_streams && call_.route.dialect == Dialect::gemini;
    answer_type_ = answer_.fields.value("content-type");
    if (answer_.status < 300 && is_stream(answer_type_, call_.facts.stream, is_array_stream)) {
        begin_stream();
        filled_ = answer_.size;
        return rest.empty() && !is_body_whole_ ? read_more() : on_bytes(rest);
    }
    stage_ = Stage::buffering;
    is_in_place_ = answer_.framing == net::BodyFraming::length && answer_.content_length <= room;
    if (is_in_place_) {
        if (rest.size() >= answer_.content_length) {
            has_excess_ = rest.size() > answer_.content_length;
            is_body_whole_ = true;
            return on_buffered_whole(rest.substr(0, answer_.content_length));
        }
        return read_more();
    }
    if (answer_.framing == net::BodyFraming::none) {
        return on_buffered_whole({});
    }
    filled_ = answer_.size;
    return rest.empty() ? read_more() : on_bytes(rest);
}

/// Takes the body's framing off `bytes`: the data goes to pieces_.
void Exchange::take_framed(std::string_view bytes) {
    pieces_.clear();
    switch (answer_.framing) {
        case net::BodyFraming::chunked: {
            std::size_t consumed = 0;
            const auto state = decoder_.feed(bytes, pieces_, consumed);
            is_body_whole_ = state == net::ChunkedDecoder::State::done;
            is_body_bad_ = state == net::ChunkedDecoder::State::bad;
            has_excess_ = is_body_whole_ && consumed < bytes.size();
            return;
        }
        case net::BodyFraming::length:
            has_excess_ = bytes.size() > body_left_;
            pieces_.push_back(bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body_left_))));
            body_left_ -= pieces_.back().size();
            is_body_whole_ = body_left_ == 0;
            return;
        case net::BodyFraming::until_close:
            pieces_.push_back(bytes);
            return;
        case net::BodyFraming::none:
            is_body_whole_ = true;
            has_excess_ = !bytes.empty();
            return;
    }
}

void Exchange::on_bytes(std::string_view bytes) {
    if (is_in_place_) {
        filled_ += bytes.size();
        const std::size_t have = filled_ - answer_.size;
        if (have < answer_.content_length) {
            return read_more();
        }
        has_excess_ = have > answer_.content_length;
        is_body_whole_ = true;
        return on_buffered_whole({in_.data() + answer_.size, answer_.content_length});
    }
    take_framed(bytes);
    if (is_body_bad_) {
        return on_body_end(net::StreamStatus::error);
    }
    switch (stage_) {
        case Stage::buffering:
            return buffer_pieces();
        case Stage::relaying:
            return relay_pieces();
        case Stage::streaming:
        case Stage::draining:
            return stream_pieces();
        default:
            return;
    }
}

void Exchange::on_body_end(net::StreamStatus status) {
    deadline_.cancel();
    const bool is_clean_end = status == net::StreamStatus::end && answer_.framing == net::BodyFraming::until_close;
    switch (stage_) {
        case Stage::awaiting: {
            // The segment that ends a connection in order acknowledges all that its sender had received: an end without an
            // acknowledgement of this request was sent before the request came. A reset proves nothing.
            const bool is_unread = status == net::StreamStatus::end && filled_ == 0 &&
                                   !upstream_->stream.has_acknowledged_beyond(call_.sent_before);
            return no_answer(is_unread ? Proof::not_processed : Proof::none);
        }
        case Stage::buffering:
            if (is_clean_end) {
                is_body_whole_ = true;
                return on_buffered_whole(answer_body_);
            }
            if (call_.caller_gone) {
                return end_drain();
            }
            return upstream_failed(
                Error(Errc::upstream_bad_answer, "The provider's answer broke off before its end."));
        case Stage::relaying:
            if (is_clean_end) {
                pieces_.clear();
                is_body_whole_ = true;
                return relay_pieces();
            }
            abandon(storage::Outcome::cut);
            return connection_.abort();
        case Stage::streaming:
            if (is_clean_end) {
                pieces_.clear();
                is_body_whole_ = true;
                return stream_pieces();
            }
            return break_stream(Error(Errc::upstream_bad_answer, "The provider's stream broke off before its end."));
        case Stage::draining:
            return end_drain();
        default:
            return;
    }
}

}  // namespace pulse::gateway
