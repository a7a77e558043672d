#include "pricing/tokens/prompt_tokens.h"

#include "base/money.h"
#include "pricing/catalog/detail/folded_text.h"
#include "pricing/tokens/encoding.h"
#include "pricing/tokens/image_tokens.h"

#include <algorithm>
#include <array>
#include <optional>

namespace pulse::pricing {
namespace {

/// What a family of OpenAI adds to the tokens of a conversation's texts.
struct Framing {
    std::string_view prefix;
    std::int64_t message = 3;
    std::int64_t name = 1;
    std::int64_t request = 3;     ///< the primed reply
    std::int64_t chat_tools = 0;  ///< hidden beside the tools, on chat completions only
};

// Source: the recorded exchanges (docs/formats/tokens.md). The first prefix that fits counts.
constexpr std::array<Framing, 8> kFramings{{
    {.prefix = "gpt-3.5-turbo-0301", .message = 4, .name = -1},
    {.prefix = "o1-mini"},
    {.prefix = "o1", .request = 2},
    {.prefix = "o3", .request = 2},
    {.prefix = "o4", .request = 2},
    {.prefix = "gpt-5", .request = 2, .chat_tools = 85},
    {.prefix = "gpt-6", .request = 2, .chat_tools = 85},
    {.prefix = ""},
}};

constexpr std::int64_t kTools = 9;  // around the declarations
constexpr std::int64_t kToolsBesideSystem = -4;
constexpr std::int64_t kToolForced = 4;  // and its name
constexpr std::int64_t kToolsForbidden = 1;
constexpr std::int64_t kToolTurn = 5;    // an earlier call, and a result, each
constexpr std::int64_t kRoleOfItem = 1;  // items of the Responses API that state no role have one
constexpr std::int64_t kResponsesSchema = -4;
constexpr std::int64_t kBytesPerToken = 4;  // of English text
constexpr std::int64_t kAudioAssumed = 600;
constexpr std::int64_t kFileAssumed = 3'000;

/// Another family's count from that of o200k_base: `× percent ÷ 100 + constant`.
struct Scale {
    std::string_view word;
    std::int64_t percent;
    std::int64_t constant;
    std::int64_t tools = 0;  ///< beside the tools themselves
};

// Source: the same exchanges, without tools; Claude from 4.7 on by one of them. The constants come
// on top of the framing above. The first word that the name holds counts.
constexpr std::array<Scale, 22> kScales{{
    {"claude-opus-5", 153, 2, 530},
    {"claude-sonnet-5", 153, 2, 530},
    {"claude-haiku-5", 153, 2, 530},
    {"claude-opus-4-7", 153, 2, 530},
    {"claude-opus-4.7", 153, 2, 530},
    {"claude-sonnet-4-7", 153, 2, 530},
    {"claude-sonnet-4.7", 153, 2, 530},
    {"claude-3-5-haiku", 120, 2, 260},
    {"claude-3-5-sonnet", 120, 2, 320},
    {"claude", 120, 2, 530},
    {"gemini", 105, 0},
    {"gemma", 105, 0},
    {"gpt-oss", 100, 70},
    {"mistral", 115, 13},
    {"mixtral", 115, 13},
    {"ministral", 115, 13},
    {"magistral", 115, 13},
    {"codestral", 115, 13},
    {"devstral", 115, 13},
    {"deepseek", 100, 5},
    {"llama", 100, 16},
    {"grok", 100, 150},
}};
constexpr Scale kUnknownScale{"", 120, 16};

/// Counts a prompt part by part with one encoding.
class Counter {
public:
    Counter(const Encoding& encoding, const Framing& framing)
        : encoding_(encoding), framing_(framing) {}

    [[nodiscard]] std::int64_t of(std::string_view text) const {
        return static_cast<std::int64_t>(encoding_.count(text));
    }
    [[nodiscard]] std::int64_t of(const Prompt& prompt) const;

private:
    [[nodiscard]] std::int64_t of_message(
        const Prompt::Message& message, Prompt::Layout layout) const;
    [[nodiscard]] std::int64_t of_tools(const Prompt& prompt) const;

    const Encoding& encoding_;
    const Framing& framing_;
};

std::int64_t Counter::of(const Prompt& prompt) const {
    std::int64_t tokens = prompt.token_ids;
    for (const Prompt::Message& message : prompt.messages) {
        tokens += of_message(message, prompt.layout);
    }
    if (prompt.layout == Prompt::Layout::plain) {
        return tokens;
    }
    tokens += framing_.request + of_tools(prompt);
    if (!prompt.schema_text.empty()) {
        const std::int64_t hidden =
            prompt.layout == Prompt::Layout::responses ? kResponsesSchema : 0;
        tokens += std::max<std::int64_t>(of(prompt.schema_text) + hidden, 0);
    }
    return tokens;
}

std::int64_t Counter::of_message(const Prompt::Message& message, Prompt::Layout layout) const {
    std::int64_t tokens = 0;
    for (const std::string& text : message.texts) {
        tokens += of(text);
    }
    if (layout == Prompt::Layout::plain) {
        return tokens;
    }
    tokens += framing_.message + (message.role.empty() ? kRoleOfItem : of(message.role));
    if (!message.name.empty()) {
        tokens += framing_.name + of(message.name);
    }
    for (const Prompt::ToolCall& call : message.calls) {
        tokens += kToolTurn + of(call.name) + of(call.arguments);
    }
    return tokens + (message.is_tool_result ? kToolTurn : 0);
}

std::int64_t Counter::of_tools(const Prompt& prompt) const {
    if (prompt.tools_text.empty()) {
        return 0;
    }
    std::int64_t tokens = of(prompt.tools_text) + kTools;
    const bool has_system = std::any_of(
        prompt.messages.begin(), prompt.messages.end(), [](const Prompt::Message& message) {
            return message.role == "system" || message.role == "developer";
        });
    tokens += has_system ? kToolsBesideSystem : 0;
    tokens += prompt.layout == Prompt::Layout::chat ? framing_.chat_tools : 0;
    if (!prompt.tool_forced.empty()) {
        tokens += kToolForced + of(prompt.tool_forced);
    }
    return tokens + (prompt.tools_forbidden ? kToolsForbidden : 0);
}

const Scale& scale_of(std::string_view model) {
    const auto found = std::find_if(kScales.begin(), kScales.end(), [model](const Scale& scale) {
        for (std::size_t at = 0; at + scale.word.size() <= model.size(); ++at) {
            if (detail::starts_folded(model.substr(at), scale.word)) {
                return true;
            }
        }
        return false;
    });
    return found == kScales.end() ? kUnknownScale : *found;
}

CountBasis basis_of(const Prompt& prompt, bool is_exact_encoding) {
    const bool has_unknown_image =
        std::any_of(prompt.images.begin(), prompt.images.end(), [](const Prompt::Image& image) {
            return image.width == 0 && image.detail != Prompt::Image::Detail::low;
        });
    if (prompt.has_stored_parts || prompt.has_builtin_tools || prompt.file_parts > 0 ||
        prompt.audio_parts > 0 || has_unknown_image) {
        return CountBasis::incomplete;
    }
    const bool follows_rules =
        prompt.tools_text.empty() && prompt.schema_text.empty() && prompt.images.empty();
    return is_exact_encoding && follows_rules ? CountBasis::counted : CountBasis::approximated;
}

}  // namespace

std::string_view to_string(CountBasis basis) {
    switch (basis) {
        case CountBasis::counted:
            return "counted";
        case CountBasis::approximated:
            return "approximated";
        case CountBasis::incomplete:
            break;
    }
    return "incomplete";
}

PromptTokens count_prompt(const Prompt& prompt, std::string_view model) {
    const std::string_view name = model.substr(model.rfind('/') + 1);
    const std::optional<EncodingName> own = encoding_of(model);
    const auto framing =
        std::find_if(kFramings.begin(), kFramings.end(), [name, &own](const Framing& each) {
            return each.prefix.empty() || (own && detail::starts_folded(name, each.prefix));
        });
    const Counter counter(encoding(own.value_or(EncodingName::o200k_base)), *framing);
    PromptTokens counted{.tokens = counter.of(prompt), .basis = basis_of(prompt, own.has_value())};
    if (!own) {
        const Scale& scale = scale_of(name);
        counted.tokens = (counted.tokens * scale.percent + 99) / 100 + scale.constant +
                         (prompt.tools_text.empty() ? 0 : scale.tools);
    }
    for (const Prompt::Image& image : prompt.images) {
        counted.tokens += image_tokens(image, model);
    }
    counted.tokens += prompt.audio_parts * kAudioAssumed + prompt.file_parts * kFileAssumed;
    return counted;
}

std::int64_t count_delivered(
    std::string_view text, std::int64_t text_bytes, std::string_view model) {
    if (text.empty()) {
        return (std::max<std::int64_t>(text_bytes, 0) + kBytesPerToken - 1) / kBytesPerToken;
    }
    const std::optional<EncodingName> own = encoding_of(model);
    auto tokens =
        static_cast<std::int64_t>(encoding(own.value_or(EncodingName::o200k_base)).count(text));
    if (!own) {
        tokens = (tokens * scale_of(model.substr(model.rfind('/') + 1)).percent + 99) / 100;
    }
    const auto counted = static_cast<std::int64_t>(text.size());
    if (text_bytes > counted) {
        tokens = static_cast<std::int64_t>(Int128{tokens} * text_bytes / counted);
    }
    return tokens;
}

}  // namespace pulse::pricing
