#include "app/explain/recorded_answer.h"

#include "app/explain/api_name.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace pulse::app {
namespace {

namespace json = boost::json;

Error invalid(const std::string& what) {
    return Error(Errc::invalid_request, "exchange: " + what);
}

std::string_view text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view{value->get_string()}
                                                  : std::string_view{};
}

const json::object* object_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr ? value->if_object() : nullptr;
}

std::optional<std::string> decoded_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size()));
    if (size < 0) {
        return std::nullopt;
    }
    // The function counts the bytes that padding stands for.
    const auto padding = static_cast<std::size_t>(
        text.ends_with("==")  ? 2
        : text.ends_with('=') ? 1
                              : 0);
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

bool is_name(std::string_view name, std::string_view lower_case) {
    return std::equal(
        name.begin(), name.end(), lower_case.begin(), lower_case.end(), [](char one, char other) {
            return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == other;
        });
}

struct FramingName {
    std::string_view framing;
    std::string_view content_type;
};
constexpr std::array kFramingNames{
    FramingName{"json", "application/json"},
    FramingName{"json-array", "application/json"},
    FramingName{"sse", "text/event-stream"},
    FramingName{"ndjson", "application/x-ndjson"},
    FramingName{"aws-eventstream", "application/vnd.amazon.eventstream"},
    FramingName{"text", "text/plain"},
    FramingName{"binary", "application/octet-stream"},
};

std::string_view content_type_of(std::string_view framing) {
    const auto* known = std::find_if(
        kFramingNames.begin(), kFramingNames.end(), [framing](const FramingName& name) {
            return name.framing == framing;
        });
    return known != kFramingNames.end() ? known->content_type : std::string_view{};
}

void take_head(const json::object& response, RecordedAnswer& answer) {
    const json::object* head = object_of(response, "headers");
    for (const auto& [name, value] : head != nullptr ? *head : json::object{}) {
        if (!value.is_string() || is_name(name, "content-encoding")) {
            continue;  // bodies are kept inflated
        }
        const std::string_view text{value.get_string()};
        if (is_name(name, "content-type")) {
            answer.content_type = text;
        }
        answer.head.push_back({std::string{name}, std::string{text}});
    }
    // Recorders leave the type out or black it out; the framing says what it was.
    if (answer.content_type.find('/') == std::string::npos) {
        answer.content_type = content_type_of(text_of(response, "framing"));
    }
}

int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    const char lower = static_cast<char>(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_escape = text[at] == '%' && at + 2 < text.size() &&
                               hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
        if (is_escape) {
            decoded += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
            at += 2;
        } else {
            decoded += text[at];
        }
    }
    return decoded;
}

/// Gemini, Vertex, Bedrock and Azure name the model in the path: behind one of these words.
std::string model_of(std::string_view url) {
    url = url.substr(0, url.find('?'));
    for (const std::string_view word : {"/models/", "/model/", "/deployments/", "/tunedModels/"}) {
        const std::size_t at = url.find(word);
        if (at != std::string_view::npos) {
            const std::string_view rest = url.substr(at + word.size());
            return percent_decoded(rest.substr(0, rest.find_first_of("/:")));
        }
    }
    return {};
}

void take_request(const json::object& exchange, RecordedAnswer& answer) {
    const json::object* request = object_of(exchange, "request");
    if (request == nullptr) {
        return;
    }
    answer.model_requested = model_of(text_of(*request, "url"));
    const json::object* body = object_of(*request, "body");
    if (body != nullptr && !text_of(*body, "model").empty()) {
        answer.model_requested = text_of(*body, "model");
    }
}

}  // namespace

Result<RecordedAnswer> parse_exchange(const json::value& exchange) {
    const json::object* object = exchange.if_object();
    const json::object* response = object != nullptr ? object_of(*object, "response") : nullptr;
    if (response == nullptr) {
        return invalid("not an object with `provider`, `api` and `response`");
    }
    RecordedAnswer answer;
    answer.provider = text_of(*object, "provider");
    const std::string_view api_name = text_of(*object, "api");
    const auto api = parse_api_name(answer.provider, api_name);
    if (answer.provider.empty() || !api) {
        return invalid(
            "`provider` and `api` name no API that Pulse knows: \"" + std::string{api_name} + "\"");
    }
    answer.api = api->api;
    const json::value* streaming = object->if_contains("streaming");
    answer.is_stream =
        api->is_stream || (streaming != nullptr && streaming->is_bool() && streaming->get_bool());
    const json::value* status = response->if_contains("status");
    if (status != nullptr && status->is_int64()) {
        answer.status = static_cast<int>(status->get_int64());
    }
    take_head(*response, answer);
    take_request(*object, answer);
    const std::string_view encoded = text_of(*response, "body_base64");
    auto bytes =
        encoded.empty() ? std::string{text_of(*response, "body_text")} : decoded_base64(encoded);
    if (!bytes) {
        return invalid("`response.body_base64` is not base64");
    }
    answer.body = std::move(*bytes);
    return answer;
}

}  // namespace pulse::app
