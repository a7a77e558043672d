#include "llm/openai/prompt_reader.h"

#include "llm/detail/image_size.h"
#include "llm/openai/detail/tool_text.h"

#include <simdjson.h>

#include <string>
#include <utility>

namespace pulse::llm {
namespace {

namespace dom = simdjson::dom;

std::string_view text_of(const dom::object& object, std::string_view key) {
    std::string_view text;
    return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

Prompt::Message message_of(std::string_view role, std::string_view text) {
    Prompt::Message message;
    message.role = role;
    message.texts.emplace_back(text);
    return message;
}

class PromptReader {
public:
    PromptReader(Api api, std::size_t body_bytes) : api_(api), body_bytes_(body_bytes) {}

    [[nodiscard]] Prompt read(const dom::object& body);

private:
    void read_messages(const dom::array& messages);
    void read_items(dom::element input);
    void read_item(const dom::object& item);
    void read_texts(dom::element texts);
    void read_content(const dom::object& owner, std::string_view key, Prompt::Message& message);
    void read_part(const dom::object& part, Prompt::Message& message);
    void read_image(const dom::object& part);
    void read_calls(const dom::object& message, Prompt::Message& out);
    void read_tools(const dom::object& body);
    void read_tool_choice(const dom::object& body, std::string_view key);
    void read_schema(const dom::object& body);
    void add_text(std::string_view text);

    Api api_;
    std::size_t body_bytes_;
    Prompt prompt_;
};

Prompt PromptReader::read(const dom::object& body) {
    dom::array messages;
    dom::element input;
    if (api_ == Api::completions || api_ == Api::embeddings) {
        prompt_.layout = Prompt::Layout::plain;
        if (body[api_ == Api::embeddings ? "input" : "prompt"].get(input) == simdjson::SUCCESS) {
            read_texts(input);
        }
        return std::move(prompt_);
    }
    if (body["messages"].get(messages) == simdjson::SUCCESS) {
        prompt_.layout = Prompt::Layout::chat;
        read_messages(messages);
    } else {
        prompt_.layout = Prompt::Layout::responses;
        if (const std::string_view instructions = text_of(body, "instructions");
            !instructions.empty()) {
            prompt_.messages.push_back(message_of("developer", instructions));
        }
        if (body["input"].get(input) == simdjson::SUCCESS) {
            read_items(input);
        }
        for (const char* key : {"prompt", "previous_response_id", "conversation"}) {
            dom::element stored;
            prompt_.has_stored_parts |=
                body[key].get(stored) == simdjson::SUCCESS && !stored.is_null();
        }
    }
    read_tools(body);
    read_tool_choice(body, "tool_choice");
    read_tool_choice(body, "function_call");
    read_schema(body);
    dom::element web_search;
    prompt_.has_builtin_tools |=
        body["web_search_options"].get(web_search) == simdjson::SUCCESS && !web_search.is_null();
    return std::move(prompt_);
}

void PromptReader::read_messages(const dom::array& messages) {
    for (const dom::element element : messages) {
        dom::object source;
        if (element.get(source) != simdjson::SUCCESS) {
            continue;
        }
        Prompt::Message message;
        message.role = text_of(source, "role");
        message.name = text_of(source, "name");
        message.is_tool_result = message.role == "tool" || message.role == "function";
        read_content(source, "content", message);
        read_calls(source, message);
        prompt_.messages.push_back(std::move(message));
    }
}

void PromptReader::read_items(dom::element input) {
    std::string_view text;
    dom::array items;
    if (input.get(text) == simdjson::SUCCESS) {
        prompt_.messages.push_back(message_of("user", text));
    } else if (input.get(items) == simdjson::SUCCESS) {
        for (const dom::element element : items) {
            dom::object item;
            if (element.get(item) == simdjson::SUCCESS) {
                read_item(item);
            }
        }
    }
}

void PromptReader::read_item(const dom::object& item) {
    const std::string_view type = text_of(item, "type");
    Prompt::Message message;
    message.role = text_of(item, "role");
    if (!message.role.empty()) {
        read_content(item, "content", message);
    } else if (type == "function_call" || type == "custom_tool_call") {
        const std::string_view arguments =
            text_of(item, type == "function_call" ? "arguments" : "input");
        message.calls.push_back({std::string{text_of(item, "name")}, std::string{arguments}});
    } else if (type == "function_call_output" || type == "custom_tool_call_output") {
        message.is_tool_result = true;
        read_content(item, "output", message);
    } else {
        prompt_.has_stored_parts =
            true;  // references and reasoning: what they hold is not in the request
        return;
    }
    prompt_.messages.push_back(std::move(message));
}

void PromptReader::add_text(std::string_view text) {
    prompt_.messages.push_back(message_of({}, text));
}

/// A text, a list of texts, a list of tokens or a list of such lists.
void PromptReader::read_texts(dom::element texts) {
    std::string_view text;
    dom::array list;
    if (texts.get(text) == simdjson::SUCCESS) {
        add_text(text);
    } else if (texts.get(list) == simdjson::SUCCESS) {
        for (const dom::element element : list) {
            dom::array tokens;
            if (element.get(text) == simdjson::SUCCESS) {
                add_text(text);
            } else if (element.is_number()) {
                ++prompt_.token_ids;
            } else if (element.get(tokens) == simdjson::SUCCESS) {
                prompt_.token_ids += static_cast<std::int64_t>(tokens.size());
            }
        }
    }
}

void PromptReader::read_content(
    const dom::object& owner, std::string_view key, Prompt::Message& message) {
    dom::element content;
    std::string_view text;
    dom::array parts;
    if (owner[key].get(content) != simdjson::SUCCESS) {
        return;
    }
    if (content.get(text) == simdjson::SUCCESS) {
        message.texts.emplace_back(text);
    } else if (content.get(parts) == simdjson::SUCCESS) {
        for (const dom::element element : parts) {
            dom::object part;
            if (element.get(part) == simdjson::SUCCESS) {
                read_part(part, message);
            }
        }
    }
}

void PromptReader::read_part(const dom::object& part, Prompt::Message& message) {
    const std::string_view type = text_of(part, "type");
    if (type == "text" || type == "input_text" || type == "output_text") {
        message.texts.emplace_back(text_of(part, "text"));
    } else if (type == "refusal") {
        message.texts.emplace_back(text_of(part, "refusal"));
    } else if (type == "image_url" || type == "input_image") {
        read_image(part);
    } else if (type == "input_audio") {
        ++prompt_.audio_parts;
    } else if (type == "file" || type == "input_file") {
        ++prompt_.file_parts;
    }
}

/// Chat: {"image_url":{"url","detail"}}; Responses: {"image_url":"…","detail"}.
void PromptReader::read_image(const dom::object& part) {
    Prompt::Image image;
    dom::object nested;
    const bool is_nested = part["image_url"].get(nested) == simdjson::SUCCESS;
    const std::string_view url = is_nested ? text_of(nested, "url") : text_of(part, "image_url");
    const std::string_view detail = text_of(is_nested ? nested : part, "detail");
    if (detail == "low") {
        image.detail = Prompt::Image::Detail::low;
    } else if (detail == "high") {
        image.detail = Prompt::Image::Detail::high;
    }
    if (const auto size = detail::image_size_of_data_url(url)) {
        image.width = size->width;
        image.height = size->height;
    }
    prompt_.images.push_back(image);
}

void PromptReader::read_calls(const dom::object& message, Prompt::Message& out) {
    dom::array calls;
    dom::object function;
    const auto add = [&out](const dom::object& called) {
        out.calls.push_back(
            {std::string{text_of(called, "name")}, std::string{text_of(called, "arguments")}});
    };
    if (message["tool_calls"].get(calls) == simdjson::SUCCESS) {
        for (const dom::element element : calls) {
            if (element["function"].get(function) == simdjson::SUCCESS) {
                add(function);
            }
        }
    }
    if (message["function_call"].get(function) == simdjson::SUCCESS) {
        add(function);
    }
}

/// Chat nests a tool's function, the Responses API and the legacy `functions` do not.
void PromptReader::read_tools(const dom::object& body) {
    detail::ToolText text(body_bytes_);
    for (const char* key : {"tools", "functions"}) {
        dom::array tools;
        if (body[key].get(tools) != simdjson::SUCCESS) {
            continue;
        }
        for (const dom::element element : tools) {
            dom::object tool;
            dom::object function;
            if (element.get(tool) != simdjson::SUCCESS) {
                continue;
            }
            const std::string_view type = text_of(tool, "type");
            if (!type.empty() && type != "function") {
                prompt_.has_builtin_tools |= type != "custom";
            } else if (tool["function"].get(function) == simdjson::SUCCESS) {
                text.add(function);
            } else {
                text.add(tool);
            }
        }
    }
    if (!text.is_empty()) {
        prompt_.tools_text = text.finish();
    }
}

void PromptReader::read_tool_choice(const dom::object& body, std::string_view key) {
    dom::element choice;
    dom::object named;
    dom::object function;
    std::string_view word;
    if (body[key].get(choice) != simdjson::SUCCESS) {
        return;
    }
    if (choice.get(word) == simdjson::SUCCESS) {
        prompt_.tools_forbidden = word == "none";
    } else if (choice.get(named) == simdjson::SUCCESS) {
        const bool is_nested = named["function"].get(function) == simdjson::SUCCESS;
        prompt_.tool_forced = text_of(is_nested ? function : named, "name");
    }
}

/// Chat: response_format.json_schema.schema; Responses: text.format.schema.
void PromptReader::read_schema(const dom::object& body) {
    dom::element schema;
    if (body.at_pointer("/response_format/json_schema/schema").get(schema) == simdjson::SUCCESS ||
        body.at_pointer("/text/format/schema").get(schema) == simdjson::SUCCESS) {
        prompt_.schema_text = simdjson::minify(schema);
    }
}

}  // namespace

Result<Prompt> read_openai_prompt(Api api, std::string_view body) {
    dom::parser parser;
    dom::object object;
    if (const auto error = parser.parse(body.data(), body.size()).get(object)) {
        return Error{
            Errc::invalid_request,
            std::string{"the request body is not a JSON object: "} +
                simdjson::error_message(error)};
    }
    return PromptReader{api, body.size()}.read(object);
}

}  // namespace pulse::llm
