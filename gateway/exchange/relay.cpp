#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/exchange.h"
#include "llm/answer_meter.h"
#include "llm/objects/object_references.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

// A relayed answer is read for its usage up to this size; the cost of a larger one is estimated.
constexpr std::size_t kMeteredBytesMax = std::size_t{64} << 20;
constexpr std::size_t kBodyStepBytes = std::size_t{64} * 1024;

/// Is a provider's 403 about our credentials, not about the request? Its words are all there is to
/// go by.
[[nodiscard]] bool is_about_credentials(std::string_view body) {
    constexpr std::string_view kWords[] = {
        "api key", "api_key", "apikey", "credential", "authentication", "security token", "signature"};
    std::string lower(body.substr(0, 4096));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
        return lower.find(word) != std::string::npos;
    });
}

/// The fields in which some providers state usage, the tier, or the body's coding.
[[nodiscard]] std::vector<llm::HeadField> metered_fields(const net::Fields& fields) {
    std::vector<llm::HeadField> metered;
    for (const net::Field& field : fields) {
        const char first = field.name.empty() ? '\0' : static_cast<char>(field.name.front() | 0x20);
        const bool is_metered = first == 'x' ? net::istarts_with(field.name, "x-amzn-") ||
                                                   net::istarts_with(field.name, "x-gemini-")
                                             : first == 'c' && net::iequals(field.name, "content-encoding");
        if (is_metered) {
            metered.push_back({field.name, field.value});
        }
    }
    return metered;
}

}  // namespace

/// Keeps body bytes, charged to the budget of all bodies. False when there is no memory for what
/// must be kept.
bool Exchange::keep_for_meter(std::string_view piece) {
    const std::size_t size = answer_body_.size() + piece.size();
    if (!is_metered_) {
        return true;
    }
    bool has_memory = size <= kMeteredBytesMax;
    if (has_memory && size + net::ServerConnection::kBodyPadding > charged_bytes_) {
        const std::size_t known = answer_.framing == net::BodyFraming::length
                                      ? static_cast<std::size_t>(std::min<std::uint64_t>(
                                            answer_.content_length, kMeteredBytesMax))
                                      : 0;
        const std::size_t want = std::max(
            {size + kBodyStepBytes,
             2 * charged_bytes_,
             known + net::ServerConnection::kBodyPadding});
        has_memory = worker_.bodies.try_take(want - charged_bytes_);
        if (has_memory) {
            charged_bytes_ = want;
            answer_body_.reserve(want);
        }
    }
    if (!has_memory) {
        is_metered_ = false;
        return stage_ != Stage::buffering || call_.caller_gone;
    }
    answer_body_.append(piece);
    return true;
}

void Exchange::buffer_pieces() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        if (!keep_for_meter(pieces_[i])) {
            // A list is never shown unread: it holds other keys' objects.
            return is_list() ? upstream_failed(Error(
                                   Errc::upstream_bad_answer, "The provider's list is too long: ask for smaller pages."))
                             : relay_unmetered(i);
        }
    }
    if (is_body_whole_) {
        return on_buffered_whole(answer_body_);
    }
    if (answer_body_.size() > call_.snapshot.settings().answer_buffer && !call_.caller_gone && !is_list()) {
        begin_relay();
        return send_pieces({}, false);
    }
    read_more();
}

void Exchange::on_buffered_whole(std::string_view body) {
    deadline_.cancel();
    llm::MeterReading reading = read_whole(body, llm::KeepText::no);
    if (!reading.usage_present && answer_.status < 400 && call_.route.operation == Operation::model_call) {
        reading = read_whole(body, llm::KeepText::yes);
    }
    if ((call_.route.object != ObjectUse::none && !is_list()) || call_.facts.store) {
        note_created(reading.response_id.empty() ? llm::created_object(body) : reading.response_id);
        note_outputs(body);
    }
    if (call_.content != ContentLogging::none) {
        logged_answer_.clear();
        keep_content(body);
    }
    if (call_.caller_gone) {
        release_upstream(true);
        settle(reading, storage::Outcome::caller_gone, 499, {});
        end_call();
        return connection_.abort();
    }
    if (answer_.status >= 400) {
        return answer_provider_error(body, reading);
    }
    if (!reading.is_readable && must_be_json()) {
        // The provider made an answer and will bill it, whatever it is.
        settle(reading, storage::Outcome::upstream_failed, 502, "upstream_bad_answer");
        return upstream_failed(
            Error(Errc::upstream_bad_answer, "The provider's answer is not JSON."));
    }
    if (is_list()) {
        return answer_list(body, reading);
    }
    release_upstream(true);
    send_buffered(body, settle(reading, storage::Outcome::answered, answer_.status, {}));
}

void Exchange::send_buffered(std::string_view body, const Settled& settled) {
    out_head_.clear();
    append_status_line(out_head_, answer_.status);
    append_provider_fields(out_head_, {});
    append_pulse_fields(out_head_, &settled);
    append_field(out_head_, "content-length", static_cast<std::int64_t>(body.size()));
    append_end_of_head(out_head_);
    send_whole(body, net::ServerConnection::After::keep_alive);
}

/// An answer of another kind is no answer of this API: a login page, a proxy's word.
bool Exchange::must_be_json() const {
    const bool may_be_other =
        call_.route.operation != Operation::model_call || call_.route.api == Api::speech ||
        call_.route.api == Api::transcriptions || call_.route.api == Api::translations;
    return !may_be_other && answer_.fields.value("content-encoding").empty();
}

/// Audio, images and files say nothing of usage: what passes is not kept for a meter.
bool Exchange::has_reader() const {
    constexpr std::string_view kTextual[] = {"application/json", "text/", "application/problem+json"};
    return answer_type_.empty() || std::any_of(std::begin(kTextual), std::end(kTextual), [this](std::string_view type) {
        return net::istarts_with(answer_type_, type);
    });
}

llm::AnswerSource Exchange::answer_source() const {
    return {
        .provider_kind = call_.target.provider->kind,
        .api = call_.route.api,
        .is_stream = call_.facts.stream,
        .status = answer_.status,
        .content_type = answer_type_,
        .model = call_.target.model};
}

llm::MeterReading Exchange::read_whole(std::string_view body, llm::KeepText keep) const {
    return llm::read_answer(answer_source(), metered_fields(answer_.fields), body, keep);
}

/// A server that does not know the usage option that Pulse added: the request goes out again
/// without it. It was refused, so nothing was billed. The provider is remembered once it has
/// answered without: a caller's own fields may have been what it refused.
bool Exchange::send_without_usage_option(std::string_view body) {
    const bool names_it = body.find("stream_options") != std::string_view::npos ||
                          body.find("include_usage") != std::string_view::npos;
    if (!call_.asked_for_usage || !names_it || (answer_.status != 400 && answer_.status != 422)) {
        return false;
    }
    call_.drops_usage_option = true;
    end_attempt(storage::Outcome::provider_error, worker_.clock.steady_now());
    call_.provider_status = 0;
    call_.may_have_billed = false;
    call_.last_byte_at = {};
    release_upstream(true);
    connect(net::UpstreamPool::Freshness::any, worker_.clock.steady_now());
    return true;
}

void Exchange::answer_provider_error(std::string_view body, const llm::MeterReading& reading) {
    if (send_without_usage_option(body)) {
        return;
    }
    const bool is_ours =
        answer_.status == 401 || (answer_.status == 403 && is_about_credentials(body));
    release_upstream(true);
    if (is_ours && call_.target.provider->credential != nullptr) {
        call_.target.provider->credential->refused();
    }
    if (is_ours) {
        return answer_error(Error(
            Errc::upstream_credentials,
            "The provider refused Pulse's credentials. The operator has to check those of `providers." +
                call_.target.provider->name + "`."));
    }
    const std::string_view code =
        reading.error_code.empty() ? std::string_view{"provider_error"} : reading.error_code;
    const Settled settled = settle(reading, storage::Outcome::provider_error, answer_.status, code);
    out_head_.clear();
    append_status_line(out_head_, answer_.status);
    append_provider_fields(out_head_, {});
    append_field(out_head_, "x-pulse-error-source", "provider");
    append_pulse_fields(out_head_, &settled);
    append_field(out_head_, "content-length", static_cast<std::int64_t>(body.size()));
    append_end_of_head(out_head_);
    send_whole(body, net::ServerConnection::After::keep_alive);
}

/// No memory is left to hold the answer: it was generated and will be billed, so it goes to the
/// caller, and its cost is estimated.
void Exchange::relay_unmetered(std::size_t first_piece) {
    begin_relay();
    forwarded_.insert(
        forwarded_.end(),
        pieces_.begin() + static_cast<std::ptrdiff_t>(first_piece),
        pieces_.end());
    if (!is_body_whole_) {
        return send_pieces({}, false);
    }
    deadline_.cancel();
    llm::MeterReading reading;
    reading.is_readable = false;
    settle(reading, storage::Outcome::answered, answer_.status, {});
    release_upstream(true);
    send_pieces({}, true);
}

/// The answer is too large to be held: its head leaves without a cost, which is then had by id.
void Exchange::begin_relay() {
    stage_ = Stage::relaying;
    is_metered_ = is_metered_ && has_reader();
    const bool has_length = answer_.framing == net::BodyFraming::length;
    has_length_out_ = has_length;
    is_chunked_out_ = !has_length && connection_.head().minor_version >= 1;
    out_head_.clear();
    append_status_line(out_head_, answer_.status);
    append_provider_fields(out_head_, {});
    append_pulse_fields(out_head_, nullptr);
    if (has_length) {
        append_field(
            out_head_, "content-length", static_cast<std::int64_t>(answer_.content_length));
    } else if (is_chunked_out_) {
        append_field(out_head_, "transfer-encoding", "chunked");
    }
    append_end_of_head(out_head_);
    forwarded_.clear();
    forwarded_.push_back(answer_body_);
    if (call_.content != ContentLogging::none) {
        keep_content(answer_body_);
    }
}

void Exchange::relay_pieces() {
    for (const std::string_view piece : pieces_) {
        // Memory that is short costs the exact usage, never the answer.
        static_cast<void>(keep_for_meter(piece));
        if (call_.content != ContentLogging::none) {
            keep_content(piece);
        }
    }
    forwarded_.assign(pieces_.begin(), pieces_.end());
    if (!is_body_whole_) {
        return send_pieces({}, false);
    }
    deadline_.cancel();
    llm::MeterReading reading;
    reading.is_readable = false;
    if (is_metered_) {
        reading = read_whole(answer_body_, llm::KeepText::no);
    }
    settle(reading, storage::Outcome::answered, answer_.status, {});
    release_upstream(true);
    send_pieces({}, true);
}

/// Sends forwarded_ and `tail` as one chunk where the answer is chunked, the head before it if it
/// has not left, and the end of the body behind it if `is_last`. Then reads on, or waits until the
/// caller has taken it.
void Exchange::send_pieces(std::string_view tail, bool is_last) {
    std::size_t size = tail.size();
    for (const std::string_view piece : forwarded_) {
        size += piece.size();
    }
    outgoing_.clear();
    if (!is_head_sent_ && (size > 0 || is_last)) {
        outgoing_.push_back(out_head_);
        is_head_sent_ = true;
    }
    if (size > 0) {
        if (is_chunked_out_) {
            outgoing_.push_back(net::chunk_header(size, chunk_header_));
        }
        outgoing_.insert(outgoing_.end(), forwarded_.begin(), forwarded_.end());
        if (!tail.empty()) {
            outgoing_.push_back(tail);
        }
        if (is_chunked_out_) {
            outgoing_.push_back(net::kChunkEnd);
        }
    }
    if (is_last && is_chunked_out_) {
        outgoing_.push_back(net::kLastChunk);
    }
    const bool is_close_delimited = !is_chunked_out_ && !has_length_out_;
    const auto after = is_close_delimited ? net::ServerConnection::After::close
                                          : net::ServerConnection::After::keep_alive;
    if (is_last && !worker_.spool.is_safe(call_.row_mark)) {
        return end_when_durable(after);
    }
    net::WriteProgress progress = net::WriteProgress::done;
    if (!outgoing_.empty()) {
        progress = connection_.send(outgoing_);
    }
    forwarded_.clear();
    if (is_last) {
        end_call();
        return connection_.finish(after);
    }
    if (progress == net::WriteProgress::done) {
        read_more();
    } else {
        // A caller who takes little at a time holds the provider's connection no longer than any
        // answer may.
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
            worker_.clock.steady_now() - call_.sent_at);
        arm_deadline(std::max(
            call_.snapshot.settings().timeouts.total - passed, std::chrono::milliseconds{0}));
    }
}

void Exchange::release_upstream(bool is_reusable) {
    deadline_.cancel();
    if (stage_ == Stage::connecting && upstream_ == nullptr) {
        pool().cancel(*this);
    }
    if (upstream_ == nullptr) {
        return;
    }
    const bool is_clean = is_reusable && answer_.keep_alive && !has_excess_ &&
                          answer_.framing != net::BodyFraming::until_close;
    if (!is_clean) {
        pool().discard(std::move(upstream_));
    } else if (is_body_whole_ || is_in_place_) {
        pool().give_back(std::move(upstream_));
    } else if (answer_.framing == net::BodyFraming::chunked) {
        worker_.tails.add(
            call_.snapshot->pools[call_.target.provider->index], std::move(upstream_), decoder_);
    } else {
        pool().discard(std::move(upstream_));
    }
    upstream_.reset();
}

}  // namespace pulse::gateway
