#include "llm/openai/detail/governed_keys.h"

#include <array>
#include <cstddef>

namespace pulse::llm::detail {
namespace {

constexpr std::array<std::string_view, 23> kNames{
    "model",
    "stream",
    "stream_options",
    "n",
    "best_of",
    "max_tokens",
    "max_completion_tokens",
    "service_tier",
    "user",
    "safety_identifier",
    "messages",
    "prompt",
    "input",
    "tools",
    "functions",
    "web_search_options",
    "plugins",
    "models",
    "max_output_tokens",
    "background",
    "store",
    "size",
    "quality"};
static_assert(kNames.size() == static_cast<std::size_t>(GovernedKey::none));

constexpr char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Gives a raw key's letters as the most lenient reader would see them. 0 is the end, kOther a
/// letter of no name.
class LenientLetters {
public:
    explicit LenientLetters(std::string_view raw) : rest_(raw) {}

    char next() {
        while (rest_.starts_with('_')) {
            rest_.remove_prefix(1);
        }
        if (rest_.empty()) {
            return 0;
        }
        const char letter = rest_.front();
        if (letter == '\\') {
            const char escaped = next_escaped();
            return escaped == '_' ? next() : escaped;
        }
        if (take("\xC5\xBF")) {  // U+017F, the long s
            return 's';
        }
        if (take("\xE2\x84\xAA")) {  // U+212A, the Kelvin sign
            return 'k';
        }
        rest_.remove_prefix(1);
        return lower(letter);
    }

private:
    static constexpr char kOther = '?';

    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) {
            return false;
        }
        rest_.remove_prefix(text.size());
        return true;
    }

    char next_escaped() {
        if (!rest_.starts_with("\\u") || rest_.size() < 6) {
            rest_.remove_prefix(rest_.size() < 2 ? rest_.size() : 2);
            return kOther;
        }
        unsigned code = 0;
        for (const char digit : rest_.substr(2, 4)) {
            const char low = lower(digit);
            const bool is_letter = low >= 'a' && low <= 'f';
            code = code * 16 + static_cast<unsigned>(is_letter ? low - 'a' + 10 : low - '0');
        }
        rest_.remove_prefix(6);
        if (code < 0x80) {
            return lower(static_cast<char>(code));
        }
        return code == 0x17F ? 's' : code == 0x212A ? 'k' : kOther;
    }

    std::string_view rest_;
};

bool is_same_for_lenient_readers(std::string_view raw, std::string_view name) {
    LenientLetters left{raw};
    LenientLetters right{name};
    char letter = 0;
    do {
        letter = left.next();
        if (letter != right.next()) {
            return false;
        }
    } while (letter != 0);
    return true;
}

}  // namespace

std::string_view to_string(GovernedKey key) {
    return key == GovernedKey::none ? std::string_view{} : kNames[static_cast<std::size_t>(key)];
}

bool is_disguise_of(std::string_view raw, std::string_view name) {
    return raw != name && is_same_for_lenient_readers(raw, name);
}

KeyMatch match_governed_key(std::string_view raw) {
    const char first = raw.empty() ? '\0' : lower(raw.front());
    const bool first_is_letter = first >= 'a' && first <= 'z';
    for (std::size_t index = 0; index < kNames.size(); ++index) {
        if (kNames[index].front() == first && kNames[index] == raw) {
            return {.key = static_cast<GovernedKey>(index), .is_plain = true};
        }
    }
    for (std::size_t index = 0; index < kNames.size(); ++index) {
        const bool may_be = !first_is_letter || kNames[index].front() == first;
        if (may_be && is_same_for_lenient_readers(raw, kNames[index])) {
            return {.key = static_cast<GovernedKey>(index), .is_plain = false};
        }
    }
    return {};
}

}  // namespace pulse::llm::detail
