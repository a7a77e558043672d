#pragma once

#include "llm/answer_meter.h"
#include "llm/bedrock/answer_reader.h"
#include "llm/detail/repeated_event.h"
#include "llm/event_facts.h"
#include "llm/framing/event_source.h"
#include "llm/framing/inflater.h"
#include "llm/meter_reading.h"
#include "llm/provider_quirks.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Reads one answer, whatever its framing, coding and format are, into a MeterReading. What of it
/// goes to the caller is not its matter. Lives on one worker.
class StreamReader {
public:
    /// The views in `source` must live as long as the answer is read.
    void reset(const AnswerSource& source);
    void on_field(std::string_view name, std::string_view value);

    /// The bytes are events that can be told apart as they come: feed source() and read() each.
    /// Else they go to feed_unframed().
    [[nodiscard]] bool has_events() const { return has_events_ && !inflater_; }
    [[nodiscard]] EventSource& source() { return source_; }

    /// False when the event is not what its format says; the reading is then unreadable.
    [[nodiscard]] bool read(const FramedEvent& event, EventFacts& facts);
    /// An event behind the stream's last blank line is not whole.
    [[nodiscard]] bool is_torn(const FramedEvent& event) const;
    /// What is compressed, or one text as a whole.
    void feed_unframed(std::string_view bytes);
    /// Nothing comes any more.
    void finish();
    /// The same for a body that is at hand as a whole, with the padding behind it.
    void read_whole(std::string_view body, bool keeps_text);

    void set_unreadable() { reading_.is_readable = false; }
    void set_terminated() { reading_.has_terminator = true; }

    [[nodiscard]] const ProviderQuirks& quirks() const { return quirks_; }
    /// Asked behind finish(): a terminator, or what its kind of stream ends with, was seen.
    [[nodiscard]] bool ended_whole() const;
    [[nodiscard]] const MeterReading& reading() const;
    [[nodiscard]] MeterReading take_reading() &&;

    /// A text that is longer is not read, but passes.
    static constexpr std::size_t kWholeBytesMax = std::size_t{64} << 20;

private:
    void take_repeated(std::string_view text, EventFacts& facts);
    void read_events(std::string_view text);
    void read_last_event();
    void read_unless_terminator(const FramedEvent& event);
    void read_error(std::string_view body);
    void complete_with_head();
    void keep(std::string_view text);
    void make_usage() const;

    AnswerSource asked_;
    ProviderQuirks quirks_;
    Api quirks_api_ = Api::none;  ///< whose row quirks_ is; none: of no API
    std::string quirks_kind_;
    Framing framing_ = Framing::whole;
    bool has_events_ = false;
    bool has_finish_ = false;
    bool is_too_long_ = false;
    EventSource source_;
    RepeatedEvent repeated_;
    std::optional<BedrockHead> bedrock_head_;
    std::optional<Inflater> inflater_;
    std::string inflated_;
    std::string body_;  ///< of Framing::whole, and of errors

    mutable MeterReading reading_;
    mutable StatedUsage billed_;  ///< what reading_.usage was made from
    mutable ProviderCalls billed_calls_;
    mutable bool has_usage_ = false;
};

}  // namespace pulse::llm::detail
