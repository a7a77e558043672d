#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse {

/// The API a request speaks to. Order is part of the spool's format: append only.
enum class Api : std::uint8_t {
    none = 0,
    chat_completions = 1,
    completions = 2,
    embeddings = 3,
    models = 4,
};
[[nodiscard]] std::string_view to_string(Api api);

/// The wire format a caller or a provider speaks. Order is part of the spool's format: append only.
enum class Dialect : std::uint8_t { none = 0, openai = 1, anthropic = 2 };
[[nodiscard]] std::string_view to_string(Dialect dialect);

/// Bytes [offset, offset + size) of a request body.
struct ByteRange {
    std::size_t offset = 0;
    std::size_t size = 0;
};

/// What a caller said about the usage chunk of a stream.
enum class UsageOption : std::uint8_t { absent, wanted, refused };

/// What Pulse needs to know of a request's body, read in one walk. Views point into the body and
/// live as long as it does. Value; not thread-safe.
struct RequestFacts {
    Api api = Api::none;
    std::string_view
        model;  ///< as written between its quotes; the only escape that is not refused is `\/`
    bool model_has_escaped_slash = false;
    bool names_fallback_models =
        false;  ///< a `models` list: the provider may serve others than `model`
    bool stream = false;
    UsageOption usage_option = UsageOption::absent;
    std::optional<std::int64_t> max_output_tokens;  ///< the caller's limit per answer, if any
    std::int64_t answers = 1;                       ///< `n` (chat), `n`·or `best_of` (completions)

    std::int64_t text_bytes =
        0;  ///< upper bound of prompt text in bytes: the whole body's size unless known better
    std::int64_t prompts = 1;  ///< how many prompts or inputs the body holds
    std::int64_t images = 0;
    std::int64_t audio_parts = 0;
    std::int64_t file_parts = 0;
    std::int64_t tools = 0;
    bool builtin_tools = false;  ///< tools the provider runs and bills (web search …)

    std::string_view end_user;  ///< `safety_identifier`, else `user`; empty when absent or escaped
    std::string_view service_tier;  ///< as asked; empty when absent

    ByteRange model_value;  ///< the model's JSON string with its quotes
    std::optional<ByteRange>
        stream_options;  ///< the value of `stream_options` where the key exists
    std::optional<ByteRange>
        include_usage;  ///< the value of `stream_options.include_usage` where it exists
    bool stream_options_empty = false;  ///< `{}` or null
    std::size_t object_open = 0;        ///< offset just behind the body's opening brace
    bool object_empty = false;
};

}  // namespace pulse
