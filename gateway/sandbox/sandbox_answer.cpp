#include "gateway/sandbox/sandbox_answer.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>

namespace pulse::gateway {

namespace json = boost::json;

namespace {

constexpr std::string_view kFingerprint = "pulse-sandbox";
constexpr std::int64_t kCreated = 1'767'225'600;  // fixed, so that equal requests get equal bytes
constexpr std::size_t kEchoBytesMax = 200;
constexpr std::int64_t kAnswersMax = 8;
constexpr std::size_t kDimensions = 8;

[[nodiscard]] std::int64_t prompt_tokens_of(std::size_t bytes) { return static_cast<std::int64_t>((bytes + 3) / 4); }

[[nodiscard]] SandboxAnswer refusal(int status, std::string_view message) {
    SandboxAnswer answer;
    answer.status = status;
    answer.body = json::serialize(json::object{
        {"error", {{"message", message}, {"type", "invalid_request_error"}, {"param", nullptr}, {"code", nullptr}}}});
    return answer;
}

[[nodiscard]] std::string text_of(const json::value& content) {
    if (content.is_string()) {
        return std::string(content.get_string());
    }
    std::string text;
    if (content.is_array()) {
        for (const json::value& part : content.get_array()) {
            if (part.is_string()) {
                text += part.get_string();
            } else if (part.is_object() && part.get_object().contains("text")) {
                text += text_of(part.get_object().at("text"));
            }
        }
    }
    return text;
}

struct Prompt {
    std::string last;       ///< what is repeated
    std::size_t bytes = 0;  ///< of all texts
};

[[nodiscard]] Prompt prompt_of(const json::object& request) {
    Prompt prompt;
    if (const json::value* messages = request.if_contains("messages"); messages != nullptr && messages->is_array()) {
        for (const json::value& message : messages->get_array()) {
            if (message.is_object() && message.get_object().contains("content")) {
                prompt.last = text_of(message.get_object().at("content"));
                prompt.bytes += prompt.last.size();
            }
        }
    } else if (const json::value* text = request.if_contains("prompt"); text != nullptr) {
        prompt.last = text_of(*text);
        prompt.bytes = prompt.last.size();
    }
    return prompt;
}

[[nodiscard]] std::int64_t integer_or(const json::object& request, std::string_view name, std::int64_t otherwise) {
    const json::value* value = request.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

/// The answer cut into words, each with the blank before it.
[[nodiscard]] std::vector<std::string> words_of(const std::string& text, std::int64_t limit) {
    std::vector<std::string> words;
    std::size_t begin = 0;
    while (begin < text.size() && static_cast<std::int64_t>(words.size()) < limit) {
        std::size_t end = text.find(' ', begin + 1);
        end = end == std::string::npos ? text.size() : end;
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

/// Cut at a UTF-8 boundary.
[[nodiscard]] std::string beginning_of(const std::string& text) {
    std::size_t size = std::min(text.size(), kEchoBytesMax);
    while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    return text.substr(0, size);
}

class Generation {
public:
    Generation(const json::object& request, bool is_chat) : request_(request), is_chat_(is_chat) {
        const Prompt prompt = prompt_of(request);
        prompt_tokens_ = prompt_tokens_of(prompt.bytes);
        const std::string text =
            "This is the Pulse sandbox: no provider was called. You said: " + beginning_of(prompt.last);
        const std::int64_t limit =
            integer_or(request, "max_completion_tokens", integer_or(request, "max_tokens", INT64_MAX));
        words_ = words_of(text, std::max<std::int64_t>(limit, 1));
        std::size_t used = 0;
        for (const std::string& word : words_) {
            used += word.size();
        }
        finish_ = used < text.size() ? "length" : "stop";
        answers_ = std::clamp<std::int64_t>(integer_or(request, "n", 1), 1, kAnswersMax);
        id_ = (is_chat ? "chatcmpl-sandbox-" : "cmpl-sandbox-") +
              std::to_string(std::hash<std::string>{}(json::serialize(request)));
    }

    [[nodiscard]] std::string body() const {
        json::array choices;
        std::string text;
        for (const std::string& word : words_) {
            text += word;
        }
        for (std::int64_t i = 0; i < answers_; ++i) {
            json::object choice{{"index", i}};
            if (is_chat_) {
                choice["message"] = {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}};
            } else {
                choice["text"] = text;
            }
            choice["logprobs"] = nullptr;
            choice["finish_reason"] = finish_;
            choices.push_back(std::move(choice));
        }
        json::object answer = frame(is_chat_ ? "chat.completion" : "text_completion");
        answer["choices"] = std::move(choices);
        answer["usage"] = usage();
        return json::serialize(answer);
    }

    [[nodiscard]] std::vector<std::string> events(bool with_usage) const {
        std::vector<std::string> events;
        for (std::int64_t i = 0; i < answers_ && is_chat_; ++i) {
            events.push_back(chunk(i, json::object{{"role", "assistant"}, {"content", ""}}, nullptr));
        }
        for (const std::string& word : words_) {
            for (std::int64_t i = 0; i < answers_; ++i) {
                events.push_back(chunk(i, is_chat_ ? json::value(json::object{{"content", word}}) : json::value(word), nullptr));
            }
        }
        for (std::int64_t i = 0; i < answers_; ++i) {
            events.push_back(chunk(i, is_chat_ ? json::value(json::object{}) : json::value(""), json::value(finish_)));
        }
        if (with_usage) {
            json::object last = frame(is_chat_ ? "chat.completion.chunk" : "text_completion");
            last["choices"] = json::array{};
            last["usage"] = usage();
            events.push_back(event(last));
        }
        events.emplace_back("data: [DONE]\n\n");
        return events;
    }

private:
    [[nodiscard]] json::object frame(std::string_view object) const {
        return {
            {"id", id_},
            {"object", object},
            {"created", kCreated},
            {"model", request_.at("model")},
            {"system_fingerprint", kFingerprint}};
    }
    [[nodiscard]] json::object usage() const {
        const std::int64_t output = static_cast<std::int64_t>(words_.size()) * answers_;
        return {
            {"prompt_tokens", prompt_tokens_},
            {"completion_tokens", output},
            {"total_tokens", prompt_tokens_ + output}};
    }
    [[nodiscard]] std::string chunk(std::int64_t index, json::value delta, json::value finish) const {
        json::object chunk = frame(is_chat_ ? "chat.completion.chunk" : "text_completion");
        json::object choice{{"index", index}};
        choice[is_chat_ ? "delta" : "text"] = std::move(delta);
        choice["logprobs"] = nullptr;
        choice["finish_reason"] = std::move(finish);
        chunk["choices"] = json::array{std::move(choice)};
        return event(chunk);
    }
    [[nodiscard]] static std::string event(const json::object& chunk) {
        return "data: " + json::serialize(chunk) + "\n\n";
    }

    const json::object& request_;
    bool is_chat_;
    std::int64_t prompt_tokens_ = 0;
    std::int64_t answers_ = 1;
    std::vector<std::string> words_;
    std::string finish_;
    std::string id_;
};

[[nodiscard]] json::array embedding_of(const std::string& text) {
    json::array vector;
    std::uint64_t state = std::hash<std::string>{}(text);
    for (std::size_t i = 0; i < kDimensions; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        vector.push_back(static_cast<double>(static_cast<std::int64_t>(state >> 44) - (1 << 19)) / (1 << 20));
    }
    return vector;
}

[[nodiscard]] SandboxAnswer embed(const json::object& request) {
    const json::value* input = request.if_contains("input");
    if (input == nullptr) {
        return refusal(400, "`input` is missing.");
    }
    std::vector<std::string> texts;
    if (input->is_array() && !input->get_array().empty() && !input->get_array().front().is_int64()) {
        for (const json::value& one : input->get_array()) {
            texts.push_back(one.is_string() ? std::string(one.get_string()) : json::serialize(one));
        }
    } else {
        texts.push_back(input->is_string() ? std::string(input->get_string()) : json::serialize(*input));
    }
    json::array data;
    std::size_t bytes = 0;
    for (const std::string& text : texts) {
        bytes += text.size();
        data.push_back({{"object", "embedding"}, {"index", data.size()}, {"embedding", embedding_of(text)}});
    }
    const std::int64_t tokens = prompt_tokens_of(bytes);
    SandboxAnswer answer;
    answer.body = json::serialize(json::object{
        {"object", "list"},
        {"data", std::move(data)},
        {"model", request.at("model")},
        {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
    return answer;
}

[[nodiscard]] bool wants_usage(const json::object& request) {
    const json::value* options = request.if_contains("stream_options");
    const json::value* wanted =
        options != nullptr && options->is_object() ? options->get_object().if_contains("include_usage") : nullptr;
    return wanted != nullptr && wanted->is_bool() && wanted->get_bool();
}

}  // namespace

SandboxAnswer answer_in_sandbox(std::string_view path, std::string_view body) {
    boost::system::error_code failed;
    const json::value parsed = json::parse(body, failed);
    if (failed || !parsed.is_object() || !parsed.get_object().contains("model")) {
        return refusal(400, "The body is no JSON object with a model.");
    }
    const json::object& request = parsed.get_object();
    if (path == "/v1/embeddings") {
        return embed(request);
    }
    const bool is_chat = path == "/v1/chat/completions";
    if (!is_chat && path != "/v1/completions") {
        return refusal(404, "The sandbox serves chat completions, completions and embeddings.");
    }
    const Generation generation(request, is_chat);
    const json::value* stream = request.if_contains("stream");
    SandboxAnswer answer;
    answer.is_stream = stream != nullptr && stream->is_bool() && stream->get_bool();
    if (answer.is_stream) {
        answer.events = generation.events(wants_usage(request));
    } else {
        answer.body = generation.body();
    }
    return answer;
}

}  // namespace pulse::gateway
