#include "pricing/catalog/detail/name_style.h"

#include "pricing/catalog/detail/folded_text.h"

#include <algorithm>
#include <array>

namespace pulse::pricing::detail {
namespace {

constexpr std::array<std::string_view, 2> kBedrockSuffixes{"-v1:0", "-v1"};
constexpr NameStyle kPlain{};
constexpr NameStyle kBedrock{
    .provider = "bedrock", .region_dot = true, .region_slash = true, .suffixes = kBedrockSuffixes};
constexpr NameStyle kAzure{
    .provider = "azure", .region_slash = true, .spelling = "gpt-35-", .other_spelling = "gpt-3.5-"};
constexpr NameStyle kOpenrouter{.provider = "openrouter", .variants = true};

struct StyleName {
    std::string_view provider;
    const NameStyle* style;
};
constexpr std::array<StyleName, 9> kStyles{{
    {"bedrock", &kBedrock},
    {"aws", &kBedrock},
    {"bedrock_converse", &kBedrock},
    {"amazon-bedrock", &kBedrock},
    {"azure", &kAzure},
    {"azure_openai", &kAzure},
    {"azure_ai", &kAzure},
    {"openrouter", &kOpenrouter},
    {"vercel", &kOpenrouter},
}};

constexpr std::array<std::string_view, 10> kGeographies{
    "global", "us", "eu", "apac", "jp", "au", "us-gov", "ca", "in", "sa"};
/// Azure's deployment types that stand where a region does.
constexpr std::array<std::string_view, 3> kEverywhere{"global", "global-standard", "standard"};

struct VariantWord {
    std::string_view word;
    bool free;
};
constexpr std::array<VariantWord, 8> kVariants{{
    {"free", true},
    {"nitro", false},
    {"floor", false},
    {"online", false},
    {"extended", false},
    {"exacto", false},
    {"thinking", false},
    {"beta", false},
}};

bool equal_folded(std::string_view text, std::string_view word) {
    return text.size() == word.size() && starts_folded(text, word);
}

template <class Words>
bool is_one_of(const Words& words, std::string_view text) {
    return std::ranges::any_of(
        words, [text](std::string_view word) { return equal_folded(text, word); });
}

/// "eu-west-1", "us-gov-east-1", "*" of a catalogue that means all.
bool is_cloud_region(std::string_view text) {
    const auto last = text.rfind('-');
    return last != std::string_view::npos && last + 2 == text.size() && text.back() >= '1' &&
           text.back() <= '9' && text.find('-') < last &&
           std::ranges::all_of(text.substr(0, last), [](char c) {
               return c == '-' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           });
}

bool is_place(std::string_view text) {
    return is_one_of(kGeographies, text) || is_one_of(kEverywhere, text) || is_cloud_region(text);
}

std::optional<Stripped> strip_arn(std::string_view name) {
    // arn:PARTITION:SERVICE:REGION:ACCOUNT:KIND/ID
    constexpr int kRegionField = 3;
    constexpr int kResourceField = 5;
    Stripped out;
    std::string_view rest = name;
    for (int field = 0; field < kResourceField; ++field) {
        const auto colon = rest.find(':');
        if (colon == std::string_view::npos) {
            return Stripped{};
        }
        if (field == kRegionField) {
            out.region = rest.substr(0, colon);
        }
        rest.remove_prefix(colon + 1);
    }
    for (const std::string_view kind : {"inference-profile/", "foundation-model/"}) {
        if (starts_folded(rest, kind)) {
            out.name = rest.substr(kind.size());
        }
    }
    return out;  // any other kind is a name that the account's owner gave
}

}  // namespace

const NameStyle& name_style_of(std::string_view provider) {
    const auto* found = std::ranges::find_if(kStyles, [provider](const StyleName& entry) {
        return equal_folded(provider, entry.provider);
    });
    return found == kStyles.end() ? kPlain : *found->style;
}

std::optional<Stripped> strip_path(std::string_view name) {
    if (starts_folded(name, "arn:")) {
        return strip_arn(name);
    }
    constexpr std::string_view kModels = "models/";
    const auto at = name.rfind(kModels);
    if (at == std::string_view::npos || (at != 0 && name[at - 1] != '/')) {
        return std::nullopt;
    }
    Stripped out{.name = name.substr(at + kModels.size())};
    constexpr std::string_view kLocations = "/locations/";
    if (const auto place = name.find(kLocations); place != std::string_view::npos) {
        const auto rest = name.substr(place + kLocations.size());
        out.region = rest.substr(0, rest.find('/'));
    }
    return out;
}

std::optional<Stripped> strip_region(const NameStyle& style, std::string_view name) {
    const auto split = [&](char mark, auto is_region) -> std::optional<Stripped> {
        const auto at = name.find(mark);
        if (at == std::string_view::npos || at + 1 == name.size() ||
            !is_region(name.substr(0, at))) {
            return std::nullopt;
        }
        return Stripped{.name = name.substr(at + 1), .region = name.substr(0, at)};
    };
    if (style.region_slash) {
        if (const auto found = split('/', is_place)) {
            return found;
        }
    }
    return style.region_dot ? split('.', is_geography) : std::nullopt;
}

bool is_geography(std::string_view region) {
    return is_one_of(kGeographies, region);
}

Factor assumed_uplift(std::string_view region) {
    return is_one_of(kEverywhere, region) ? Factor{} : Factor{11, 10};
}

std::optional<Variant> strip_variant(const NameStyle& style, std::string_view name) {
    const auto colon = name.rfind(':');
    if (!style.variants || colon == std::string_view::npos || colon == 0) {
        return std::nullopt;
    }
    const auto* found = std::ranges::find_if(kVariants, [&](const VariantWord& entry) {
        return equal_folded(name.substr(colon + 1), entry.word);
    });
    return found == kVariants.end()
               ? std::nullopt
               : std::optional{Variant{.name = name.substr(0, colon), .free = found->free}};
}

}  // namespace pulse::pricing::detail
