#include "llm/request/native_request.h"

#include "llm/detail/json_document.h"
#include "llm/openai/detail/governed_keys.h"
#include "llm/request/request_shapes.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace pulse::llm {
namespace {

using detail::RequestKey;
using detail::RequestKeyRow;
using detail::RequestShape;
namespace ondemand = simdjson::ondemand;

constexpr std::int64_t kAnswersMax = 16'384;
constexpr std::int64_t kOutputTokensMax = 1'000'000'000;
constexpr std::size_t kWordBytesMax = 256;
constexpr std::size_t kEndUserBytesMax = 512;
constexpr int kDepthMax = 16;

enum class Media : std::uint8_t { none, image, audio, file };

/// Names of parts that hold media, in any of the dialects.
[[nodiscard]] Media media_of(std::string_view key) {
    struct Name {
        std::string_view name;
        Media media;
    };
    static constexpr std::array kNames{
        Name{"image", Media::image},
        Name{"image_url", Media::image},
        Name{"images", Media::image},
        Name{"inlineData", Media::file},
        Name{"inline_data", Media::file},
        Name{"fileData", Media::file},
        Name{"file_data", Media::file},
        Name{"document", Media::file},
        Name{"video", Media::file},
        Name{"audio", Media::audio},
    };
    for (const Name& entry : kNames) {
        if (entry.name == key) {
            return entry.media;
        }
    }
    return Media::none;
}

[[nodiscard]] Media media_of_type(std::string_view mime) {
    if (mime.starts_with("image")) {
        return Media::image;
    }
    if (mime.starts_with("audio")) {
        return Media::audio;
    }
    return mime.starts_with("video") || mime.starts_with("application") || mime == "document" ? Media::file
                                                                                               : Media::none;
}

/// Where bytes of media stand as base64.
[[nodiscard]] bool is_payload_key(std::string_view key) {
    return key == "data" || key == "bytes" || key == "url" || key == "image_url";
}

[[nodiscard]] Error not_json(simdjson::error_code code) {
    if (code == simdjson::INCORRECT_TYPE) {
        return Error{Errc::invalid_request, "the request body must be a JSON object"};
    }
    return Error{
        Errc::invalid_request,
        std::string{"the request body is not valid JSON: "} + simdjson::error_message(code)};
}

class NativeRequestReader {
public:
    NativeRequestReader(const RequestShape& shape, Api api, std::string_view body) : shape_(shape), body_(body) {
        facts_.api = api;
        facts_.text_bytes = static_cast<std::int64_t>(body.size());
        facts_.stream = shape.streams_by_default;
    }

    [[nodiscard]] Result<RequestFacts> read();

private:
    simdjson::error_code read_field(std::string_view parent, std::string_view key, ondemand::value& value);
    simdjson::error_code read_row(const RequestKeyRow& row, ondemand::value& value);
    simdjson::error_code read_model(ondemand::value& value);
    simdjson::error_code read_flag(std::string_view name, ondemand::value& value, bool& flag);
    simdjson::error_code read_count(std::string_view name, ondemand::value& value, std::optional<std::int64_t>& count);
    simdjson::error_code read_word(std::string_view name, ondemand::value& value, std::string_view& word);
    simdjson::error_code read_word_or_null(
        std::string_view name, ondemand::value& value, std::string_view& word);
    simdjson::error_code read_content(ondemand::value& value, Media media, int depth);
    simdjson::error_code read_tools(ondemand::value& value);
    simdjson::error_code refuse(std::string_view name, std::string_view why);

    RequestShape shape_;
    std::string_view body_;
    RequestFacts facts_;
    std::bitset<64> seen_;
    std::optional<Error> error_;
};

simdjson::error_code NativeRequestReader::refuse(std::string_view name, std::string_view why) {
    std::string detail;
    detail.append("'").append(name).append("' ").append(why);
    error_.emplace(Errc::invalid_request, std::move(detail)).with_param(std::string{name});
    return simdjson::UNEXPECTED_ERROR;
}

Result<RequestFacts> NativeRequestReader::read() {
    detail::JsonDocument document;
    if (const auto error = document.open(body_)) {
        return not_json(error);
    }
    facts_.object_open = body_.find('{') + 1;
    facts_.object_empty = true;
    const auto error =
        detail::for_each_field(document.object(), [this](std::string_view key, ondemand::value& value) {
            facts_.object_empty = false;
            return read_field({}, key, value);
        });
    if (error_) {
        return *std::move(error_);
    }
    if (error) {
        return not_json(error);
    }
    if (!document.is_whole()) {
        return not_json(simdjson::TRAILING_CONTENT);
    }
    if (shape_.needs_model && facts_.model.empty()) {
        std::ignore = refuse("model", "is missing: name the model to use");
        return *std::move(error_);
    }
    facts_.text_bytes = std::max<std::int64_t>(facts_.text_bytes, 0);
    return facts_;
}

simdjson::error_code NativeRequestReader::read_field(
    std::string_view parent, std::string_view key, ondemand::value& value) {
    const RequestKeyRow* found = nullptr;
    for (const RequestKeyRow& row : shape_.rows) {
        if (row.parent == parent && row.name == key) {
            found = &row;
        }
    }
    for (const RequestKeyRow& row : shape_.rows) {
        if (found == nullptr && row.parent == parent && detail::is_disguise_of(key, row.name)) {
            return refuse(row.name, "must be written as it is: same case, without escapes");
        }
    }
    if (found == nullptr) {
        return simdjson::SUCCESS;
    }
    for (std::size_t index = 0; index < shape_.rows.size(); ++index) {
        const RequestKeyRow& row = shape_.rows[index];
        const bool is_same = row.parent == parent &&
                             (row.name == key || detail::is_disguise_of(row.name, key));
        if (is_same && seen_.test(index)) {
            return refuse(key, "stands twice: providers would read different ones");
        }
        if (&row == found) {
            seen_.set(index);
        }
    }
    return read_row(*found, value);
}

simdjson::error_code NativeRequestReader::read_row(const RequestKeyRow& row, ondemand::value& value) {
    if (row.key != RequestKey::model && detail::is_null(value)) {
        return simdjson::SUCCESS;
    }
    switch (row.key) {
        case RequestKey::model:
            return read_model(value);
        case RequestKey::stream:
            return read_flag(row.name, value, facts_.stream);
        case RequestKey::background:
            return read_flag(row.name, value, facts_.background);
        case RequestKey::output_limit: {
            std::optional<std::int64_t> limit;
            const auto error = read_count(row.name, value, limit);
            if (limit) {
                facts_.max_output_tokens =
                    std::max(facts_.max_output_tokens.value_or(0), std::min(*limit, kOutputTokensMax));
            }
            return error;
        }
        case RequestKey::answers: {
            std::optional<std::int64_t> answers;
            const auto error = read_count(row.name, value, answers);
            if (answers && *answers > kAnswersMax) {
                return refuse(row.name, "must be a whole number from 1 to 16384");
            }
            facts_.answers = std::max(facts_.answers, answers.value_or(1));
            return error;
        }
        case RequestKey::service_tier:
            return read_word(row.name, value, facts_.service_tier);
        case RequestKey::speed:
            return read_word_or_null(row.name, value, facts_.speed);
        case RequestKey::inference_geo:
            return read_word_or_null(row.name, value, facts_.inference_geo);
        case RequestKey::end_user: {
            const std::string_view text = detail::raw_text(value);
            const bool is_plain = text.size() <= kEndUserBytesMax && text.find('\\') == std::string_view::npos;
            facts_.end_user = is_plain ? text : std::string_view{};
            return simdjson::SUCCESS;
        }
        case RequestKey::content:
            return read_content(value, Media::none, 0);
        case RequestKey::prompts: {
            std::int64_t count = 0;
            const auto error = detail::for_each_element_of(value, [this, &count](ondemand::value& element) {
                ++count;
                return read_content(element, Media::none, 1);
            });
            facts_.prompts = std::max(facts_.prompts, count);
            return error;
        }
        case RequestKey::tools:
            return read_tools(value);
        case RequestKey::server_tools:
            facts_.builtin_tools = true;
            return simdjson::SUCCESS;
        case RequestKey::object:
            return detail::for_each_field_of(value, [this, &row](std::string_view key, ondemand::value& field) {
                return read_field(row.name, key, field);
            });
    }
    return simdjson::SUCCESS;
}

simdjson::error_code NativeRequestReader::read_model(ondemand::value& value) {
    const std::string_view token = detail::raw_token(value);
    const std::string_view text = detail::raw_text(value);
    if (!token.starts_with('"')) {
        return refuse("model", "must be a string");
    }
    for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 2)) {
        if (text.substr(at, 2) != "\\/") {
            return refuse("model", "must be written without escapes");
        }
        facts_.model_has_escaped_slash = true;
    }
    if (text.size() > kWordBytesMax) {
        return refuse("model", "is longer than 256 bytes");
    }
    facts_.model = text;
    facts_.model_value = {static_cast<std::size_t>(token.data() - body_.data()), token.size()};
    return simdjson::SUCCESS;
}

simdjson::error_code NativeRequestReader::read_flag(std::string_view name, ondemand::value& value, bool& flag) {
    const std::string_view token = detail::raw_token(value);
    if (token != "true" && token != "false") {
        return refuse(name, "must be true or false");
    }
    flag = token == "true";
    return simdjson::SUCCESS;
}

simdjson::error_code NativeRequestReader::read_count(
    std::string_view name, ondemand::value& value, std::optional<std::int64_t>& count) {
    std::int64_t number = 0;
    if (value.get_int64().get(number) != simdjson::SUCCESS || number < -1) {
        return refuse(name, "must be a whole number that is not negative");
    }
    if (number >= 0) {  // -1 is Ollama's word for no limit
        count = number;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code NativeRequestReader::read_word_or_null(
    std::string_view name, ondemand::value& value, std::string_view& word) {
    return detail::is_null(value) ? simdjson::SUCCESS : read_word(name, value, word);
}

simdjson::error_code NativeRequestReader::read_word(
    std::string_view name, ondemand::value& value, std::string_view& word) {
    if (!detail::raw_token(value).starts_with('"')) {
        return refuse(name, "must be a string");
    }
    word = detail::raw_text(value);
    if (word.size() > kWordBytesMax || word.find('\\') != std::string_view::npos) {
        return refuse(name, "must be a short word without escapes");
    }
    return simdjson::SUCCESS;
}

/// Counts media in whatever depth they stand, and takes their bytes off the text.
simdjson::error_code NativeRequestReader::read_content(ondemand::value& value, Media media, int depth) {
    const std::string_view token = detail::raw_token(value);
    if (depth > kDepthMax) {
        return simdjson::SUCCESS;
    }
    if (token.starts_with('[')) {
        return detail::for_each_element(value, [this, media, depth](ondemand::value& element) {
            return read_content(element, media, depth + 1);
        });
    }
    if (!token.starts_with('{')) {
        return simdjson::SUCCESS;
    }
    Media kind = Media::none;
    std::int64_t payload = 0;
    const auto counted_so_far = [this] { return facts_.images + facts_.audio_parts + facts_.file_parts; };
    const std::int64_t before = counted_so_far();
    const auto error = detail::for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        const std::string_view text = detail::raw_text(field);
        if (key == "type" || key == "mimeType" || key == "mime_type" || key == "media_type") {
            const Media stated = media_of_type(text);
            kind = stated == Media::none ? kind : stated;
        } else if (is_payload_key(key) && text.data() != nullptr) {
            const bool is_inline = key == "data" || key == "bytes" || text.starts_with("data:");
            payload += is_inline ? static_cast<std::int64_t>(text.size()) : 0;
        }
        return read_content(field, media_of(key) == Media::none ? media : media_of(key), depth + 1);
    });
    // A part counts where its payload stands ({"image":{"source":{"bytes":…}}}), else where its type is said.
    const Media counted = kind == Media::none ? media : kind;
    if (payload > 0 && counted != Media::none) {
        facts_.text_bytes -= payload;
    }
    if (counted_so_far() == before && (payload > 0 || kind != Media::none)) {
        facts_.images += counted == Media::image ? 1 : 0;
        facts_.audio_parts += counted == Media::audio ? 1 : 0;
        facts_.file_parts += counted == Media::file ? 1 : 0;
    }
    return error;
}

simdjson::error_code NativeRequestReader::read_tools(ondemand::value& value) {
    return detail::for_each_element_of(value, [this](ondemand::value& tool) {
        ++facts_.tools;
        return detail::for_each_field_of(tool, [this](std::string_view key, ondemand::value& field) {
            const std::string_view text = detail::raw_text(field);
            const bool is_dated = key == "type" && text.find("_20") != std::string_view::npos;
            const bool is_search = key == "googleSearch" || key == "google_search" ||
                                   key == "googleSearchRetrieval" || key == "googleMaps" ||
                                   key == "urlContext" || key == "url_context" || key == "codeExecution";
            facts_.builtin_tools = facts_.builtin_tools || is_dated || is_search;
            return simdjson::SUCCESS;
        });
    });
}

}  // namespace

Result<RequestFacts> read_native_request(Dialect dialect, Api api, std::string_view body) {
    return NativeRequestReader{detail::request_shape(dialect, api), api, body}.read();
}

}  // namespace pulse::llm
