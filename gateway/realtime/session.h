#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/usage.h"
#include "llm/openai/realtime_reader.h"
#include "net/websocket/relay.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::gateway {

/// What a session holds of a budget: next to nothing, so that one which is used up refuses it, and
/// no other. What a response may cost is not known before it is done (docs/formats/metering.md).
inline constexpr Money kRealtimeHold = Money::from_pico(1);

/// Something that the provider bills within a session: a response, a transcription.
struct RealtimeBill {
    const llm::RealtimeEvent& event;
    std::string_view model;  ///< that did it, as the session names it; empty: not known
    bool is_transcription = false;
    UsageSource source = UsageSource::provider;
    Usage usage;
    SteadyTime begun_at;         ///< of a response
    SteadyTime first_output_at;  ///< none: SteadyTime{}
};

/// Who answers for a session.
class RealtimeOwner {
public:
    /// To be written down before this returns: the event's last bytes go to the caller after it.
    virtual void on_bill(const RealtimeBill& bill) = 0;
    /// The session was told to transcribe with this model.
    virtual void on_transcription_model(std::string_view model) = 0;
    /// The last call; the session may be destroyed in it.
    virtual void on_session_end(net::websocket::RelayEnd end) = 0;

protected:
    ~RealtimeOwner() = default;
};

/// Why Pulse ends a session, as the caller is told.
struct RealtimeStop {
    std::uint16_t close_code = net::websocket::close_code::kPolicyViolation;
    std::string_view type;  ///< of the `error` event. Static
    std::string_view code;  ///< of the `error` event. Static
    std::string message;
};

/// A realtime session: a WebSocket that is relayed, and metered from the provider's events as they
/// pass. Lives on one worker.
class RealtimeSession final : private net::websocket::RelayObserver {
public:
    struct Parts {
        net::Loop& loop;
        net::Stream& caller;
        net::Stream& provider;
        net::websocket::RelayLimits limits;
        std::string model;  ///< as it was asked for
        std::string id;     ///< for events of ours
    };
    RealtimeSession(Parts parts, RealtimeOwner& owner);

    void start(std::string_view early_of_caller, std::string_view early_of_provider);
    /// Ends it behind the event at hand: an `error` event, then a Close. The first one counts.
    void stop(RealtimeStop why);
    /// Ends it when no response is being made.
    void drain();
    /// What was begun and will not be billed by the provider's word any more is billed as an
    /// estimate. Once, at the end.
    void bill_unfinished();

    /// The code of the `error` event that stop() sent; empty: none.
    [[nodiscard]] std::string_view stop_code() const { return stop_.code; }
    [[nodiscard]] bool is_caller_told() const { return relay_.is_caller_told(); }
    /// As the provider names it; what was asked for until it does.
    [[nodiscard]] std::string_view model() const { return model_; }

private:
    void on_provider_text(std::string_view piece) override { text_.add(piece); }
    void on_provider_text_end() override;
    [[nodiscard]] bool must_read_on() const override { return open_responses_ > 0; }
    [[nodiscard]] std::string_view farewell() const override { return llm::kRealtimeCancel; }
    [[nodiscard]] std::string notice(std::uint16_t code, std::string_view reason) const override;
    void on_relay_end(net::websocket::RelayEnd end) override { owner_.on_session_end(end); }

    void take_event(const llm::RealtimeEvent& event);
    void take_session(const llm::RealtimeEvent& event);
    void note_text(const std::string& text);
    void note_output();
    void end_response();
    void stop_for_drain();

    RealtimeOwner& owner_;
    const std::string id_;
    std::string model_;
    std::string transcription_model_;
    llm::RealtimeEventText text_;
    llm::RealtimeEvent event_;
    RealtimeStop stop_{.type = {}, .code = {}, .message = {}};
    int open_responses_ = 0;
    bool is_draining_ = false;
    std::int64_t context_tokens_ = 0;  ///< of the last response, in and out: the next one's input
    std::string made_text_;            ///< of the responses at hand, as it stood in JSON
    std::int64_t made_text_bytes_ = 0;
    std::int64_t made_audio_bytes_ = 0;
    std::uint64_t caller_bytes_before_ = 0;  ///< that earlier responses answered
    SteadyTime begun_at_;
    SteadyTime first_output_at_;
    net::websocket::Relay relay_;
};

}  // namespace pulse::gateway
