#include "gateway/realtime/session.h"

#include "llm/meter_reading.h"
#include "pricing/tokens/prompt_tokens.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pulse::gateway {

namespace {

namespace close_code = net::websocket::close_code;

// More responses than this are not made at once by any provider.
constexpr int kOpenResponsesMax = 64;
// Bytes of audio a token: the model's is 50 ms, the caller's 100 ms, and the default format has
// 24,000 samples of two bytes a second, in Base64.
// Source: https://platform.openai.com/docs/guides/realtime-costs, read 2026-11-21.
constexpr std::int64_t kMadeAudioBytesPerToken = 24'000 * 2 / 20 * 4 / 3;
constexpr std::int64_t kHeardAudioBytesPerToken = 2 * kMadeAudioBytesPerToken;

SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

std::int64_t tokens_of(std::int64_t bytes, std::int64_t bytes_per_token) {
    return (bytes + bytes_per_token - 1) / bytes_per_token;
}

}  // namespace

RealtimeSession::RealtimeSession(Parts parts, RealtimeOwner& owner)
    : owner_(owner),
      id_(std::move(parts.id)),
      model_(std::move(parts.model)),
      relay_(parts.loop, parts.caller, parts.provider, parts.limits, *this) {}

void RealtimeSession::start(std::string_view early_of_caller, std::string_view early_of_provider) {
    relay_.start(early_of_caller, early_of_provider);
}

void RealtimeSession::stop(RealtimeStop why) {
    if (stop_.code.empty()) {
        stop_ = std::move(why);
        relay_.close(stop_.close_code, stop_.message);
    }
}

void RealtimeSession::drain() {
    is_draining_ = true;
    if (open_responses_ == 0) {
        stop_for_drain();
    }
}

void RealtimeSession::stop_for_drain() {
    stop(
        {.close_code = close_code::kGoingAway,
         .type = "server_error",
         .code = "overloaded",
         .message = "This instance is shutting down; open the session again."});
}

std::string RealtimeSession::notice(std::uint16_t code, std::string_view reason) const {
    const bool is_ours = !stop_.code.empty();
    const bool is_old = code == close_code::kGoingAway && !is_ours;
    const std::string_view type =
        is_ours ? stop_.type : (is_old ? "invalid_request_error" : "server_error");
    const std::string_view word =
        is_ours ? stop_.code : (is_old ? "session_expired" : "upstream_unavailable");
    return llm::realtime_error_event("event_" + id_, type, word, reason);
}

void RealtimeSession::on_provider_text_end() {
    const std::string_view whole = text_.whole();
    if (text_.is_too_long()) {
        // What cannot be read cannot be billed: the session does not go on past it.
        return stop(
            {.close_code = close_code::kTooBig,
             .type = "server_error",
             .code = "upstream_bad_answer",
             .message = "The provider sent an event that is too long to be metered."});
    }
    if (text_.audio_bytes() > 0) {
        made_audio_bytes_ += static_cast<std::int64_t>(text_.audio_bytes());
        return note_output();
    }
    if (llm::read_realtime_event(whole, event_)) {
        take_event(event_);
    }
}

void RealtimeSession::note_output() {
    if (first_output_at_ == SteadyTime{}) {
        first_output_at_ = steady_now();
    }
}

void RealtimeSession::note_text(const std::string& text) {
    note_output();
    made_text_bytes_ += static_cast<std::int64_t>(text.size());
    if (made_text_.size() + text.size() <= llm::kDeliveredTextMax) {
        made_text_.append(text);
    }
}

void RealtimeSession::take_event(const llm::RealtimeEvent& event) {
    switch (event.kind) {
        case llm::RealtimeKind::session:
            return take_session(event);
        case llm::RealtimeKind::response_begun:
            if (open_responses_++ == 0) {
                begun_at_ = steady_now();
            }
            open_responses_ = std::min(open_responses_, kOpenResponsesMax);
            return;
        case llm::RealtimeKind::response_done:
            open_responses_ = std::max(open_responses_ - 1, 0);
            context_tokens_ = event.has_usage ? event.usage.total() : context_tokens_;
            owner_.on_bill(
                {.event = event,
                 .model = model_,
                 .source = event.has_usage ? UsageSource::provider : UsageSource::none,
                 .usage = event.usage,
                 .begun_at = begun_at_,
                 .first_output_at = first_output_at_});
            return end_response();
        case llm::RealtimeKind::transcription:
            if (event.has_usage) {
                owner_.on_bill(
                    {.event = event,
                     .model = transcription_model_,
                     .is_transcription = true,
                     .usage = event.usage,
                     .begun_at = {},
                     .first_output_at = {}});
            }
            return;
        case llm::RealtimeKind::other_usage:
            owner_.on_bill(
                {.event = event,
                 .model = model_,
                 .usage = event.usage,
                 .begun_at = {},
                 .first_output_at = {}});
            return;
        case llm::RealtimeKind::text_delta:
            return note_text(event.text);
        case llm::RealtimeKind::other:
            return;
    }
}

void RealtimeSession::take_session(const llm::RealtimeEvent& event) {
    if (!event.model.empty()) {
        model_ = event.model;
    }
    if (event.names_transcription && event.transcription_model != transcription_model_) {
        transcription_model_ = event.transcription_model;
        if (!transcription_model_.empty()) {
            owner_.on_transcription_model(transcription_model_);
        }
    }
}

void RealtimeSession::end_response() {
    made_text_.clear();
    made_text_bytes_ = made_audio_bytes_ = 0;
    caller_bytes_before_ = relay_.bytes_of_caller();
    first_output_at_ = {};
    begun_at_ = steady_now();
    if (is_draining_ && open_responses_ == 0) {
        stop_for_drain();
    }
}

void RealtimeSession::bill_unfinished() {
    if (std::exchange(open_responses_, 0) == 0) {
        return;
    }
    // What the response was made of: the talk so far, and what came since.
    const auto heard = static_cast<std::int64_t>(relay_.bytes_of_caller() - caller_bytes_before_);
    Usage usage;
    usage.of_input_audio = heard / kHeardAudioBytesPerToken;
    usage.input_uncached = context_tokens_ + usage.of_input_audio;
    usage.of_output_audio = tokens_of(made_audio_bytes_, kMadeAudioBytesPerToken);
    usage.output_total =
        usage.of_output_audio +
        pricing::count_delivered(llm::unescaped_text(made_text_), made_text_bytes_, model_);
    event_ = {};
    event_.status = "cut";
    owner_.on_bill(
        {.event = event_,
         .model = model_,
         .source = UsageSource::counted,
         .usage = usage,
         .begun_at = begun_at_,
         .first_output_at = first_output_at_});
}

}  // namespace pulse::gateway
