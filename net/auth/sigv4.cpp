#include "net/auth/sigv4.h"

#include "base/hex.h"
#include "net/auth/sigv4_canonical.h"

#include <fmt/format.h>

#include <utility>

namespace pulse::net {

namespace {

constexpr std::size_t kSigningKeysKept = 8;

void append_field(std::string& head, const Field& field) {
    head.append(field.name).append(": ").append(field.value).append("\r\n");
}

}  // namespace

std::string sigv4_timestamp(TimePoint now) {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
    return fmt::format(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        time.hours().count(),
        time.minutes().count(),
        time.seconds().count());
}

void SigV4Signer::append_signed_fields(
    std::string& head,
    const SigV4Request& request,
    const SigV4Scope& scope,
    const AwsCredentials& credentials,
    TimePoint now) {
    const std::string timestamp = sigv4_timestamp(now);
    fields_.assign(request.fields.begin(), request.fields.end());
    const std::size_t ours = fields_.size();
    fields_.push_back({"x-amz-date", timestamp});
    fields_.push_back({"x-amz-content-sha256", request.payload_sha256});
    if (!credentials.session_token.empty()) {
        fields_.push_back({"x-amz-security-token", credentials.session_token});
    }
    for (std::size_t i = ours; i < fields_.size(); ++i) {
        append_field(head, fields_[i]);
    }
    SigV4Request whole = request;
    whole.fields = fields_;
    head.append("authorization: ");
    append_authorization(head, whole, scope, credentials, timestamp);
    head.append("\r\n");
}

std::string SigV4Signer::authorization(
    const SigV4Request& request,
    const SigV4Scope& scope,
    const AwsCredentials& credentials,
    TimePoint now) {
    std::string value;
    append_authorization(value, request, scope, credentials, sigv4_timestamp(now));
    return value;
}

std::string SigV4Signer::payload_sha256(std::span<const std::string_view> body) {
    return to_hex(hasher_.of(body));
}

void SigV4Signer::append_authorization(
    std::string& out,
    const SigV4Request& request,
    const SigV4Scope& scope,
    const AwsCredentials& credentials,
    std::string_view timestamp) {
    canonical_.clear();
    signed_names_.clear();
    to_sign_.clear();
    append_canonical_request(canonical_, signed_names_, request, scope.path);
    append_string_to_sign(to_sign_, timestamp, scope, hasher_.of(canonical_));
    HmacSha256& key =
        signing_key(timestamp.substr(0, timestamp.find('T')), scope, credentials.secret_access_key);
    out.append("AWS4-HMAC-SHA256 Credential=").append(credentials.access_key_id).append("/");
    append_credential_scope(out, timestamp, scope);
    out.append(", SignedHeaders=")
        .append(signed_names_)
        .append(", Signature=")
        .append(to_hex(key.of(to_sign_)));
}

HmacSha256& SigV4Signer::signing_key(
    std::string_view date, const SigV4Scope& scope, const std::string& secret) {
    for (SigningKey& key : keys_) {
        if (key.date == date && key.region == scope.region && key.service == scope.service &&
            key.secret == secret) {
            return key.hmac;
        }
    }
    const Sha256 of_date = HmacSha256("AWS4" + secret).of(date);
    const Sha256 of_region = HmacSha256(of_date).of(scope.region);
    const Sha256 of_service = HmacSha256(of_region).of(scope.service);
    const Sha256 of_request = HmacSha256(of_service).of("aws4_request");
    SigningKey fresh{
        .date = std::string(date),
        .region = std::string(scope.region),
        .service = std::string(scope.service),
        .secret = secret,
        .hmac = HmacSha256(of_request)};
    if (keys_.size() < kSigningKeysKept) {
        return keys_.emplace_back(std::move(fresh)).hmac;
    }
    SigningKey& place = keys_[oldest_key_];
    oldest_key_ = (oldest_key_ + 1) % kSigningKeysKept;
    place = std::move(fresh);
    return place.hmac;
}

}  // namespace pulse::net
