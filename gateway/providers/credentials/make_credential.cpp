#include "gateway/providers/credentials/make_credential.h"

#include "gateway/providers/address.h"
#include "gateway/providers/credentials/fixed_credential.h"
#include "gateway/providers/credentials/sigv4_credential.h"
#include "gateway/providers/credentials/token_credential.h"
#include "net/auth/aws_sources.h"
#include "net/auth/google_credentials.h"
#include "net/auth/small_file.h"

#include <utility>

namespace pulse::gateway {

namespace {

using MadeCredential = Result<std::shared_ptr<const Credential>>;

// The version that Anthropic's documentation and its SDKs up to 0.x name; a caller's own goes
// before it.
constexpr std::string_view kAnthropicVersion = "2023-06-01";
constexpr std::string_view kProfilePrefix = "profile:";

[[nodiscard]] Error bad(const CredentialSettings& settings, std::string_view what) {
    return Error(Errc::configuration, "providers." + settings.provider + ": " + std::string(what));
}

[[nodiscard]] std::shared_ptr<const Credential> fixed(
    std::string_view name, std::string_view value) {
    return std::make_shared<const FixedCredential>(name, value);
}

[[nodiscard]] std::shared_ptr<const Credential> bearer(std::string_view token) {
    return fixed("authorization", "Bearer " + std::string(token));
}

[[nodiscard]] std::shared_ptr<const Credential> anthropic(std::string_view key) {
    auto credential = key.empty() ? std::make_shared<FixedCredential>()
                                  : std::make_shared<FixedCredential>("x-api-key", key);
    credential->add_default("anthropic-version", std::string(kAnthropicVersion));
    return credential;
}

/// Where `credentials` says AWS's come from; the profile is empty where it is not named.
struct AwsChoice {
    enum class Source { anywhere, profile, container, instance } source = Source::anywhere;
    std::string profile;
};

[[nodiscard]] Result<AwsChoice> aws_choice(const CredentialSettings& settings) {
    using enum AwsChoice::Source;
    const std::string_view text = settings.credentials;
    if (text.empty() || text == "environment") {
        return AwsChoice{anywhere, {}};
    }
    if (text.starts_with(kProfilePrefix) && text.size() > kProfilePrefix.size()) {
        return AwsChoice{profile, std::string(text.substr(kProfilePrefix.size()))};
    }
    if (text == "container" || text == "instance") {
        return AwsChoice{text == "container" ? container : instance, {}};
    }
    return bad(
        settings,
        "credentials cannot be used; allowed are environment, profile:NAME, container and "
        "instance");
}

[[nodiscard]] Result<net::AwsCredentials> load_aws(
    const AwsChoice& choice, const EnvironmentLookup& environment, const net::AuthFetch& fetch) {
    switch (choice.source) {
        case AwsChoice::Source::profile:
            return net::aws_from_profile(environment, choice.profile);
        case AwsChoice::Source::container:
            return net::aws_from_container(environment, fetch);
        case AwsChoice::Source::instance:
            return net::aws_from_instance(environment, fetch);
        case AwsChoice::Source::anywhere:
            break;
    }
    return net::aws_from_anywhere(environment, fetch);
}

/// What is there without fetching: a start with wrong keys is refused, and the first request waits
/// for nobody. Nothing: it must be fetched. Errors: configuration.
[[nodiscard]] Result<std::optional<net::AwsCredentials>> local_aws(
    const AwsChoice& choice, const EnvironmentLookup& environment) {
    if (choice.source != AwsChoice::Source::anywhere &&
        choice.source != AwsChoice::Source::profile) {
        return std::optional<net::AwsCredentials>();
    }
    const bool is_anywhere = choice.source == AwsChoice::Source::anywhere;
    auto found = is_anywhere ? net::aws_from_environment(environment)
                             : net::aws_from_profile(environment, choice.profile);
    if (is_anywhere && !found && found.error().code() == Errc::not_found) {
        found = net::aws_from_profile(environment);
    }
    if (found) {
        return std::optional(*std::move(found));
    }
    if (is_anywhere && found.error().code() == Errc::not_found) {
        return std::optional<net::AwsCredentials>();
    }
    return found.error();
}

[[nodiscard]] MadeCredential sigv4(
    const CredentialSettings& settings, const EnvironmentLookup& environment) {
    auto choice = aws_choice(settings);
    if (!choice) {
        return choice.error();
    }
    std::string region = settings.region;
    if (region.empty()) {
        region = aws_region_of(settings.host);
    }
    if (region.empty()) {
        region = net::aws_region(environment, choice->profile);
    }
    if (region.empty()) {
        return bad(settings, "no region is known; write `region:` or set AWS_REGION");
    }
    auto first = local_aws(*choice, environment);
    if (!first) {
        return bad(settings, first.error().detail());
    }
    auto keys = std::make_shared<Renewed<net::AwsCredentials>>(
        "providers." + settings.provider,
        [choice = *std::move(choice), environment](const net::AuthFetch& fetch, TimePoint) {
            return load_aws(choice, environment, fetch);
        },
        *std::move(first));
    return std::make_shared<const SigV4Credential>(std::move(region), std::move(keys));
}

[[nodiscard]] MadeCredential bedrock(
    const CredentialSettings& settings, const EnvironmentLookup& environment) {
    const bool looks_around = settings.credentials.empty() || settings.credentials == "environment";
    if (!settings.api_key.empty()) {
        return bearer(settings.api_key);
    }
    const std::string token =
        looks_around && environment ? environment("AWS_BEARER_TOKEN_BEDROCK").value_or("") : "";
    if (!net::is_field_value(token)) {
        return bad(settings, "AWS_BEARER_TOKEN_BEDROCK holds a control character");
    }
    return token.empty() ? sigv4(settings, environment) : MadeCredential(bearer(token));
}

[[nodiscard]] MadeCredential vertex(
    const CredentialSettings& settings, const EnvironmentLookup& environment) {
    if (!settings.api_key.empty()) {
        return fixed("x-goog-api-key", settings.api_key);
    }
    // Read here too, so that a file that cannot serve is told at the start.
    auto found = net::find_google_credentials(settings.credentials, environment);
    if (!found) {
        return bad(settings, "credentials: " + found.error().detail());
    }
    auto token = std::make_shared<Renewed<net::AccessToken>>(
        "providers." + settings.provider,
        [where = settings.credentials, environment](
            const net::AuthFetch& fetch, TimePoint now) -> Result<net::AccessToken> {
            const auto credentials = net::find_google_credentials(where, environment);
            if (!credentials) {
                return credentials.error();
            }
            return net::fetch_google_token(*credentials, fetch, now);
        });
    return std::make_shared<const TokenCredential>(std::move(token), found->quota_project_id);
}

}  // namespace

Result<std::shared_ptr<const Credential>> make_credential(
    const CredentialSettings& settings, const EnvironmentLookup& environment) {
    if (!net::is_field_value(settings.api_key)) {
        return bad(settings, "api_key holds a control character (a line break at its end?)");
    }
    if (settings.kind == "bedrock") {
        return bedrock(settings, environment);
    }
    if (settings.kind == "vertex") {
        return vertex(settings, environment);
    }
    if (settings.kind == "anthropic") {
        return anthropic(settings.api_key);
    }
    if (settings.api_key.empty()) {
        return std::make_shared<const FixedCredential>();
    }
    if (settings.kind == "azure") {
        return fixed("api-key", settings.api_key);
    }
    if (settings.kind == "gemini") {
        return fixed("x-goog-api-key", settings.api_key);
    }
    return bearer(settings.api_key);
}

}  // namespace pulse::gateway
