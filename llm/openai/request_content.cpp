#include "llm/openai/detail/request_content.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace pulse::llm::detail {
namespace {

enum PartKind : std::uint8_t { kText = 0, kImage = 1, kAudio = 2, kFile = 4 };

struct PartName {
    std::string_view name;
    PartKind kind;
};

// Names stand both as a part's `type` and as the key of its payload. Video counts as a file: no
// price per image fits. Source: https://platform.openai.com/docs/api-reference/chat/create
// (messages); the others are names that compatible servers take (vLLM, OpenRouter, Mistral).
constexpr std::array<PartName, 11> kPartNames{{
    {"image_url", kImage},
    {"input_image", kImage},
    {"image", kImage},
    {"input_audio", kAudio},
    {"audio_url", kAudio},
    {"file", kFile},
    {"input_file", kFile},
    {"document_url", kFile},
    {"document", kFile},
    {"video_url", kFile},
    {"input_video", kFile},
}};

PartKind kind_of(std::string_view name) {
    for (const PartName& part : kPartNames) {
        if (part.name == name) {
            return part.kind;
        }
    }
    return kText;
}

/// Bytes of base64 in an image's or audio's payload: the string itself or its `url` or `data`.
simdjson::error_code inline_bytes(ondemand::value& payload, PartKind kind, std::int64_t& bytes) {
    const auto add = [kind, &bytes](ondemand::value& value) {
        const std::string_view text = raw_text(value);
        if (kind == kAudio || text.starts_with("data:")) {
            bytes += static_cast<std::int64_t>(text.size());
        }
    };
    if (raw_token(payload).starts_with('"')) {
        add(payload);
        return simdjson::SUCCESS;
    }
    return for_each_field_of(payload, [&add](std::string_view key, ondemand::value& field) {
        if (key == "url" || key == "data") {
            add(field);
        }
        return simdjson::SUCCESS;
    });
}

simdjson::error_code read_part(ondemand::value& part, RequestFacts& facts) {
    unsigned kinds = kText;
    std::int64_t bytes = 0;
    const auto error = for_each_field_of(part, [&](std::string_view key, ondemand::value& field) {
        if (key == "type") {
            kinds |= kind_of(raw_text(field));
            return simdjson::SUCCESS;
        }
        const PartKind kind = kind_of(key);
        kinds |= kind;
        const bool may_be_inline = kind == kImage || kind == kAudio;
        return may_be_inline ? inline_bytes(field, kind, bytes) : simdjson::SUCCESS;
    });
    facts.images += (kinds & kImage) != 0 ? 1 : 0;
    facts.audio_parts += (kinds & kAudio) != 0 ? 1 : 0;
    facts.file_parts += (kinds & kFile) != 0 ? 1 : 0;
    facts.text_bytes -= bytes;
    return error;
}

}  // namespace

simdjson::error_code read_messages(ondemand::value& messages, RequestFacts& facts) {
    return for_each_element(messages, [&facts](ondemand::value& message) {
        return for_each_field_of(message, [&facts](std::string_view key, ondemand::value& field) {
            if (key != "content" || !raw_token(field).starts_with('[')) {
                return simdjson::SUCCESS;
            }
            return for_each_element(
                field, [&facts](ondemand::value& part) { return read_part(part, facts); });
        });
    });
}

simdjson::error_code read_tools(ondemand::value& tools, RequestFacts& facts) {
    return for_each_element(tools, [&facts](ondemand::value& tool) {
        ++facts.tools;
        return for_each_field_of(tool, [&facts](std::string_view key, ondemand::value& field) {
            if (key == "type") {
                const std::string_view type = raw_text(field);
                facts.builtin_tools =
                    facts.builtin_tools || (type != "function" && type != "custom");
            }
            return simdjson::SUCCESS;
        });
    });
}

simdjson::error_code read_prompts(ondemand::value& prompts, RequestFacts& facts) {
    const std::string_view token = raw_token(prompts);
    if (token.starts_with('"')) {
        return simdjson::SUCCESS;
    }
    std::int64_t count = 0;
    bool is_tokens = false;
    const auto error = for_each_element(prompts, [&](ondemand::value& element) {
        const char first = raw_token(element).front();
        is_tokens = is_tokens || (first >= '0' && first <= '9');
        ++count;
        return simdjson::SUCCESS;
    });
    facts.prompts = is_tokens ? 1 : std::max<std::int64_t>(count, 1);
    return error;
}

}  // namespace pulse::llm::detail
