#pragma once

#include "base/request_facts.h"
#include "llm/meter_reading.h"
#include "llm/sse/sse_scanner.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// Reads along with an OpenAI SSE stream (chat and legacy completions) and says which bytes go to
/// the caller now.
///
/// Bytes of finished events pass as they came, comments and unknown events included; the end of an
/// answer (finish chunks with nothing behind them, the usage chunk, `[DONE]`) is held until
/// take_end(), so that the row can be written first. The meter never shows a caller half an event.
/// One object serves one stream; reset() makes it new and keeps its buffers. Lives on one worker.
class OpenAiStreamMeter {
public:
    /// What the caller is to see of the usage chunk.
    enum class UsageChunk : std::uint8_t {
        show,            ///< the caller asked for it: shown, with `usage.cost`
        show_unchanged,  ///< the caller asked for it, cost is switched off
        hide,  ///< Pulse asked for it: metered, not shown when it carries nothing but usage
               ///< (`choices: []`)
    };

    void reset(UsageChunk usage_chunk);

    /// Takes the next bytes as they came from the wire and appends to `out` the parts that go to
    /// the caller now. The views point into `bytes` or into the meter and are valid until the next
    /// call. Event size is bounded by kEventBytesMax; a larger one makes the reading unreadable and
    /// passes.
    void feed(std::string_view bytes, std::vector<std::string_view>& out);

    /// The provider closed the stream: an event that wants nothing but its blank line counts as
    /// finished, a torn one is dropped. Not needed behind `[DONE]`.
    void feed_end(std::vector<std::string_view>& out);

    /// The terminator `[DONE]` was seen: the stream ended as a success. What comes behind it is
    /// dropped.
    [[nodiscard]] bool is_done() const { return done_; }

    /// Something is held that take_end() would give.
    [[nodiscard]] bool has_held() const { return !held_.empty(); }

    /// Appends what was held, `usage.cost` (a JSON number with the exact decimal digits) written
    /// into the usage chunk when `cost` is not null, it is shown, and it has no `cost` of its own.
    /// Called once, when the row is safe.
    void take_end(const Money* cost, std::string& out);

    /// Appends the content that is held but for the terminator, for a stream that broke: never
    /// `[DONE]`.
    void take_broken_end(std::string& out);

    [[nodiscard]] const MeterReading& reading() const { return reading_; }

    static constexpr std::size_t kEventBytesMax = SseScanner::kEventBytesMax;

    /// More than this is not held: a provider that goes on without content behind a finish chunk is
    /// let through.
    static constexpr std::size_t kHeldBytesMax = std::size_t{256} << 10;

private:
    /// Where `cost` can be written into what is held.
    struct CostPlace {
        std::size_t offset = 0;
        bool is_first_field = false;
    };

    void on_event(const SseEvent& event, std::vector<std::string_view>& out);
    void on_data(const SseEvent& event, std::vector<std::string_view>& out);
    [[nodiscard]] bool is_holding() const { return held_size_ > 0; }
    void pass(std::string_view raw, std::vector<std::string_view>& out);
    void hold(std::string_view raw);
    void pass_held(std::vector<std::string_view>& out);
    void keep_held();
    void forget_held();

    UsageChunk usage_chunk_ = UsageChunk::show;
    SseScanner scanner_;
    MeterReading reading_;
    std::string held_;
    bool done_ = false;

    std::vector<std::string_view>
        held_now_;                ///< held since this call began, behind held_; copied when it ends
    std::size_t held_size_ = 0;   ///< of held_ and held_now_
    std::string passed_;          ///< what was held and goes out with this call
    std::size_t first_part_ = 0;  ///< of `out`, that this call appended
    std::size_t terminator_size_ = 0;  ///< of `[DONE]`'s event, the last thing held
    std::optional<CostPlace> cost_place_;
};

/// Appends the error event that ends a broken stream in the OpenAI dialect: `data: {"error":{…}}`
/// and a blank line. openai's clients throw on it; a stream that just ends would pass for a success
/// (docs/formats/openai.md).
void append_openai_stream_error(
    std::string_view message, std::string_view type, std::string_view code, std::string& out);

}  // namespace pulse::llm
