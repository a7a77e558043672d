#pragma once

#include "base/usage.h"
#include "llm/usage/stated_usage.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::llm {

/// What an event of a realtime server is about, as far as it is metered.
enum class RealtimeKind : std::uint8_t {
    other,
    session,         ///< session.created, session.updated: `model`, `transcription_model`
    response_begun,  ///< response.created
    response_done,   ///< response.done: `usage`, `response_id`, `status`
    transcription,  ///< …input_audio_transcription.completed: `usage`, at the transcription's model
    other_usage,    ///< another event that states usage
    text_delta,     ///< a piece of text, transcript or arguments that the model makes: `text`
};

/// One server event. Absent texts are empty. Value.
struct RealtimeEvent {
    RealtimeKind kind = RealtimeKind::other;
    std::string type;
    std::string model;
    bool names_transcription = false;  ///< the session says whether it transcribes, and with what
    std::string transcription_model;
    std::string response_id;  ///< of a transcription the item's
    std::string status;       ///< completed, cancelled, failed, incomplete
    std::string reason;       ///< turn_detected, max_output_tokens …
    std::string error_code;
    std::string text;  ///< as it stands in JSON
    bool has_usage = false;
    bool is_inconsistent = false;
    StatedUsage stated;
    Usage usage;
};

/// Reads a whole server event. False: it is no JSON object. Source:
/// https://platform.openai.com/docs/api-reference/realtime-server-events, read 2026-11-21; the
/// types of the openai package 7.55 (session.audio.input.transcription of the present API,
/// session.input_audio_transcription of the beta).
[[nodiscard]] bool read_realtime_event(std::string_view json, RealtimeEvent& event);

/// An event as it arrives in pieces: audio as it is made is not kept, of others up to
/// kEventBytesMax are. Not thread-safe.
class RealtimeEventText {
public:
    static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20;

    void add(std::string_view piece);
    /// The event is whole: its text, empty where it was not kept. Valid until the next add().
    [[nodiscard]] std::string_view whole();
    /// Asked after whole(): it might state usage, and is longer than what is kept.
    [[nodiscard]] bool is_too_long() const { return was_too_long_; }
    /// After whole(): bytes of a piece of audio that the model makes, in Base64, roughly; 0: it is
    /// none.
    [[nodiscard]] std::size_t audio_bytes() const { return audio_bytes_; }

private:
    enum class Keep : std::uint8_t { undecided, yes, no };
    void decide();

    std::string text_;
    std::size_t bytes_ = 0;
    std::size_t audio_bytes_ = 0;
    Keep keep_ = Keep::undecided;
    bool is_whole_ = false;
    bool is_too_long_ = false;
    bool was_too_long_ = false;
};

/// An event of the API's form that says why Pulse ends the session.
/// Source: https://platform.openai.com/docs/api-reference/realtime-server-events/error
[[nodiscard]] std::string realtime_error_event(
    std::string_view event_id,
    std::string_view type,
    std::string_view code,
    std::string_view message);

/// What cancels the response that is being made.
inline constexpr std::string_view kRealtimeCancel = R"({"type":"response.cancel"})";

}  // namespace pulse::llm
