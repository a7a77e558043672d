#pragma once

#include <cstdint>
#include <string_view>

namespace pulse::llm::detail {

/// The top-level keys of a request that decide what it may do and what it costs.
enum class GovernedKey : std::uint8_t {
    model,
    stream,
    stream_options,
    n,
    best_of,
    max_tokens,
    max_completion_tokens,
    service_tier,
    user,
    safety_identifier,
    messages,
    prompt,
    input,
    tools,
    functions,
    web_search_options,
    plugins,
    models,
    max_output_tokens,
    background,
    store,
    size,
    quality,
    none,
};

/// The key's name as the API writes it; empty for none.
[[nodiscard]] std::string_view to_string(GovernedKey key);

struct KeyMatch {
    GovernedKey key = GovernedKey::none;
    bool is_plain =
        true;  ///< false: written so that some providers read it as `key` and others do not
};

/// Which governed key `raw` (the bytes between the quotes) is, or would be for some provider: JSON
/// escapes are resolved by all, letter case is ignored by Go's encoding/json (with U+017F and
/// U+212A as s and k), underscores are optional in protobuf's JSON mapping, and a NUL ends a name
/// for parsers with C strings. Source: https://pkg.go.dev/encoding/json#Unmarshal;
/// https://protobuf.dev/programming-guides/json/
[[nodiscard]] KeyMatch match_governed_key(std::string_view raw);

/// `raw` is not `name`, but some provider would take it for it.
[[nodiscard]] bool is_disguise_of(std::string_view raw, std::string_view name);

}  // namespace pulse::llm::detail
