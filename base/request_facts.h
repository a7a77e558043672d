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
    responses = 5,  ///< `/responses`: creates
    responses_compact = 6,  ///< `/responses/compact`
    response_object = 7,  ///< a stored response: read, cancelled, deleted
    input_tokens = 8,  ///< `/responses/input_tokens`: counts, not billed
    moderations = 9,
    images = 10,  ///< generations, edits, variations
    transcriptions = 11,
    translations = 12,
    speech = 13,
    files = 14,
    batches = 15,  ///< OpenAI's and compatible ones
    uploads = 16,
    assistants = 17,
    realtime = 18,  ///< WebSocket
    messages = 19,  ///< Anthropic
    message_batches = 20,  ///< Anthropic
    token_counting = 21,  ///< every dialect's path that only counts
    generate_content = 22,  ///< Gemini, Vertex; also streamed
    embed_content = 23,  ///< also batchEmbedContents
    predict = 24,  ///< Vertex
    raw_predict = 25,  ///< Vertex, a partner's own format; also streamed
    interactions = 26,  ///< Gemini
    cached_contents = 27,  ///< Gemini
    converse = 28,  ///< Bedrock; also streamed
    invoke = 29,  ///< Bedrock, the model family's own format; also streamed
    cohere_chat = 30,  ///< Cohere v1 and v2
    cohere_generate = 31,  ///< Cohere
    cohere_embed = 32,  ///< Cohere
    rerank = 33,  ///< Cohere, Voyage, OpenRouter and compatible ones
    ollama_chat = 34,
    ollama_generate = 35,
    ollama_embed = 36,
    generation = 37,  ///< watsonx
    predictions = 38,  ///< Replicate
    other = 39,  ///< any path of a provider that has no meter of its own
};
[[nodiscard]] std::string_view to_string(Api api);

/// The wire format a caller or a provider speaks. Order is part of the spool's format: append only.
enum class Dialect : std::uint8_t {
    none = 0,
    openai = 1,
    anthropic = 2,
    gemini = 3,
    bedrock = 4,
    cohere = 5,
};
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
    bool background = false;            ///< the work goes on after the answer; its usage is had later
    std::optional<bool> store;          ///< whether the provider keeps the answer as an object
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
    std::int64_t audio_seconds = 0;  ///< of an upload: by its header, else as long as its size allows for speech
    std::int64_t characters = 0;  ///< of a text that is to be spoken; Unicode code points
    bool builtin_tools = false;  ///< tools the provider runs and bills (web search …)

    std::string_view end_user;  ///< `safety_identifier`, else `user`; empty when absent or escaped
    std::string_view service_tier;  ///< as asked; empty when absent
    std::string_view speed;          ///< Anthropic's "fast" or "standard", as asked; empty when absent
    std::string_view inference_geo;  ///< Anthropic's place of the work, as asked; empty when absent

    std::string_view image_size;     ///< "1024x1024": of images to be made
    std::string_view image_quality;  ///< "hd"

    bool is_form = false;   ///< multipart/form-data: `model_value` has no quotes
    ByteRange model_value;  ///< the model's JSON string with its quotes; empty: the body names none
    std::optional<ByteRange>
        stream_options;  ///< the value of `stream_options` where the key exists
    std::optional<ByteRange>
        include_usage;  ///< the value of `stream_options.include_usage` where it exists
    bool stream_options_empty = false;  ///< `{}` or null
    std::size_t object_open = 0;        ///< offset just behind the body's opening brace
    bool object_empty = false;
};

}  // namespace pulse
