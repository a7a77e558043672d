#pragma once

#include "base/settings/settings_source.h"
#include "net/auth/auth_fetch.h"
#include "net/auth/aws_credentials.h"

#include <string>
#include <string_view>

namespace pulse::net {

// Where AWS credentials come from. Errors of all: not_found when the source has nothing to say (and
// the next may be asked), else configuration, upstream_unavailable or upstream_bad_answer; each
// says what is wrong and what to do, and none repeats a secret.

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
[[nodiscard]] Result<AwsCredentials> aws_from_environment(const EnvironmentLookup& environment);

/// A profile of the shared files, `~/.aws/credentials` before `~/.aws/config`
/// (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE). Empty: AWS_PROFILE, else "default".
[[nodiscard]] Result<AwsCredentials> aws_from_profile(
    const EnvironmentLookup& environment, std::string_view name = {});

/// The endpoint of a container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI, with
/// AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]. Waits.
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider", read 2026-11-21.
[[nodiscard]] Result<AwsCredentials> aws_from_container(
    const EnvironmentLookup& environment, const AuthFetch& fetch);

/// The role of an EC2 instance, by version 2 of its metadata service alone: version 1 answers
/// whoever can make a program send a GET (AWS_EC2_METADATA_SERVICE_ENDPOINT,
/// AWS_EC2_METADATA_DISABLED). Waits.
/// Source: Amazon EC2 User Guide, "Use the Instance Metadata Service", read 2026-11-21.
[[nodiscard]] Result<AwsCredentials> aws_from_instance(
    const EnvironmentLookup& environment, const AuthFetch& fetch);

/// All of them in this order, the first that has any. Waits.
[[nodiscard]] Result<AwsCredentials> aws_from_anywhere(
    const EnvironmentLookup& environment, const AuthFetch& fetch);

/// AWS_REGION, AWS_DEFAULT_REGION, else the profile's; empty when none says it.
[[nodiscard]] std::string aws_region(
    const EnvironmentLookup& environment, std::string_view profile = {});

/// The answer of a container's or an instance's endpoint. Errors: upstream_bad_answer. Pure.
[[nodiscard]] Result<AwsCredentials> parse_aws_answer(std::string_view json);

}  // namespace pulse::net
