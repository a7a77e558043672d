#include "net/auth/google_credentials.h"

#include "net/auth/detail/flat_json.h"
#include "net/auth/local_url.h"
#include "net/auth/small_file.h"

#include <filesystem>
#include <utility>

namespace pulse::net {

namespace {

using detail::FlatJson;

constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";

[[nodiscard]] std::string variable(const EnvironmentLookup& environment, std::string_view name) {
    return environment ? environment(name).value_or("") : std::string();
}

[[nodiscard]] Result<std::string> token_uri_of(const FlatJson& json) {
    std::string uri = json.text("token_uri");
    if (uri.empty()) {
        return std::string(kTokenUri);
    }
    if (!is_field_value(uri) || (!uri.starts_with("https://") && !is_local_http(uri))) {
        return Error(Errc::configuration, "its token_uri must be an https URL");
    }
    return uri;
}

[[nodiscard]] Error lacks(std::string_view type, std::string_view key) {
    return Error(
        Errc::configuration,
        "it is of type " + std::string(type) + " and lacks " + std::string(key) +
            "; download or make it again");
}

[[nodiscard]] Result<GoogleIdentity> service_account(const FlatJson& json, std::string uri) {
    GoogleServiceAccount account{
        .client_email = json.text("client_email"),
        .private_key = json.text("private_key"),
        .private_key_id = json.text("private_key_id"),
        .token_uri = std::move(uri)};
    if (account.client_email.empty() || account.private_key.empty()) {
        return lacks(
            "service_account", account.client_email.empty() ? "client_email" : "private_key");
    }
    return GoogleIdentity(std::move(account));
}

[[nodiscard]] Result<GoogleIdentity> authorized_user(const FlatJson& json, std::string uri) {
    GoogleAuthorizedUser user{
        .client_id = json.text("client_id"),
        .client_secret = json.text("client_secret"),
        .refresh_token = json.text("refresh_token"),
        .token_uri = std::move(uri)};
    for (const auto& [key, value] :
         {std::pair<std::string_view, const std::string&>{"client_id", user.client_id},
          {"client_secret", user.client_secret},
          {"refresh_token", user.refresh_token}}) {
        if (value.empty()) {
            return lacks("authorized_user", key);
        }
    }
    return GoogleIdentity(std::move(user));
}

[[nodiscard]] GoogleCredentials machine(const EnvironmentLookup& environment) {
    const std::string host = variable(environment, "GCE_METADATA_HOST");
    GoogleMachine machine{"http://" + (host.empty() ? "169.254.169.254" : host)};
    return {
        .identity = std::move(machine),
        .project_id = {},
        .quota_project_id = variable(environment, "GOOGLE_CLOUD_QUOTA_PROJECT")};
}

[[nodiscard]] Result<GoogleCredentials> read_file(
    const std::filesystem::path& path, std::string_view named_by) {
    const auto text = read_small_file(path);
    if (!text) {
        return Error(Errc::configuration, std::string(named_by) + text.error().detail());
    }
    auto parsed = parse_google_credentials(*text);
    if (!parsed) {
        return Error(
            Errc::configuration,
            std::string(named_by) + path.string() + ": " + parsed.error().detail());
    }
    return parsed;
}

/// Where `gcloud auth application-default login` writes.
[[nodiscard]] std::filesystem::path gcloud_file(const EnvironmentLookup& environment) {
    constexpr std::string_view kName = "application_default_credentials.json";
    if (const std::string folder = variable(environment, "CLOUDSDK_CONFIG"); !folder.empty()) {
        return std::filesystem::path(folder) / kName;
    }
    const std::string home = variable(environment, "HOME");
    return home.empty() ? std::filesystem::path()
                        : std::filesystem::path(home) / ".config" / "gcloud" / kName;
}

}  // namespace

Result<GoogleCredentials> parse_google_credentials(std::string_view json) {
    const auto fields = FlatJson::parse(json);
    if (!fields) {
        return Error(
            Errc::configuration, "it is no JSON object; a credentials file of Google is one");
    }
    auto uri = token_uri_of(*fields);
    if (!uri) {
        return uri.error();
    }
    const std::string type = fields->text("type");
    Result<GoogleIdentity> identity = Error(
        Errc::configuration,
        "its type is " + (type.empty() ? "not said" : "`" + detail::shown(type) + "`") +
            "; allowed are service_account and authorized_user");
    if (type == "service_account") {
        identity = service_account(*fields, *std::move(uri));
    } else if (type == "authorized_user") {
        identity = authorized_user(*fields, *std::move(uri));
    }
    if (!identity) {
        return identity.error();
    }
    GoogleCredentials credentials{
        .identity = *std::move(identity),
        .project_id = fields->text("project_id"),
        .quota_project_id = fields->text("quota_project_id")};
    if (!is_field_value(credentials.quota_project_id)) {
        return Error(Errc::configuration, "its quota_project_id holds a control character");
    }
    return credentials;
}

Result<GoogleCredentials> find_google_credentials(
    std::string_view where, const EnvironmentLookup& environment) {
    const std::size_t begin = where.find_first_not_of(" \t\r\n");
    if (begin != std::string_view::npos && where[begin] == '{') {
        return parse_google_credentials(where);
    }
    if (where == "metadata") {
        return machine(environment);
    }
    if (!where.empty() && where != "environment") {
        return read_file(std::filesystem::path(where), "");
    }
    if (const std::string named = variable(environment, "GOOGLE_APPLICATION_CREDENTIALS");
        !named.empty()) {
        return read_file(named, "GOOGLE_APPLICATION_CREDENTIALS: ");
    }
    const std::filesystem::path gcloud = gcloud_file(environment);
    std::error_code error;
    if (!gcloud.empty() && std::filesystem::exists(gcloud, error)) {
        return read_file(gcloud, "");
    }
    return machine(environment);
}

}  // namespace pulse::net
