#pragma once

#include "base/request_facts.h"
#include "base/usage.h"
#include "storage/records.h"

#include <cstdint>
#include <string_view>

/// Which values of the enumerations in a record this program knows: bytes of a spool and words of a
/// database may come from a newer one. The switches have no default, so that the compiler asks for
/// a new value here.
namespace pulse::storage::detail {

[[nodiscard]] constexpr bool is_known(Dialect value) {
    switch (value) {
        case Dialect::none:
        case Dialect::openai:
        case Dialect::anthropic:
        case Dialect::gemini:
        case Dialect::bedrock:
        case Dialect::cohere:
            return true;
    }
    return false;
}

[[nodiscard]] constexpr bool is_known(Api value) {
    switch (value) {
        case Api::none:
        case Api::chat_completions:
        case Api::completions:
        case Api::embeddings:
        case Api::models:
        case Api::responses:
        case Api::responses_compact:
        case Api::response_object:
        case Api::input_tokens:
        case Api::moderations:
        case Api::images:
        case Api::transcriptions:
        case Api::translations:
        case Api::speech:
        case Api::files:
        case Api::batches:
        case Api::uploads:
        case Api::assistants:
        case Api::realtime:
        case Api::messages:
        case Api::message_batches:
        case Api::token_counting:
        case Api::generate_content:
        case Api::embed_content:
        case Api::predict:
        case Api::raw_predict:
        case Api::interactions:
        case Api::cached_contents:
        case Api::converse:
        case Api::invoke:
        case Api::cohere_chat:
        case Api::cohere_generate:
        case Api::cohere_embed:
        case Api::rerank:
        case Api::ollama_chat:
        case Api::ollama_generate:
        case Api::ollama_embed:
        case Api::generation:
        case Api::predictions:
        case Api::other:
            return true;
    }
    return false;
}

[[nodiscard]] constexpr bool is_known(Outcome value) {
    switch (value) {
        case Outcome::answered:
        case Outcome::refused:
        case Outcome::provider_error:
        case Outcome::upstream_failed:
        case Outcome::cut:
        case Outcome::caller_gone:
        case Outcome::internal_error:
            return true;
    }
    return false;
}

[[nodiscard]] constexpr bool is_known(UsageSource value) {
    switch (value) {
        case UsageSource::none:
        case UsageSource::provider:
        case UsageSource::counted:
        case UsageSource::estimated:
            return true;
    }
    return false;
}

/// The value that to_string() calls `name`, the first one where there is none. Values count from 0
/// without gaps.
template <class Enum>
[[nodiscard]] Enum value_named(std::string_view name) {
    for (std::uint8_t value = 0; is_known(static_cast<Enum>(value)); ++value) {
        if (to_string(static_cast<Enum>(value)) == name) {
            return static_cast<Enum>(value);
        }
    }
    return Enum{};
}

}  // namespace pulse::storage::detail
