#include "net/auth/aws_profile.h"

#include <algorithm>
#include <array>

namespace pulse::net {

namespace {

[[nodiscard]] bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

[[nodiscard]] std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// A value's comment begins with a mark behind white space; a secret may hold the mark itself.
[[nodiscard]] std::string_view without_comment(std::string_view value) {
    for (std::size_t i = 1; i < value.size(); ++i) {
        if ((value[i] == '#' || value[i] == ';') && is_blank(value[i - 1])) {
            return trimmed(value.substr(0, i));
        }
    }
    return value;
}

/// The profile that a section's head names; empty when the section is no profile.
[[nodiscard]] std::string_view profile_of(std::string_view head, AwsFile file) {
    const std::string_view inner = trimmed(head.substr(1, head.find(']') - 1));
    if (file == AwsFile::credentials || inner == "default") {
        return inner;
    }
    constexpr std::string_view kWord = "profile";
    if (!inner.starts_with(kWord) || inner.size() == kWord.size() ||
        !is_blank(inner[kWord.size()])) {
        return {};
    }
    return trimmed(inner.substr(kWord.size()));
}

void take(AwsProfile& profile, std::string_view key, std::string_view value) {
    if (key == "aws_access_key_id") {
        profile.keys.access_key_id = value;
    } else if (key == "aws_secret_access_key") {
        profile.keys.secret_access_key = value;
    } else if (key == "aws_session_token") {
        profile.keys.session_token = value;
    } else if (key == "region") {
        profile.region = value;
    } else {
        static constexpr std::array<std::string_view, 5> kElsewhere{
            "role_arn", "sso_session", "sso_start_url", "credential_process", "login_session"};
        if (std::find(kElsewhere.begin(), kElsewhere.end(), key) != kElsewhere.end()) {
            profile.elsewhere = key;
        }
    }
}

}  // namespace

AwsProfile parse_aws_profile(std::string_view text, AwsFile file, std::string_view name) {
    AwsProfile profile;
    bool is_ours = false;
    if (text.starts_with("\xef\xbb\xbf")) {
        text.remove_prefix(3);
    }
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view raw = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        const std::string_view line = trimmed(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';' || is_blank(raw.front())) {
            continue;
        }
        if (line.front() == '[') {
            is_ours = profile_of(line, file) == name;
            profile.is_there = profile.is_there || is_ours;
            continue;
        }
        const std::size_t equals = line.find('=');
        if (is_ours && equals != std::string_view::npos) {
            take(
                profile,
                trimmed(line.substr(0, equals)),
                without_comment(trimmed(line.substr(equals + 1))));
        }
    }
    return profile;
}

}  // namespace pulse::net
