#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pulse {

/// What a request gives a model to read, as far as it decides how many tokens that is. Made by the
/// readers in llm/, counted by pricing/tokens. Owns its texts, which are as the model sees them:
/// escapes resolved, function tools written out. Not for the way of every request: reading it costs
/// as much as the request has text. Value; not thread-safe.
struct Prompt {
    /// How the API lays the parts out before they are counted.
    enum class Layout : std::uint8_t {
        plain,      ///< texts by themselves: completions, embeddings
        chat,       ///< messages of chat completions
        responses,  ///< instructions and items of OpenAI's Responses API
    };

    struct ToolCall {
        std::string name;
        std::string arguments;
    };

    struct Message {
        std::string role;
        std::string name;
        std::vector<std::string> texts;
        std::vector<ToolCall> calls;  ///< earlier calls of tools that are shown to the model again
        bool is_tool_result = false;
    };

    struct Image {
        enum class Detail : std::uint8_t { automatic, low, high };
        Detail detail = Detail::automatic;
        std::int32_t width =
            0;  ///< pixels; 0: not in the request (a URL, a format that is not read)
        std::int32_t height = 0;
    };

    Layout layout = Layout::chat;
    std::vector<Message> messages;  ///< with Layout::plain one for each text, without a role
    std::int64_t token_ids = 0;     ///< prompts that are given as tokens already

    std::string
        tools_text;  ///< the function tools as OpenAI shows them to a model; empty without any
    std::string tool_forced;       ///< the function that has to be called
    bool tools_forbidden = false;  ///< tool_choice "none"
    std::string schema_text;       ///< JSON Schema of the answer, as it stands in the request

    std::vector<Image> images;
    std::int64_t audio_parts = 0;
    std::int64_t file_parts = 0;
    bool has_builtin_tools = false;  ///< of the provider: what they read is not known before
    bool has_stored_parts = false;   ///< a stored prompt, an earlier response: not in the request
};

}  // namespace pulse
