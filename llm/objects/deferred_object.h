#pragma once

#include "base/request_facts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm {

/// Work of a provider's that goes on after the answer that began it, by the form of what it gives
/// back.
enum class DeferredShape : std::uint8_t {
    openai_batch,  ///< OpenAI's and compatible ones: output is a file of lines
    xai_batch,     ///< pages of results
    anthropic_batch,
    gemini_batch,
    background,  ///< a response or an interaction: the object is the answer
};
[[nodiscard]] DeferredShape deferred_shape(
    Dialect dialect, Api api, std::string_view provider_kind);

/// What a provider's object says about the work. Value; not thread-safe.
/// Sources, read 2026-11-21: https://platform.openai.com/docs/api-reference/batch/object,
/// https://docs.anthropic.com/en/api/retrieving-message-batches,
/// https://ai.google.dev/api/batch-api, https://docs.x.ai/docs/guides/batch-api
struct DeferredObject {
    std::string status;  ///< the provider's word; of xAI, which has none, Pulse's
    bool is_done = false;
    bool has_failed =
        false;  ///< it ended by an error, by expiry or was cancelled: some of it may be done
    std::string output_file;   ///< the name or id of the file with its output; empty: there is none
    std::string error_file;    ///< the one that says what failed
    bool has_results = false;  ///< they are had at the object's own path (Anthropic, xAI)
    std::string model;         ///< empty: not said
    Api item_api = Api::none;  ///< what the requests within it speak to; none: not said
};

/// Nothing when `body` is no such object: what its provider sends is to be asked for again.
[[nodiscard]] std::optional<DeferredObject> read_deferred_object(
    DeferredShape shape, std::string_view body);

}  // namespace pulse::llm
