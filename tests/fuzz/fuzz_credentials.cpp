#include "net/auth/aws_profile.h"
#include "net/auth/aws_sources.h"
#include "net/auth/google_credentials.h"
#include "net/auth/google_token.h"
#include "net/auth/small_file.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void check(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

/// The files and answers that credentials come from. What is taken can stand in a request's head,
/// and a line of a file never becomes two.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse::net;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const AwsFile file : {AwsFile::credentials, AwsFile::config}) {
        for (const std::string_view name : {"default", "work"}) {
            const AwsProfile profile = parse_aws_profile(text, file, name);
            check(profile.keys.secret_access_key.find('\n') == std::string::npos);
            check(profile.is_there || profile.keys == AwsCredentials{});
        }
    }
    if (const auto keys = parse_aws_answer(text)) {
        check(!keys->access_key_id.empty() && !keys->secret_access_key.empty());
        check(is_field_value(keys->access_key_id) && is_field_value(keys->session_token));
    }
    if (const auto found = parse_google_credentials(text)) {
        check(is_field_value(found->quota_project_id));
        if (const auto* account = std::get_if<GoogleServiceAccount>(&found->identity)) {
            static_cast<void>(make_google_assertion(*account, pulse::TimePoint{}));
        }
    }
    if (const auto token = parse_token_answer(text, pulse::TimePoint{})) {
        check(!token->text.empty() && is_field_value(token->text));
        check(token->expires_at && *token->expires_at > pulse::TimePoint{});
    }
    return 0;
}
