#pragma once

#include "base/money.h"
#include "base/request_facts.h"
#include "llm/meter_reading.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// Whose answer to what is read: decides its format and the meaning of its counts
/// (provider_quirks.h).
struct AnswerSource {
    std::string_view provider_kind;  ///< contract §9: "openai", "xai", "vertex", "bedrock" …
    Api api = Api::none;
    bool is_stream = false;  ///< a stream was asked for
    int status = 200;
    std::string_view
        content_type;        ///< of the answer; decides the framing. Empty: by api and is_stream
    std::string_view model;  ///< as addressed: Bedrock and Vertex name it only in the URL
};

/// Reads along with one answer of any format, bytes as they arrive, and says which of them go to
/// the caller now.
///
/// Of a stream, bytes of finished events pass as they came, unknown events included; the end of an
/// answer (its finish event with nothing but usage behind it, the dialect's terminator) is held
/// until take_end(), so that the row can be written first. The caller never sees half an event. How
/// the bytes are split changes nothing in what is read. Memory is bounded by kEventBytesMax and
/// kHeldBytesMax. One object serves one answer; reset() makes it new and keeps its buffers. Lives
/// on one worker.
class AnswerMeter {
public:
    /// What the caller is to see of the OpenAI dialect's usage chunk.
    enum class UsageChunk : std::uint8_t {
        show,            ///< the caller asked for it: shown, with `usage.cost`
        show_unchanged,  ///< the caller asked for it, cost is switched off; every other dialect
        hide,  ///< Pulse asked for it: metered, not shown when it carries nothing but usage
               ///< (`choices: []`)
    };

    AnswerMeter();
    ~AnswerMeter();
    AnswerMeter(AnswerMeter&&) noexcept;
    AnswerMeter& operator=(AnswerMeter&&) noexcept;

    /// The views in `source` must live until the reading is taken.
    void reset(const AnswerSource& source, UsageChunk usage_chunk);

    /// A field of the answer's head; some providers state usage or the tier there.
    void on_field(std::string_view name, std::string_view value);

    /// Takes the next bytes and appends to `out` the parts that go to the caller now. The views
    /// point into `bytes` or into the meter and are valid until the next call. An event above
    /// kEventBytesMax makes the reading unreadable and passes.
    void feed(std::string_view bytes, std::vector<std::string_view>& out);

    /// The provider closed the stream: an event that wants nothing but its blank line counts as
    /// finished, a torn one is dropped. Not needed once is_done().
    void feed_end(std::vector<std::string_view>& out);

    /// The dialect's own terminator was seen; what comes behind it is dropped.
    [[nodiscard]] bool is_done() const;
    /// Asked after feed_end(): the stream ended as this dialect's streams end, with a terminator
    /// or, where there is none, behind a finish. False: it was cut.
    [[nodiscard]] bool ended_whole() const;

    /// Something is held that take_end() would give.
    [[nodiscard]] bool has_held() const;
    /// Appends what was held, `usage.cost` (a JSON number with the exact digits) written into the
    /// usage chunk when `cost` is not null, it is shown, and it has no `cost` of its own. Called
    /// once, when the row is safe.
    void take_end(const Money* cost, std::string& out);
    /// Appends the content that is held but for the terminator, for a stream that broke.
    void take_broken_end(std::string& out);

    [[nodiscard]] const MeterReading& reading() const;

    static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20;
    static constexpr std::size_t kHeldBytesMax = std::size_t{256} << 10;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Whether the answer's text goes to MeterReading::delivered_text.
enum class KeepText : std::uint8_t { no, yes };

/// A field of an answer's head.
struct HeadField {
    std::string_view name;
    std::string_view value;
};

/// Reads a whole buffered answer (any status). `body` must be followed by kBodyPadding readable
/// bytes. An error body or a body that is not what it should be gives a reading that says so; there
/// is no failure.
[[nodiscard]] MeterReading read_answer(
    const AnswerSource& source,
    const std::vector<HeadField>& head,
    std::string_view body,
    KeepText keep = KeepText::no);

}  // namespace pulse::llm
