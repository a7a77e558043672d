#include "pricing/catalog/detail/folded_text.h"
#include "pricing/tokens/encoding.h"

#include <array>

namespace pulse::pricing {
namespace {

constexpr std::array<std::string_view, 4> kNames{
    "o200k_base", "o200k_harmony", "cl100k_base", "p50k_base"};

struct Family {
    std::string_view prefix;
    EncodingName encoding;
};

// The first that fits counts: a name that begins with `prefix` and ends there or goes on with a
// character that is no letter or digit. Source: openai/tiktoken, tiktoken/model.py, read 2026-11-21
// in npm tiktoken 1.0.22 and gpt-tokenizer 4.0.0.
constexpr std::array kFamilies{
    Family{"gpt-oss", EncodingName::o200k_harmony},
    Family{"gpt-4o", EncodingName::o200k_base},
    Family{"gpt-4.", EncodingName::o200k_base},  // gpt-4.1, gpt-4.5
    Family{"gpt-4", EncodingName::cl100k_base},
    Family{"gpt-3.5", EncodingName::cl100k_base},
    Family{"gpt-35", EncodingName::cl100k_base},  // Azure
    Family{"gpt-5", EncodingName::o200k_base},
    Family{"chatgpt-4o", EncodingName::o200k_base},
    Family{"o1", EncodingName::o200k_base},
    Family{"o3", EncodingName::o200k_base},
    Family{"o4", EncodingName::o200k_base},
    Family{"text-embedding-ada-002", EncodingName::cl100k_base},
    Family{"text-embedding-3", EncodingName::cl100k_base},
    Family{"davinci-002", EncodingName::cl100k_base},
    Family{"babbage-002", EncodingName::cl100k_base},
    Family{"text-davinci-002", EncodingName::p50k_base},
    Family{"text-davinci-003", EncodingName::p50k_base},
    Family{"text-davinci-edit", EncodingName::p50k_base},
    Family{"code-davinci", EncodingName::p50k_base},
    Family{"code-cushman", EncodingName::p50k_base},
};

bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_of(std::string_view model, std::string_view prefix) {
    return detail::starts_folded(model, prefix) &&
           (model.size() == prefix.size() || !is_word(prefix.back()) ||
            !is_word(model[prefix.size()]));
}

}  // namespace

std::string_view to_string(EncodingName name) {
    return kNames.at(static_cast<std::size_t>(name));
}

std::optional<EncodingName> parse_encoding_name(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames.at(i) == name) {
            return static_cast<EncodingName>(i);
        }
    }
    return std::nullopt;
}

std::optional<EncodingName> encoding_of(std::string_view model) {
    model = model.substr(model.rfind('/') + 1);  // "openai/gpt-4o"; npos + 1 is 0
    if (detail::starts_folded(model, "ft:")) {
        model.remove_prefix(3);
    }
    for (const auto& [prefix, name] : kFamilies) {
        if (is_of(model, prefix)) {
            return name;
        }
    }
    return std::nullopt;
}

}  // namespace pulse::pricing
