#include "storage/redaction/detail/find.h"

#include "storage/redaction/redact.h"

#include <algorithm>
#include <array>
#include <string>

namespace pulse::storage::detail {
namespace {

constexpr std::size_t kSecretMin = 16;  // of a key's random part
constexpr std::size_t kSecretMax = 4'096;
constexpr std::size_t kLocalPartMax = 64;  // RFC 5321 §4.5.3.1.1
constexpr std::size_t kDomainMax = 255;
constexpr std::size_t kPemMax = 16'384;

[[nodiscard]] bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
[[nodiscard]] bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
[[nodiscard]] bool is_alnum(char c) {
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}
[[nodiscard]] bool is_secret(char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '+' || c == '/' ||
           c == '=';
}
[[nodiscard]] bool is_local_part(char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%';
}

/// How many characters from `at` on are of a kind, at most `most`.
template <class Is>
[[nodiscard]] std::size_t count_while(
    std::string_view text, std::size_t at, std::size_t most, Is is) {
    std::size_t size = 0;
    while (size < most && at + size < text.size() && is(text[at + size])) {
        ++size;
    }
    return size;
}

[[nodiscard]] bool begins_word(std::string_view text, std::size_t at) {
    if (at == 0 || !is_alnum(text[at - 1])) {
        return true;
    }
    // Behind JSON's \n, \r, \t a word begins too.
    const char before = text[at - 1];
    return at >= 2 && text[at - 2] == '\\' && (before == 'n' || before == 'r' || before == 't');
}

/// Prefixes that providers give their keys, each followed by the random part.
constexpr std::array<std::string_view, 17> kKeyPrefixes{
    "sk-",
    "pk-",
    "rk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "AIza",
    "ghp_",
    "gho_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "hf_",
    "gsk_"};

[[nodiscard]] Finding find_key(std::string_view text, std::size_t at) {
    for (const std::string_view prefix : kKeyPrefixes) {
        if (text.substr(at, prefix.size()) != prefix) {
            continue;
        }
        const std::size_t size = count_while(text, at + prefix.size(), kSecretMax, [](char c) {
            return is_alnum(c) || c == '-' || c == '_';
        });
        if (size >= kSecretMin) {
            return {prefix.size() + size, "[api-key]"};
        }
    }
    return {};
}

/// AWS: the id of an access key. The secret beside it has no form but its length.
[[nodiscard]] Finding find_aws_key(std::string_view text, std::size_t at) {
    constexpr std::array<std::string_view, 4> kPrefixes{"AKIA", "ASIA", "ABIA", "ACCA"};
    const std::string_view prefix = text.substr(at, 4);
    if (std::find(kPrefixes.begin(), kPrefixes.end(), prefix) == kPrefixes.end()) {
        return {};
    }
    const auto is_id = [](char c) {
        return is_upper(c) || is_digit(c);
    };
    const std::size_t size = count_while(text, at + 4, 17, is_id);
    return size == 16 ? Finding{20, "[api-key]"} : Finding{};
}

/// `aws_secret_access_key`, `secretAccessKey` … and, not far behind it, 40 characters.
[[nodiscard]] Finding find_aws_secret(std::string_view text, std::size_t at) {
    const auto is_base64 = [](char c) {
        return is_alnum(c) || c == '/' || c == '+';
    };
    if (count_while(text, at, 41, is_base64) != 40) {
        return {};
    }
    const std::size_t begin = at > 48 ? at - 48 : 0;
    std::string before{text.substr(begin, at - begin)};
    std::transform(before.begin(), before.end(), before.begin(), [](char c) {
        return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    });
    std::erase_if(before, [](char c) { return c == '_' || c == '-' || c == ' '; });
    return before.find("secretaccesskey") != std::string::npos ? Finding{40, "[api-key]"}
                                                               : Finding{};
}

/// `Bearer` and a token: the word stays.
[[nodiscard]] Finding find_bearer_token(std::string_view text, std::size_t at) {
    constexpr std::string_view kWord = "bearer ";
    if (at < kWord.size()) {
        return {};
    }
    const std::string_view before = text.substr(at - kWord.size(), kWord.size());
    const bool is_behind_it =
        std::equal(before.begin(), before.end(), kWord.begin(), [](char a, char b) {
            return (is_upper(a) ? static_cast<char>(a - 'A' + 'a') : a) == b;
        });
    const std::size_t size = is_behind_it ? count_while(text, at, kSecretMax, is_secret) : 0;
    return size >= kSecretMin ? Finding{size, "[api-key]"} : Finding{};
}

/// From `-----BEGIN … PRIVATE KEY-----` to its end; where that does not come, to the end of what
/// may be one.
[[nodiscard]] Finding find_private_key(std::string_view text, std::size_t at) {
    constexpr std::string_view kBegin = "-----BEGIN ";
    constexpr std::string_view kLabel = "PRIVATE KEY-----";
    constexpr std::string_view kEnd = "-----END ";
    if (text.substr(at, kBegin.size()) != kBegin) {
        return {};
    }
    const std::string_view block = text.substr(at, kPemMax);
    const std::size_t label = block.substr(0, 64).find(kLabel);
    if (label == std::string_view::npos) {
        return {};
    }
    const std::size_t end = block.find(kEnd, label);
    const std::size_t last =
        end == std::string_view::npos ? std::string_view::npos : block.find(kLabel, end);
    return {last == std::string_view::npos ? block.size() : last + kLabel.size(), "[private-key]"};
}

[[nodiscard]] Finding find_email(std::string_view text, std::size_t at) {
    const std::size_t local = count_while(text, at, kLocalPartMax + 1, is_local_part);
    if (local == 0 || local > kLocalPartMax || at + local >= text.size() ||
        text[at + local] != '@') {
        return {};
    }
    const std::size_t begin = at + local + 1;
    std::size_t domain = count_while(
        text, begin, kDomainMax, [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
    while (domain > 0 && !is_alnum(text[begin + domain - 1])) {
        --domain;  // the sentence's full stop
    }
    const std::string_view name = text.substr(begin, domain);
    const std::size_t dot = name.rfind('.');
    const bool is_domain = dot != std::string_view::npos && dot > 0 && name.size() - dot > 2;
    return is_domain ? Finding{local + 1 + domain, "[email]"} : Finding{};
}

/// Digits in groups with single spaces or hyphens between them.
[[nodiscard]] Finding find_card(std::string_view text, std::size_t at) {
    constexpr std::size_t kDigitsMin = 13;
    constexpr std::size_t kDigitsMax = 19;
    std::string digits;
    std::size_t end = at;
    for (std::size_t i = at; i < text.size() && digits.size() <= kDigitsMax; ++i) {
        if (is_digit(text[i])) {
            digits.push_back(text[i]);
            end = i + 1;
        } else if ((text[i] != ' ' && text[i] != '-') || i != end) {
            break;
        }
    }
    const bool has_size = digits.size() >= kDigitsMin && digits.size() <= kDigitsMax;
    const bool is_uniform =
        has_size && digits.find_first_not_of(digits.front()) == std::string::npos;
    return has_size && !is_uniform && has_right_luhn_sum(digits) ? Finding{end - at, "[card]"}
                                                                 : Finding{};
}

/// Two letters, two digits, then up to 30 letters and digits, in groups with spaces or not.
[[nodiscard]] Finding find_iban(std::string_view text, std::size_t at) {
    constexpr std::size_t kCharactersMin = 15;  // Norway's
    constexpr std::size_t kCharactersMax = 34;
    std::string iban;
    Finding found;
    for (std::size_t i = at; i < text.size() && iban.size() < kCharactersMax; ++i) {
        if (is_upper(text[i]) || is_digit(text[i])) {
            iban.push_back(text[i]);
        } else if (text[i] != ' ' || iban.empty() || text[i - 1] == ' ') {
            break;
        } else {
            continue;
        }
        const bool is_head_wrong = (iban.size() <= 2) != is_upper(iban.back()) && iban.size() <= 4;
        if (is_head_wrong) {
            return {};
        }
        const bool ends_group = i + 1 == text.size() || !is_alnum(text[i + 1]);
        if (ends_group && iban.size() >= kCharactersMin && has_right_iban_digits(iban)) {
            found = {i + 1 - at, "[iban]"};
        }
    }
    return found;
}

}  // namespace

bool has_right_luhn_sum(std::string_view digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int digit = digits[digits.size() - 1 - i] - '0';
        const int doubled = 2 * digit;
        sum += i % 2 == 0 ? digit : (doubled > 9 ? doubled - 9 : doubled);
    }
    return sum % 10 == 0;
}

bool has_right_iban_digits(std::string_view iban) {
    int rest = 0;
    for (std::size_t i = 0; i < iban.size(); ++i) {
        const char c = iban[(i + 4) % iban.size()];
        rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
    }
    return rest == 1;
}

Finding find_at(std::string_view text, std::size_t at) {
    const char c = text[at];
    if (c == '-') {
        return find_private_key(text, at);
    }
    if (!is_alnum(c) || !begins_word(text, at)) {
        return {};
    }
    using Finder = Finding (*)(std::string_view, std::size_t);
    static constexpr std::array<Finder, 4> kForWords{
        find_bearer_token, find_key, find_aws_key, find_aws_secret};
    for (const Finder find : kForWords) {
        if (const Finding found = find(text, at); found.size > 0) {
            return found;
        }
    }
    if (const Finding found = find_email(text, at); found.size > 0) {
        return found;
    }
    if (is_digit(c)) {
        return find_card(text, at);
    }
    return is_upper(c) ? find_iban(text, at) : Finding{};
}

}  // namespace pulse::storage::detail
