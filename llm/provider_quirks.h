#pragma once

#include "base/request_facts.h"
#include "llm/event_facts.h"
#include "llm/meter_reading.h"
#include "llm/usage/usage_rules.h"

#include <cstdint>
#include <string_view>

namespace pulse::llm {

/// How a stream says that it is whole.
enum class StreamEnd : std::uint8_t {
    done_marker,  ///< `data: [DONE]`
    event,        ///< an event of its own: message_stop, response.completed, `done: true`
    finish,       ///< nothing: it closes behind a finish
    close,        ///< nothing is known of it: a body that ends in order is whole
    last_event,   ///< nothing, and its last event is known only when it closes: one is held back
};

/// What of the answer's head states usage, the tier or an error's type.
enum class HeadFormat : std::uint8_t { none, gemini, bedrock };

/// How the answers of one API at one provider are to be read. Data; the rows, each with its
/// evidence, are in provider_quirks.cpp.
struct ProviderQuirks {
    EventReader reader = nullptr;  ///< nullptr: passes unread
    HeadFormat head = HeadFormat::none;
    UsageRules rules{};
    StreamEnd end = StreamEnd::done_marker;
    /// Usage stands in every event and grows: it says nothing about the stream's end.
    bool usage_in_every_event = false;
    /// False: the call itself costs nothing (counting, listing, looking up).
    bool is_billed = true;
};

/// The row of (kind, api), else that of the API at any provider. `model`: the addressed one, which
/// decides where a provider hosts other makers' formats (Vertex rawPredict).
[[nodiscard]] ProviderQuirks quirks_of(
    std::string_view provider_kind, Api api, std::string_view model = {});

/// "vercel-gateway" → "vercel": the kind of the contract that other names mean.
[[nodiscard]] std::string_view canonical_provider_kind(std::string_view name);

}  // namespace pulse::llm
