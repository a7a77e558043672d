#include "llm/request/output_limit.h"

#include "llm/detail/json_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace pulse::llm {
namespace {

namespace ondemand = simdjson::ondemand;

/// Where a limit stands: at the top or within `parent`.
struct LimitPlace {
    std::string_view name;
    std::string_view parent = {};
};

// Sources: as for the readers of requests (llm/request/native_request.h).
constexpr std::array kChat{LimitPlace{"max_tokens"}, LimitPlace{"max_completion_tokens"}};
constexpr std::array kTop{LimitPlace{"max_tokens"}};
constexpr std::array kResponses{LimitPlace{"max_output_tokens"}};
// protobuf's JSON mapping takes both spellings of a name.
constexpr std::array kGemini{
    LimitPlace{"maxOutputTokens", "generationConfig"},
    LimitPlace{"max_output_tokens", "generationConfig"},
    LimitPlace{"max_output_tokens", "generation_config"},
    LimitPlace{"maxOutputTokens", "generation_config"}};
constexpr std::array kInteractions{LimitPlace{"max_output_tokens", "generation_config"}};
constexpr std::array kConverse{LimitPlace{"maxTokens", "inferenceConfig"}};
constexpr std::array kOllama{LimitPlace{"num_predict", "options"}};
constexpr std::array kInvoke{
    LimitPlace{"max_tokens"},
    LimitPlace{"max_tokens_to_sample"},
    LimitPlace{"max_completion_tokens"},
    LimitPlace{"max_gen_len"},
    LimitPlace{"maxTokens"},
    LimitPlace{"maxTokenCount", "textGenerationConfig"},
    LimitPlace{"maxTokens", "inferenceConfig"},
    LimitPlace{"max_new_tokens", "inferenceConfig"}};

[[nodiscard]] std::span<const LimitPlace> places_of(Api api) {
    switch (api) {
        case Api::chat_completions:
            return kChat;
        case Api::completions:
        case Api::messages:
        case Api::raw_predict:
        case Api::cohere_chat:
        case Api::cohere_generate:
            return kTop;
        case Api::responses:
            return kResponses;
        case Api::generate_content:
            return kGemini;
        case Api::interactions:
            return kInteractions;
        case Api::converse:
            return kConverse;
        case Api::invoke:
            return kInvoke;
        case Api::ollama_chat:
        case Api::ollama_generate:
            return kOllama;
        default:
            return {};
    }
}

/// The place in the bodies of a family of Bedrock's; none for families that are not known.
[[nodiscard]] std::optional<LimitPlace> place_of_family(std::string_view model) {
    struct Family {
        std::string_view part;
        LimitPlace place;
    };
    static constexpr std::array kFamilies{
        Family{"anthropic.", {"max_tokens"}},
        Family{"meta.llama", {"max_gen_len"}},
        Family{"amazon.titan-text", {"maxTokenCount", "textGenerationConfig"}},
        Family{"amazon.nova", {"maxTokens", "inferenceConfig"}},
        Family{"mistral.", {"max_tokens"}},
        Family{"cohere.command", {"max_tokens"}},
        Family{"ai21.", {"max_tokens"}},
        Family{"deepseek.", {"max_tokens"}},
        Family{"qwen.", {"max_tokens"}},
        Family{"openai.", {"max_completion_tokens"}}};
    for (const Family& family : kFamilies) {
        if (model.find(family.part) != std::string_view::npos) {
            return family.place;
        }
    }
    return std::nullopt;
}

/// Where a limit goes that does not stand in the body.
[[nodiscard]] std::optional<LimitPlace> place_for(const OutputLimitAsk& ask) {
    if (ask.api == Api::invoke) {
        return place_of_family(ask.model);
    }
    if (ask.api == Api::chat_completions) {
        return kChat[ask.chat_name == ChatLimitName::max_completion_tokens ? 1 : 0];
    }
    const std::span<const LimitPlace> places = places_of(ask.api);
    return places.empty() ? std::nullopt : std::optional(places.front());
}

/// The body's limits, and where one can be put.
class LimitFinder {
public:
    LimitFinder(const OutputLimitAsk& ask, std::optional<LimitPlace> place)
        : ask_(ask), places_(places_of(ask.api)), place_(place) {}

    [[nodiscard]] std::vector<BodyChange> find();

private:
    simdjson::error_code read_top(std::string_view key, ondemand::value& value);
    simdjson::error_code read_within(std::string_view parent, ondemand::value& value);
    void take_limit(ondemand::value& value);
    [[nodiscard]] std::optional<BodyChange> insertion() const;
    [[nodiscard]] std::size_t offset_of(std::string_view text) const {
        return static_cast<std::size_t>(text.data() - ask_.body.data());
    }
    /// `"name":N`
    [[nodiscard]] std::string field(std::string_view name) const {
        return '"' + std::string(name) + "\":" + std::to_string(ask_.limit);
    }

    const OutputLimitAsk& ask_;
    std::span<const LimitPlace> places_;
    std::optional<LimitPlace> place_;
    std::vector<BodyChange> changes_;
    bool stands_ = false;                    ///< a limit that counts
    bool is_empty_ = true;                   ///< the body's object
    std::string parent_name_;                ///< as the body spells it
    std::optional<ByteRange> parent_value_;  ///< null, or the opening brace of place_'s parent
    bool is_parent_empty_ = true;
    bool is_parent_null_ = false;
};

/// A limit counts once it is a number that bounds; -1 is Ollama's word for none.
void LimitFinder::take_limit(ondemand::value& value) {
    const std::string_view token = detail::raw_token(value);
    std::int64_t limit = -1;
    std::from_chars(token.data(), token.data() + token.size(), limit);
    stands_ = true;
    if (limit < 0 || limit > ask_.limit) {
        changes_.push_back({{offset_of(token), token.size()}, std::to_string(ask_.limit)});
    }
}

simdjson::error_code LimitFinder::read_within(std::string_view parent, ondemand::value& value) {
    return detail::for_each_field_of(
        value, [this, parent](std::string_view key, ondemand::value& field) {
            is_parent_empty_ = false;
            for (const LimitPlace& place : places_) {
                if (place.parent == parent && place.name == key) {
                    take_limit(field);
                }
            }
            return simdjson::SUCCESS;
        });
}

simdjson::error_code LimitFinder::read_top(std::string_view key, ondemand::value& value) {
    is_empty_ = false;
    for (const LimitPlace& place : places_) {
        if (place.parent.empty() && place.name == key) {
            take_limit(value);
            return simdjson::SUCCESS;
        }
        if (!place.parent.empty() && place.parent == key) {
            const std::string_view token = detail::raw_token(value);
            const bool is_object = token.starts_with('{');
            // A limit is put into the parent that stands there, in that parent's spelling.
            const bool is_own = place_ && !place_->parent.empty() &&
                                (place_->parent == key || ask_.api == Api::generate_content);
            if (is_own && (is_object || token == "null")) {
                parent_name_ = key;
                parent_value_ = ByteRange{offset_of(token), is_object ? 1 : token.size()};
                is_parent_null_ = !is_object;
                is_parent_empty_ = true;
            }
            return read_within(key, value);
        }
    }
    return simdjson::SUCCESS;
}

std::optional<BodyChange> LimitFinder::insertion() const {
    if (!place_ || is_empty_) {
        return std::nullopt;
    }
    const std::size_t top = ask_.body.find('{') + 1;
    if (place_->parent.empty()) {
        return BodyChange{{top, 0}, field(place_->name) + ','};
    }
    if (!parent_value_) {
        return BodyChange{
            {top, 0}, '"' + std::string(place_->parent) + "\":{" + field(place_->name) + "},"};
    }
    if (is_parent_null_) {
        return BodyChange{*parent_value_, '{' + field(place_->name) + '}'};
    }
    return BodyChange{
        {parent_value_->offset + 1, 0}, field(place_->name) + (is_parent_empty_ ? "" : ",")};
}

std::vector<BodyChange> LimitFinder::find() {
    const bool is_read = detail::read_object(
        ask_.body,
        [this](std::string_view key, ondemand::value& value) { return read_top(key, value); });
    if (!is_read || changes_.size() > kBodyChangesMax) {
        return {};
    }
    if (!stands_) {
        if (auto inserted = insertion()) {
            changes_.push_back(*std::move(inserted));
        }
    }
    return std::move(changes_);
}

}  // namespace

std::int64_t output_limit_min(Api api) {
    // Source: https://platform.openai.com/docs/api-reference/responses/create, max_output_tokens
    constexpr std::int64_t kResponsesMin = 16;
    if (api == Api::responses) {
        return kResponsesMin;
    }
    return places_of(api).empty() ? 0 : 1;
}

std::vector<BodyChange> output_limit_changes(const OutputLimitAsk& ask) {
    return LimitFinder{ask, place_for(ask)}.find();
}

}  // namespace pulse::llm
