#include "console/access/jwt.h"

#include "base/digest.h"
#include "console/access/secret_text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sodium.h>

#include <algorithm>
#include <chrono>

namespace pulse::console {
namespace {

namespace json = boost::json;

constexpr std::string_view kIssuer = "pulse";
constexpr std::size_t kTokenBytesMax = 4096;

[[nodiscard]] std::string header() {
    return base64url(R"({"alg":"HS256","typ":"JWT"})");
}

[[nodiscard]] std::int64_t seconds_of(TimePoint time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(
        reinterpret_cast<unsigned char*>(bytes.data()),
        bytes.size(),
        text.data(),
        text.size(),
        nullptr,
        &size,
        &end,
        sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (failed != 0 || end != text.data() + text.size()) {
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

[[nodiscard]] std::optional<std::string> text_claim(
    const json::object& claims, std::string_view name) {
    const json::value* value = claims.if_contains(name);
    if (value == nullptr || !value->is_string()) {
        return std::nullopt;
    }
    return std::string{value->get_string().c_str(), value->get_string().size()};
}

[[nodiscard]] std::optional<TimePoint> time_claim(
    const json::object& claims, std::string_view name) {
    const json::value* value = claims.if_contains(name);
    if (value == nullptr || !value->is_int64()) {
        return std::nullopt;
    }
    return TimePoint{std::chrono::seconds{value->get_int64()}};
}

[[nodiscard]] std::optional<JwtClaims> read_claims(const json::object& object) {
    const auto issuer = text_claim(object, "iss");
    const auto id = text_claim(object, "jti");
    const auto subject = text_claim(object, "sub");
    const auto org = text_claim(object, "org");
    const auto role = text_claim(object, "role");
    const auto issued_at = time_claim(object, "iat");
    const auto expires_at = time_claim(object, "exp");
    if (issuer != kIssuer || !id || !subject || !org || !role || !issued_at || !expires_at) {
        return std::nullopt;
    }
    return JwtClaims{*id, *subject, *org, *role, *issued_at, *expires_at};
}

}  // namespace

std::string sign_jwt(const JwtClaims& claims, std::string_view secret) {
    const json::object payload{
        {"iss", kIssuer},
        {"sub", claims.subject},
        {"org", claims.org},
        {"role", claims.role},
        {"jti", claims.id},
        {"iat", seconds_of(claims.issued_at)},
        {"exp", seconds_of(claims.expires_at)}};
    std::string token = header().append(".").append(base64url(json::serialize(payload)));
    const std::string signature = base64url(hmac_sha256(secret, token));
    return token.append(".").append(signature);
}

bool looks_like_jwt(std::string_view text) {
    return std::count(text.begin(), text.end(), '.') == 2;
}

std::optional<JwtClaims> verify_jwt(
    std::string_view token, std::string_view secret, TimePoint now) {
    if (token.size() > kTokenBytesMax || !looks_like_jwt(token)) {
        return std::nullopt;
    }
    const std::size_t behind_header = token.find('.');
    const std::size_t behind_payload = token.rfind('.');
    const std::string_view signed_part = token.substr(0, behind_payload);
    const std::string signature = base64url(hmac_sha256(secret, signed_part));
    if (token.substr(0, behind_header) != header() ||
        !constant_time_equal(signature, token.substr(behind_payload + 1))) {
        return std::nullopt;
    }
    const auto payload = from_base64url(signed_part.substr(behind_header + 1));
    if (!payload) {
        return std::nullopt;
    }
    boost::system::error_code failed;
    const json::value parsed = json::parse(*payload, failed);
    if (failed || !parsed.is_object()) {
        return std::nullopt;
    }
    auto claims = read_claims(parsed.get_object());
    if (!claims || claims->expires_at <= now) {
        return std::nullopt;
    }
    return claims;
}

}  // namespace pulse::console
