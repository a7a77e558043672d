#include "net/auth/aws_sources.h"

#include "net/auth/aws_profile.h"
#include "net/auth/small_file.h"

#include <filesystem>

namespace pulse::net {

namespace {

[[nodiscard]] std::string variable(const EnvironmentLookup& environment, std::string_view name) {
    return environment ? environment(name).value_or("") : std::string();
}

[[nodiscard]] std::string first_set(
    const EnvironmentLookup& environment, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (std::string value = variable(environment, name); !value.empty()) {
            return value;
        }
    }
    return {};
}

/// Where a shared file lies; empty when even the home directory is not known.
[[nodiscard]] std::filesystem::path shared_file(
    const EnvironmentLookup& environment, AwsFile file) {
    const bool is_config = file == AwsFile::config;
    const std::string named =
        variable(environment, is_config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
    if (!named.empty()) {
        return named;
    }
    const std::string home = variable(environment, "HOME");
    return home.empty()
               ? std::filesystem::path()
               : std::filesystem::path(home) / ".aws" / (is_config ? "config" : "credentials");
}

[[nodiscard]] std::string profile_name(
    const EnvironmentLookup& environment, std::string_view name) {
    if (!name.empty()) {
        return std::string(name);
    }
    const std::string set = first_set(environment, {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
    return set.empty() ? "default" : set;
}

[[nodiscard]] Result<AwsProfile> read_profile(
    const EnvironmentLookup& environment, AwsFile file, std::string_view name) {
    const std::filesystem::path path = shared_file(environment, file);
    if (path.empty()) {
        return AwsProfile{};
    }
    const auto text = read_small_file(path);
    if (!text) {
        return text.error().code() == Errc::not_found ? Result<AwsProfile>(AwsProfile{})
                                                      : Result<AwsProfile>(text.error());
    }
    return parse_aws_profile(*text, file, name);
}

}  // namespace

Result<AwsCredentials> aws_from_environment(const EnvironmentLookup& environment) {
    AwsCredentials keys;
    keys.access_key_id = variable(environment, "AWS_ACCESS_KEY_ID");
    keys.secret_access_key = variable(environment, "AWS_SECRET_ACCESS_KEY");
    keys.session_token = variable(environment, "AWS_SESSION_TOKEN");
    if (keys.access_key_id.empty() && keys.secret_access_key.empty()) {
        return Error(Errc::not_found, "AWS_ACCESS_KEY_ID is not set");
    }
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
        const bool lacks_id = keys.access_key_id.empty();
        return Error(
            Errc::configuration,
            std::string(lacks_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") + " is set and " +
                (lacks_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY") +
                " is not; set both or neither");
    }
    if (!is_field_value(keys.access_key_id) || !is_field_value(keys.session_token)) {
        return Error(
            Errc::configuration,
            "AWS_ACCESS_KEY_ID or AWS_SESSION_TOKEN holds a control character (a line break at its "
            "end?)");
    }
    return keys;
}

Result<AwsCredentials> aws_from_profile(
    const EnvironmentLookup& environment, std::string_view name) {
    const std::string wanted = profile_name(environment, name);
    std::string elsewhere;
    bool is_there = false;
    for (const AwsFile file : {AwsFile::credentials, AwsFile::config}) {
        auto profile = read_profile(environment, file, wanted);
        if (!profile) {
            return profile.error();
        }
        const AwsCredentials& keys = profile->keys;
        if (!is_field_value(keys.access_key_id) || !is_field_value(keys.session_token)) {
            return Error(
                Errc::configuration,
                "the profile `" + wanted + "` in " + shared_file(environment, file).string() +
                    " has a control character in a key or token; write it anew");
        }
        if (!keys.access_key_id.empty() && !keys.secret_access_key.empty()) {
            return keys;
        }
        if (!keys.access_key_id.empty() || !keys.secret_access_key.empty()) {
            return Error(
                Errc::configuration,
                "the profile `" + wanted + "` in " + shared_file(environment, file).string() +
                    " has only one of aws_access_key_id and aws_secret_access_key; write both");
        }
        is_there = is_there || profile->is_there;
        elsewhere = elsewhere.empty() ? profile->elsewhere : elsewhere;
    }
    if (!elsewhere.empty()) {
        return Error(
            Errc::configuration,
            "the profile `" + wanted + "` gets its credentials by " + elsewhere +
                ", which Pulse does not do; run `aws configure export-credentials --profile " +
                wanted + "` and set what it prints, or name a profile with keys");
    }
    return Error(
        Errc::not_found,
        "the profile `" + wanted + "` " + (is_there ? "has no keys" : "does not exist") + " in " +
            shared_file(environment, AwsFile::credentials).string());
}

Result<AwsCredentials> aws_from_anywhere(
    const EnvironmentLookup& environment, const AuthFetch& fetch) {
    auto found = aws_from_environment(environment);
    std::string tried;
    const auto is_next = [&] {
        if (found || found.error().code() != Errc::not_found) {
            return false;
        }
        tried.append(tried.empty() ? "" : "; ").append(found.error().detail());
        return true;
    };
    if (is_next()) {
        found = aws_from_profile(environment);
    }
    if (is_next()) {
        found = aws_from_container(environment, fetch);
    }
    if (is_next()) {
        found = aws_from_instance(environment, fetch);
    }
    if (is_next()) {
        return Error(
            Errc::not_found,
            "no AWS credentials (" + tried +
                "); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK, "
                "or give the machine a role");
    }
    return found;
}

std::string aws_region(const EnvironmentLookup& environment, std::string_view profile) {
    std::string region = first_set(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
    for (const AwsFile file : {AwsFile::config, AwsFile::credentials}) {
        if (!region.empty()) {
            break;
        }
        const auto read = read_profile(environment, file, profile_name(environment, profile));
        region = read ? read->region : "";
    }
    return region;
}

}  // namespace pulse::net
