#pragma once

#include "base/error.h"
#include "net/auth/aws_credentials.h"

#include <string>
#include <string_view>

namespace pulse::net {

/// Which of AWS's two shared files a text is: their sections are named differently.
enum class AwsFile { credentials, config };

/// What a profile says in one file; a key that it lacks is empty.
struct AwsProfile {
    bool is_there = false;
    AwsCredentials keys;
    std::string region;
    std::string elsewhere;  ///< a key that takes the credentials from elsewhere: "role_arn"
};

/// Reads a profile of a shared file: `[name]` (in the config file `[profile name]`, and
/// `[default]`), `key = value`, comments after `#` or `;` at a line's begin or after white space,
/// nested settings (indented) passed over; the last of equal keys holds. Never fails: what it
/// cannot read is not there. Pure. Source: AWS SDKs and Tools Reference Guide, "Shared config and
/// credentials files", "File format", read 2026-11-21.
[[nodiscard]] AwsProfile parse_aws_profile(
    std::string_view text, AwsFile file, std::string_view name);

}  // namespace pulse::net
