#pragma once

#include "base/error.h"
#include "net/http/head.h"

#include <string>
#include <string_view>

namespace pulse::gateway {

// What the opening of a realtime session says, beside the WebSocket's own fields. Pure.
// Source: https://platform.openai.com/docs/guides/realtime-websocket and
// https://learn.microsoft.com/azure/ai-services/openai/realtime-audio-quickstart, read 2026-11-21;
// the openai package 7.55.

/// The subprotocol that answers a browser.
inline constexpr std::string_view kRealtimeProtocol = "realtime";
/// A browser cannot send header fields: its key stands behind this in a subprotocol.
inline constexpr std::string_view kProtocolKeyPrefix = "openai-insecure-api-key.";

struct RealtimeQuery {
    std::string_view
        model;  ///< or Azure's deployment, as it was sent; empty: a transcription session
};

/// Errors: invalid_request (no model), forbidden (`call_id` would join somebody's call).
[[nodiscard]] Result<RealtimeQuery> read_realtime_query(std::string_view query);

/// The query without `model` and `deployment`.
[[nodiscard]] std::string without_realtime_model(std::string_view query);

/// Errors: invalid_request when subprotocols are offered and `realtime` is not among them.
[[nodiscard]] Result<void> check_realtime_protocols(const net::Fields& fields);

/// Was `realtime` offered?
[[nodiscard]] bool offers_realtime_protocol(const net::Fields& fields);

/// The key in the subprotocols; empty when there is none.
[[nodiscard]] std::string_view key_in_protocols(std::string_view protocols);

/// What the provider is offered of the caller's subprotocols, comma-separated: `realtime` and
/// `openai-beta.…`; never a key, organisation or project.
[[nodiscard]] std::string protocols_for_provider(const net::Fields& fields);

}  // namespace pulse::gateway
