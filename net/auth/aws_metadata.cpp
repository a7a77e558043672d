#include "base/rfc3339.h"
#include "net/auth/aws_sources.h"
#include "net/auth/detail/flat_json.h"
#include "net/auth/local_url.h"
#include "net/auth/small_file.h"

#include <chrono>
#include <utility>

namespace pulse::net {

namespace {

// A machine that is none of AWS's may drop packets to the address: a start must not hang on it.
constexpr std::chrono::milliseconds kMetadataTimeout{2'000};
constexpr std::string_view kInstanceEndpoint = "http://169.254.169.254";
constexpr std::string_view kContainerEndpoint = "http://169.254.170.2";

[[nodiscard]] std::string variable(const EnvironmentLookup& environment, std::string_view name) {
    return environment ? environment(name).value_or("") : std::string();
}

[[nodiscard]] AuthRequest metadata_request(std::string url) {
    AuthRequest request;
    request.url = std::move(url);
    request.timeout = kMetadataTimeout;
    request.route = AuthRequest::Route::direct;
    return request;
}

[[nodiscard]] Error bad_status(std::string_view whose, const AuthAnswer& answer) {
    return Error(
        Errc::upstream_bad_answer,
        std::string(whose) + " answered with status " + std::to_string(answer.status));
}

/// Errors: not_found, configuration.
[[nodiscard]] Result<std::string> container_url(const EnvironmentLookup& environment) {
    const std::string relative = variable(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    if (!relative.empty()) {
        if (relative.front() != '/') {
            return Error(
                Errc::configuration,
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash");
        }
        return std::string(kContainerEndpoint) + relative;
    }
    std::string full = variable(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (full.empty()) {
        return Error(Errc::not_found, "no container credentials are announced");
    }
    if (!full.starts_with("https://") && !is_local_http(full)) {
        return Error(
            Errc::configuration,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to loopback, 169.254.170.2, "
            "169.254.170.23 or [fd00:ec2::23]");
    }
    return full;
}

[[nodiscard]] Result<std::string> container_authorization(const EnvironmentLookup& environment) {
    const std::string path = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    std::string token = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (!path.empty()) {
        auto text = read_small_file(path);
        if (!text) {
            return Error(
                Errc::configuration,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " + text.error().detail());
        }
        token = *std::move(text);
        token.erase(token.find_last_not_of("\r\n") + 1);
    }
    if (!is_field_value(token)) {
        return Error(Errc::configuration, "the container's authorization token holds a line break");
    }
    return token;
}

/// Version 2's session token. Errors: not_found when nobody answers as a metadata service.
[[nodiscard]] Result<std::string> instance_session(
    const std::string& endpoint, const AuthFetch& fetch) {
    AuthRequest request = metadata_request(endpoint + "/latest/api/token");
    request.method = "PUT";
    request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    const auto answer = fetch(request);
    if (!answer) {
        return Error(
            Errc::not_found, "no instance metadata service (" + answer.error().detail() + ")");
    }
    if (answer->status != 200 || answer->body.empty() || !is_field_value(answer->body)) {
        return Error(
            Errc::not_found,
            "the instance metadata service gives no session token (status " +
                std::to_string(answer->status) +
                "; in a container its hop limit must be 2 or more)");
    }
    return answer->body;
}

/// Errors: not_found (no role), upstream_….
[[nodiscard]] Result<std::string> instance_text(
    const std::string& url, const std::string& session, const AuthFetch& fetch) {
    AuthRequest request = metadata_request(url);
    request.headers = {{"x-aws-ec2-metadata-token", session}};
    auto answer = fetch(request);
    if (!answer) {
        return answer.error();
    }
    if (answer->status == 404) {
        return Error(Errc::not_found, "the instance has no role");
    }
    if (answer->status != 200) {
        return bad_status("the instance metadata service", *answer);
    }
    return std::move(answer->body);
}

}  // namespace

Result<AwsCredentials> aws_from_container(
    const EnvironmentLookup& environment, const AuthFetch& fetch) {
    const auto url = container_url(environment);
    if (!url) {
        return url.error();
    }
    const auto authorization = container_authorization(environment);
    if (!authorization) {
        return authorization.error();
    }
    AuthRequest request = metadata_request(*url);
    request.headers = {{"accept", "application/json"}};
    if (!authorization->empty()) {
        request.headers.emplace_back("authorization", *authorization);
    }
    const auto answer = fetch(request);
    if (!answer) {
        return Error(
            answer.error().code(),
            "the container's credentials endpoint: " + answer.error().detail());
    }
    if (answer->status != 200) {
        return bad_status("the container's credentials endpoint", *answer);
    }
    return parse_aws_answer(answer->body);
}

Result<AwsCredentials> aws_from_instance(
    const EnvironmentLookup& environment, const AuthFetch& fetch) {
    if (variable(environment, "AWS_EC2_METADATA_DISABLED") == "true") {
        return Error(Errc::not_found, "AWS_EC2_METADATA_DISABLED is true");
    }
    std::string endpoint = variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    endpoint = endpoint.empty() ? std::string(kInstanceEndpoint) : endpoint;
    while (endpoint.ends_with('/')) {
        endpoint.pop_back();
    }
    const auto session = instance_session(endpoint, fetch);
    if (!session) {
        return session.error();
    }
    const std::string roles = endpoint + "/latest/meta-data/iam/security-credentials/";
    const auto names = instance_text(roles, *session, fetch);
    if (!names) {
        return names.error();
    }
    const std::string role = names->substr(0, names->find_first_of("\r\n"));
    if (role.empty() || role.find('/') != std::string::npos) {
        return Error(Errc::not_found, "the instance has no role");
    }
    const auto answer = instance_text(roles + role, *session, fetch);
    if (!answer) {
        return answer.error();
    }
    return parse_aws_answer(*answer);
}

Result<AwsCredentials> parse_aws_answer(std::string_view json) {
    const auto fields = detail::FlatJson::parse(json);
    if (!fields) {
        return Error(
            Errc::upstream_bad_answer, "the credentials endpoint's answer is no JSON object");
    }
    const std::string code = fields->text("Code");
    if (!code.empty() && code != "Success") {
        return Error(
            Errc::upstream_bad_answer,
            "the credentials endpoint says " + detail::shown(code) + ": " +
                detail::shown(fields->text("Message")));
    }
    AwsCredentials keys;
    keys.access_key_id = fields->text("AccessKeyId");
    keys.secret_access_key = fields->text("SecretAccessKey");
    keys.session_token = fields->text("Token");
    if (keys.access_key_id.empty() || keys.secret_access_key.empty() ||
        !is_field_value(keys.access_key_id) || !is_field_value(keys.session_token)) {
        return Error(
            Errc::upstream_bad_answer,
            "the credentials endpoint's answer has no usable AccessKeyId and SecretAccessKey");
    }
    const std::string expiration = fields->text("Expiration");
    if (!expiration.empty()) {
        keys.expires_at = parse_rfc3339(expiration);
        if (!keys.expires_at) {
            return Error(
                Errc::upstream_bad_answer,
                "the credentials endpoint's Expiration is no time: " + detail::shown(expiration));
        }
    }
    return keys;
}

}  // namespace pulse::net
