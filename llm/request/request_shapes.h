#pragma once

#include "base/request_facts.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace pulse::llm::detail {

/// What a key of a request means for Pulse.
enum class RequestKey : std::uint8_t {
    model,
    stream,
    output_limit,
    answers,
    service_tier,
    speed,
    inference_geo,
    end_user,
    content,       ///< text and media, in any depth
    prompts,       ///< a list of things that are each a prompt: its size counts
    tools,
    server_tools,  ///< there: the provider runs tools and bills them
    background,
    object,        ///< holds rows of its own
};
inline constexpr std::size_t kRequestKeys = 14;

/// A key, at the top or within `parent`. Two spellings of one key are two rows.
struct RequestKeyRow {
    std::string_view name;
    RequestKey key;
    std::string_view parent = {};
};

struct RequestShape {
    std::span<const RequestKeyRow> rows;
    bool needs_model = false;
    bool streams_by_default = false;
};

[[nodiscard]] RequestShape request_shape(Dialect dialect, Api api);

}  // namespace pulse::llm::detail
