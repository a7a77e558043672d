#pragma once

#include "base/request_facts.h"

#include <optional>
#include <string_view>

namespace pulse::app {

/// An API as recordings and people name it.
struct NamedApi {
    Api api = Api::none;
    bool is_stream = false;  ///< the name itself says that it streams
};

/// "chat.completions", "streamGenerateContent", "bedrock.converse-stream" …; a few names mean
/// another API at another provider ("chat" of Cohere). Nothing for a name that is none.
[[nodiscard]] std::optional<NamedApi> parse_api_name(
    std::string_view provider, std::string_view name);

}  // namespace pulse::app
