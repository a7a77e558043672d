#include "llm/openai/request_reader.h"

#include "llm/detail/json_document.h"
#include "llm/openai/detail/governed_keys.h"
#include "llm/openai/detail/request_content.h"

#include <algorithm>
#include <bitset>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace pulse::llm {
namespace {

using detail::GovernedKey;
namespace ondemand = simdjson::ondemand;

// More than any server takes by default (OpenAI: 128); bounds the product of a reservation.
constexpr std::int64_t kAnswersMax = 16'384;
// A caller's limit above it means "no limit": it is read as this, so that a reservation stays a
// sane product.
constexpr std::int64_t kOutputTokensMax = 1'000'000'000;
// Names go into rows and headers.
constexpr std::size_t kModelBytesMax = 256;
constexpr std::size_t kEndUserBytesMax = 512;

class RequestReader {
public:
    RequestReader(Api api, std::string_view body, bool path_names_model)
        : body_(body), path_names_model_(path_names_model) {
        facts_.api = api;
        facts_.text_bytes = static_cast<std::int64_t>(body.size());
    }

    [[nodiscard]] Result<RequestFacts> read();

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_governed(GovernedKey key, ondemand::value& value);
    simdjson::error_code read_model(ondemand::value& value);
    simdjson::error_code read_flag(ondemand::value& value, std::string_view param, bool& flag);
    simdjson::error_code read_stream_options(ondemand::value& value);
    simdjson::error_code read_stream_option(std::string_view key, ondemand::value& value);
    simdjson::error_code read_answers(GovernedKey key, ondemand::value& value);
    simdjson::error_code read_output_limit(GovernedKey key, ondemand::value& value);
    simdjson::error_code read_word(GovernedKey key, ondemand::value& value, std::string_view& word);
    simdjson::error_code read_end_user(GovernedKey key, ondemand::value& value);
    simdjson::error_code read_content(GovernedKey key, ondemand::value& value);
    simdjson::error_code read_input(ondemand::value& value);

    simdjson::error_code refuse(std::string_view param, std::string_view why);
    [[nodiscard]] bool makes_images() const { return facts_.api == Api::images; }
    /// The API has a model of its own where none is named, a stored prompt has one, or the path may
    /// name it.
    [[nodiscard]] bool has_default_model() const {
        return facts_.api == Api::moderations || facts_.api == Api::images || path_names_model_ ||
               (facts_.api == Api::responses &&
                seen_.test(static_cast<std::size_t>(GovernedKey::prompt)));
    }
    [[nodiscard]] ByteRange range_of(std::string_view text) const {
        return {static_cast<std::size_t>(text.data() - body_.data()), text.size()};
    }

    std::string_view body_;
    bool path_names_model_;
    RequestFacts facts_;
    std::bitset<static_cast<std::size_t>(GovernedKey::none)> seen_;
    std::string_view user_;
    std::optional<Error> error_;
};

/// Ends the walk; read() answers with the error.
simdjson::error_code RequestReader::refuse(std::string_view param, std::string_view why) {
    std::string detail;
    detail.reserve(param.size() + why.size() + 3);
    detail.append("'").append(param).append("' ").append(why);
    error_.emplace(Errc::invalid_request, std::move(detail)).with_param(std::string{param});
    return simdjson::UNEXPECTED_ERROR;
}

Error not_json(simdjson::error_code code) {
    if (code == simdjson::INCORRECT_TYPE) {
        return Error{Errc::invalid_request, "the request body must be a JSON object"};
    }
    return Error{
        Errc::invalid_request,
        std::string{"the request body is not valid JSON: "} + simdjson::error_message(code)};
}

Result<RequestFacts> RequestReader::read() {
    detail::JsonDocument document;
    if (const auto error = document.open(body_)) {
        return not_json(error);
    }
    facts_.object_open = body_.find('{') + 1;
    facts_.object_empty = true;
    const auto error = detail::for_each_field(
        document.object(),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    if (error_) {
        return *std::move(error_);
    }
    if (error) {
        return not_json(error);
    }
    if (!document.is_whole()) {
        return not_json(simdjson::TRAILING_CONTENT);
    }
    if (!seen_.test(static_cast<std::size_t>(GovernedKey::model)) && !has_default_model()) {
        std::ignore = refuse("model", "is missing: name the model to use");
        return *std::move(error_);
    }
    if (facts_.end_user.empty()) {
        facts_.end_user = user_;
    }
    return facts_;
}

simdjson::error_code RequestReader::read_field(std::string_view key, ondemand::value& value) {
    facts_.object_empty = false;
    const detail::KeyMatch match = detail::match_governed_key(key);
    if (match.key == GovernedKey::none) {
        return simdjson::SUCCESS;
    }
    const std::string_view name = to_string(match.key);
    if (!match.is_plain) {
        return refuse(name, "must be written as it is: lower case, without escapes");
    }
    const auto index = static_cast<std::size_t>(match.key);
    if (seen_.test(index)) {
        return refuse(name, "stands twice: providers would read different ones");
    }
    seen_.set(index);
    return read_governed(match.key, value);
}

simdjson::error_code RequestReader::read_governed(GovernedKey key, ondemand::value& value) {
    switch (key) {
        case GovernedKey::model:
            return read_model(value);
        case GovernedKey::stream:
            return read_flag(value, "stream", facts_.stream);
        case GovernedKey::stream_options:
            return read_stream_options(value);
        case GovernedKey::n:
        case GovernedKey::best_of:
            return read_answers(key, value);
        case GovernedKey::max_tokens:
        case GovernedKey::max_completion_tokens:
        case GovernedKey::max_output_tokens:
            return read_output_limit(key, value);
        case GovernedKey::background:
            return read_flag(value, "background", facts_.background);
        case GovernedKey::store: {
            bool stores = false;
            const auto error = read_flag(value, "store", stores);
            if (!detail::is_null(value)) {
                facts_.store = stores;
            }
            return error;
        }
        case GovernedKey::size:
            return makes_images() ? read_word(key, value, facts_.image_size) : simdjson::SUCCESS;
        case GovernedKey::quality:
            return makes_images() ? read_word(key, value, facts_.image_quality) : simdjson::SUCCESS;
        case GovernedKey::service_tier:
            return read_word(key, value, facts_.service_tier);
        case GovernedKey::user:
        case GovernedKey::safety_identifier:
            return read_end_user(key, value);
        case GovernedKey::messages:
        case GovernedKey::prompt:
        case GovernedKey::input:
        case GovernedKey::tools:
        case GovernedKey::functions:
            return read_content(key, value);
        case GovernedKey::models:
            facts_.names_fallback_models = !detail::is_null(value);
            return simdjson::SUCCESS;
        case GovernedKey::web_search_options:
        case GovernedKey::plugins: {
            const std::string_view token = detail::raw_token(value);
            facts_.builtin_tools = facts_.builtin_tools || (token != "null" && token != "false");
            return simdjson::SUCCESS;
        }
        case GovernedKey::none:
            break;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_model(ondemand::value& value) {
    const std::string_view token = detail::raw_token(value);
    const std::string_view text = detail::raw_text(value);
    if (!token.starts_with('"')) {
        return refuse("model", "must be a string");
    }
    if (text.empty()) {
        return refuse("model", "is empty: name the model to use");
    }
    // "openai\/gpt-4o" is how PHP writes a slash: the one escape that everybody reads alike.
    for (std::size_t at = text.find('\\'); at != std::string_view::npos;
         at = text.find('\\', at + 2)) {
        if (text.substr(at, 2) != "\\/") {
            return refuse("model", "must be written without escapes");
        }
        facts_.model_has_escaped_slash = true;
    }
    if (text.size() > kModelBytesMax) {
        return refuse("model", "is longer than 256 bytes");
    }
    facts_.model = text;
    facts_.model_value = range_of(token);
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_flag(
    ondemand::value& value, std::string_view param, bool& flag) {
    const std::string_view token = detail::raw_token(value);
    if (token != "true" && token != "false" && token != "null") {
        return refuse(param, "must be true or false");
    }
    flag = token == "true";
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_stream_options(ondemand::value& value) {
    if (detail::is_null(value)) {
        facts_.stream_options = range_of(detail::raw_token(value));
        facts_.stream_options_empty = true;
        return simdjson::SUCCESS;
    }
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) {
        return refuse("stream_options", "must be an object");
    }
    std::string_view text;
    if (const auto error = object.raw_json().get(text)) {
        return error;
    }
    facts_.stream_options = range_of(text.substr(0, text.rfind('}') + 1));
    bool has_fields = false;
    if (const auto error = object.reset().get(has_fields)) {
        return error;
    }
    facts_.stream_options_empty = !has_fields;
    if (!has_fields) {
        return simdjson::SUCCESS;
    }
    return detail::for_each_field(object, [this](std::string_view key, ondemand::value& field) {
        return read_stream_option(key, field);
    });
}

simdjson::error_code RequestReader::read_stream_option(
    std::string_view key, ondemand::value& value) {
    if (key != "include_usage") {
        return detail::is_disguise_of(key, "include_usage")
                   ? refuse("stream_options", "must write include_usage as it is")
                   : simdjson::SUCCESS;
    }
    if (facts_.include_usage) {
        return refuse("stream_options", "holds include_usage twice");
    }
    const std::string_view token = detail::raw_token(value);
    facts_.include_usage = range_of(token);
    bool is_wanted = false;
    const auto error = read_flag(value, "stream_options.include_usage", is_wanted);
    facts_.usage_option = is_wanted         ? UsageOption::wanted
                          : token == "null" ? UsageOption::absent
                                            : UsageOption::refused;
    return error;
}

simdjson::error_code RequestReader::read_answers(GovernedKey key, ondemand::value& value) {
    const bool is_read =
        key == GovernedKey::n ? facts_.api != Api::embeddings : facts_.api == Api::completions;
    std::int64_t answers = 1;
    if (!detail::is_null(value) && (value.get_int64().get(answers) != simdjson::SUCCESS ||
                                    answers < 1 || answers > kAnswersMax)) {
        return refuse(to_string(key), "must be a whole number from 1 to 16384");
    }
    if (is_read) {
        facts_.answers = std::max(facts_.answers, answers);
    }
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_output_limit(GovernedKey key, ondemand::value& value) {
    if (detail::is_null(value)) {
        return simdjson::SUCCESS;
    }
    std::int64_t limit = 0;
    if (value.get_int64().get(limit) != simdjson::SUCCESS || limit < 0) {
        return refuse(to_string(key), "must be a whole number that is not negative");
    }
    // A provider obeys the one that it knows: the larger one is the safe reading.
    facts_.max_output_tokens =
        std::max(facts_.max_output_tokens.value_or(0), std::min(limit, kOutputTokensMax));
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_word(
    GovernedKey key, ondemand::value& value, std::string_view& word) {
    if (detail::is_null(value)) {
        return simdjson::SUCCESS;
    }
    if (!detail::raw_token(value).starts_with('"')) {
        return refuse(to_string(key), "must be a string");
    }
    word = detail::raw_text(value);
    if (word.size() > kModelBytesMax || word.find('\\') != std::string_view::npos) {
        return refuse(to_string(key), "must be a short word without escapes");
    }
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_end_user(GovernedKey key, ondemand::value& value) {
    if (detail::is_null(value)) {
        return simdjson::SUCCESS;
    }
    if (!detail::raw_token(value).starts_with('"')) {
        return refuse(to_string(key), "must be a string");
    }
    std::string_view text = detail::raw_text(value);
    if (text.size() > kEndUserBytesMax || text.find('\\') != std::string_view::npos) {
        text = {};
    }
    (key == GovernedKey::user ? user_ : facts_.end_user) = text;
    return simdjson::SUCCESS;
}

simdjson::error_code RequestReader::read_content(GovernedKey key, ondemand::value& value) {
    if (detail::is_null(value)) {
        return simdjson::SUCCESS;
    }
    simdjson::error_code error = simdjson::SUCCESS;
    if (key == GovernedKey::messages) {
        error = detail::read_messages(value, facts_);
    } else if (key == GovernedKey::tools || key == GovernedKey::functions) {
        error = detail::read_tools(value, facts_);
    } else if (key == GovernedKey::input) {
        error = read_input(value);
    } else if (facts_.api == Api::completions) {
        error = detail::read_prompts(value, facts_);
    }
    if (error == simdjson::INCORRECT_TYPE) {
        return refuse(to_string(key), "has a wrong type: see the API's reference");
    }
    return error;
}

/// `input` is a prompt or a list of them (embeddings, moderations), a conversation (responses), or
/// what is to be spoken.
simdjson::error_code RequestReader::read_input(ondemand::value& value) {
    switch (facts_.api) {
        case Api::embeddings:
        case Api::moderations:
            return detail::read_prompts(value, facts_);
        case Api::responses:
        case Api::responses_compact:
        case Api::input_tokens:
            return detail::raw_token(value).starts_with('"') ? simdjson::SUCCESS
                                                             : detail::read_messages(value, facts_);
        case Api::speech:
            facts_.characters = detail::unescaped_characters(detail::raw_text(value));
            return simdjson::SUCCESS;
        default:
            return simdjson::SUCCESS;
    }
}

}  // namespace

std::string plain_model(const RequestFacts& facts) {
    std::string plain{facts.model};
    std::erase(plain, '\\');
    return plain;
}

Result<RequestFacts> read_openai_request(Api api, std::string_view body, PathNamesModel path) {
    return RequestReader{api, body, path == PathNamesModel::yes}.read();
}

}  // namespace pulse::llm
