#include "llm/anthropic/prompt_reader.h"

#include "llm/detail/image_size.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace pulse::llm {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kModelBytesMax = 256;

std::string_view text_of(const dom::object& object, std::string_view key) {
    std::string_view text;
    return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

class PromptReader {
public:
    [[nodiscard]] Prompt read(const dom::object& body);

private:
    void read_content(dom::element content, Prompt::Message& message);
    void read_block(const dom::object& block, Prompt::Message& message);
    void read_image(const dom::object& block);
    void read_tools(const dom::array& tools);

    Prompt prompt_;
};

Prompt PromptReader::read(const dom::object& body) {
    prompt_.layout = Prompt::Layout::chat;
    dom::element system;
    if (body["system"].get(system) == simdjson::SUCCESS) {
        Prompt::Message message;
        message.role = "system";
        read_content(system, message);
        prompt_.messages.push_back(std::move(message));
    }
    dom::array messages;
    if (body["messages"].get(messages) == simdjson::SUCCESS) {
        for (const dom::element element : messages) {
            dom::object source;
            dom::element content;
            Prompt::Message message;
            if (element.get(source) != simdjson::SUCCESS) {
                continue;
            }
            message.role = text_of(source, "role");
            if (source["content"].get(content) == simdjson::SUCCESS) {
                read_content(content, message);
            }
            prompt_.messages.push_back(std::move(message));
        }
    }
    dom::array tools;
    if (body["tools"].get(tools) == simdjson::SUCCESS) {
        read_tools(tools);
    }
    return std::move(prompt_);
}

void PromptReader::read_content(dom::element content, Prompt::Message& message) {
    std::string_view text;
    dom::array blocks;
    if (content.get(text) == simdjson::SUCCESS) {
        message.texts.emplace_back(text);
    } else if (content.get(blocks) == simdjson::SUCCESS) {
        for (const dom::element element : blocks) {
            dom::object block;
            if (element.get(block) == simdjson::SUCCESS) {
                read_block(block, message);
            }
        }
    }
}

void PromptReader::read_block(const dom::object& block, Prompt::Message& message) {
    const std::string_view type = text_of(block, "type");
    dom::element nested;
    if (type == "text") {
        message.texts.emplace_back(text_of(block, "text"));
    } else if (type == "image") {
        read_image(block);
    } else if (type == "document") {
        ++prompt_.file_parts;
    } else if (type == "tool_use") {
        std::string input;
        if (block["input"].get(nested) == simdjson::SUCCESS) {
            input = simdjson::minify(nested);
        }
        message.calls.push_back({std::string{text_of(block, "name")}, std::move(input)});
    } else if (type == "tool_result") {
        message.is_tool_result = true;
        // A result holds text, or blocks that hold no results of their own.
        if (block["content"].get(nested) == simdjson::SUCCESS) {
            dom::array inner;
            std::string_view text;
            if (nested.get(text) == simdjson::SUCCESS) {
                message.texts.emplace_back(text);
            } else if (nested.get(inner) == simdjson::SUCCESS) {
                for (const dom::element element : inner) {
                    dom::object one;
                    if (element.get(one) == simdjson::SUCCESS && text_of(one, "type") == "text") {
                        message.texts.emplace_back(text_of(one, "text"));
                    } else if (
                        element.get(one) == simdjson::SUCCESS && text_of(one, "type") == "image") {
                        read_image(one);
                    }
                }
            }
        }
    }
}

void PromptReader::read_image(const dom::object& block) {
    Prompt::Image image;
    dom::object source;
    if (block["source"].get(source) == simdjson::SUCCESS && text_of(source, "type") == "base64") {
        if (const auto size = detail::image_size_of_base64(text_of(source, "data"))) {
            image.width = size->width;
            image.height = size->height;
        }
    }
    prompt_.images.push_back(image);
}

/// Tools as JSON: how they are shown to the model is not public, their tokens follow those of their
/// text.
void PromptReader::read_tools(const dom::array& tools) {
    for (const dom::element element : tools) {
        dom::object tool;
        dom::element schema;
        if (element.get(tool) != simdjson::SUCCESS) {
            continue;
        }
        const std::string_view type = text_of(tool, "type");
        if (!type.empty() && type != "custom") {
            prompt_.has_builtin_tools = true;
            continue;
        }
        prompt_.tools_text.append(text_of(tool, "name"))
            .append("\n")
            .append(text_of(tool, "description"))
            .append("\n");
        if (tool["input_schema"].get(schema) == simdjson::SUCCESS) {
            prompt_.tools_text.append(simdjson::minify(schema)).append("\n");
        }
    }
}

}  // namespace

Result<AnthropicPrompt> read_anthropic_prompt(std::string_view body) {
    dom::parser parser;
    dom::object object;
    if (const auto error = parser.parse(body.data(), body.size()).get(object)) {
        return Error{
            Errc::invalid_request,
            std::string{"the request body is not a JSON object: "} +
                simdjson::error_message(error)};
    }
    const std::string_view model = text_of(object, "model");
    if (model.empty() || model.size() > kModelBytesMax) {
        return Error{Errc::invalid_request, "model: name the model to use, in at most 256 bytes"}
            .with_param("model");
    }
    return AnthropicPrompt{.model = std::string{model}, .prompt = PromptReader{}.read(object)};
}

}  // namespace pulse::llm
