#include "net/auth/google_token.h"

#include "net/auth/base64url.h"
#include "net/auth/detail/flat_json.h"
#include "net/auth/percent.h"
#include "net/auth/rsa_signature.h"
#include "net/auth/small_file.h"

#include <boost/json.hpp>

#include <chrono>
#include <type_traits>
#include <utility>

namespace pulse::net {

namespace {

constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::chrono::seconds kAssertionLife{3'600};  // the longest that is taken
constexpr std::int64_t kTokenLifeMax = 366 * 86'400;
constexpr std::chrono::milliseconds kMetadataTimeout{2'000};

[[nodiscard]] AuthRequest form_post(
    const std::string& url,
    std::initializer_list<std::pair<std::string_view, std::string_view>> form) {
    AuthRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {
        {"content-type", "application/x-www-form-urlencoded"}, {"accept", "application/json"}};
    for (const auto& [name, value] : form) {
        request.body.append(request.body.empty() ? "" : "&").append(name).append("=");
        append_percent_encoded(request.body, value);
    }
    return request;
}

[[nodiscard]] Result<AuthRequest> ask_for(const GoogleServiceAccount& account, TimePoint now) {
    const auto assertion = make_google_assertion(account, now);
    if (!assertion) {
        return assertion.error();
    }
    return form_post(
        account.token_uri,
        {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", *assertion}});
}

[[nodiscard]] Result<AuthRequest> ask_for(const GoogleAuthorizedUser& user, TimePoint /*now*/) {
    return form_post(
        user.token_uri,
        {{"grant_type", "refresh_token"},
         {"client_id", user.client_id},
         {"client_secret", user.client_secret},
         {"refresh_token", user.refresh_token}});
}

[[nodiscard]] Result<AuthRequest> ask_for(const GoogleMachine& machine, TimePoint /*now*/) {
    AuthRequest request;
    request.url = machine.endpoint + "/computeMetadata/v1/instance/service-accounts/default/token";
    request.headers = {{"metadata-flavor", "Google"}};
    request.timeout = kMetadataTimeout;
    request.route = AuthRequest::Route::direct;
    return request;
}

[[nodiscard]] std::string_view fix_for(const GoogleServiceAccount& /*account*/) {
    return "check that the service account and its key exist and that the machine's clock is right";
}
[[nodiscard]] std::string_view fix_for(const GoogleAuthorizedUser& /*user*/) {
    return "run `gcloud auth application-default login` again";
}
[[nodiscard]] std::string_view fix_for(const GoogleMachine& /*machine*/) {
    return "give the machine a service account, or set GOOGLE_APPLICATION_CREDENTIALS";
}

/// What the server says of a refusal; its words, which hold no secret of ours.
[[nodiscard]] Error refused(const AuthAnswer& answer, std::string_view fix) {
    std::string said = "status " + std::to_string(answer.status);
    if (const auto fields = detail::FlatJson::parse(answer.body)) {
        for (const std::string_view key : {"error", "error_description"}) {
            const std::string text = fields->text(key);
            said.append(text.empty() ? "" : ", ").append(detail::shown(text));
        }
    }
    // 429 and 5xx pass; anything else stays until somebody does something.
    const bool passes = answer.status == 429 || answer.status >= 500;
    return Error(
        passes ? Errc::upstream_unavailable : Errc::configuration,
        "Google gives no token (" + said + "); " +
            (passes ? "it is asked again" : std::string(fix)));
}

}  // namespace

Result<std::string> make_google_assertion(const GoogleServiceAccount& account, TimePoint now) {
    const auto issued = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    boost::json::object header{{"alg", "RS256"}, {"typ", "JWT"}};
    if (!account.private_key_id.empty()) {
        header["kid"] = account.private_key_id;
    }
    const boost::json::object claims{
        {"iss", account.client_email},
        {"scope", kScope},
        {"aud", account.token_uri},
        {"iat", issued.count()},
        {"exp", (issued + kAssertionLife).count()}};
    std::string assertion =
        base64url(boost::json::serialize(header)) + '.' + base64url(boost::json::serialize(claims));
    const auto signature = sign_rs256(account.private_key, assertion);
    if (!signature) {
        return signature.error();
    }
    return assertion + '.' + base64url(*signature);
}

Result<AccessToken> fetch_google_token(
    const GoogleCredentials& credentials, const AuthFetch& fetch, TimePoint now) {
    return std::visit(
        [&](const auto& identity) -> Result<AccessToken> {
            const auto request = ask_for(identity, now);
            if (!request) {
                return request.error();
            }
            const auto answer = fetch(*request);
            if (!answer) {
                return Error(
                    answer.error().code(),
                    request->url + ": " + answer.error().detail() +
                        (std::is_same_v<std::decay_t<decltype(identity)>, GoogleMachine>
                             ? "; " + std::string(fix_for(identity))
                             : std::string()));
            }
            if (answer->status != 200) {
                return refused(*answer, fix_for(identity));
            }
            return parse_token_answer(answer->body, now);
        },
        credentials.identity);
}

Result<AccessToken> parse_token_answer(std::string_view json, TimePoint asked_at) {
    const auto fields = detail::FlatJson::parse(json);
    if (!fields) {
        return Error(Errc::upstream_bad_answer, "the token server's answer is no JSON object");
    }
    AccessToken token{.text = fields->text("access_token"), .expires_at = {}};
    if (token.text.empty() || !is_field_value(token.text)) {
        return Error(
            Errc::upstream_bad_answer, "the token server's answer has no usable access_token");
    }
    const auto life = fields->integer("expires_in");
    if (!life || *life <= 0 || *life > kTokenLifeMax) {
        return Error(
            Errc::upstream_bad_answer, "the token server's answer has no usable expires_in");
    }
    token.expires_at = asked_at + std::chrono::seconds(*life);
    return token;
}

}  // namespace pulse::net
