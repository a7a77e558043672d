#pragma once

#include "base/clock.h"
#include "net/auth/aws_credentials.h"
#include "net/auth/hmac_sha256.h"
#include "net/http/head.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net {

/// How a service reads the path when it checks a signature.
enum class SigV4Path : std::uint8_t {
    normalized,  ///< without empty and dot segments, and what was sent encoded once more: all but
                 ///< S3
    object_key,  ///< as sent, each octet encoded once: S3, where `//` and `..` are part of a name
};

/// The request as it goes over the wire; all views.
struct SigV4Request {
    std::string_view method;
    std::string_view path;            ///< from its first '/', percent-encoded
    std::string_view query;           ///< without '?', percent-encoded, spaces as %20
    std::span<const Field> fields;    ///< those that are signed, `host` among them; any order
    std::string_view payload_sha256;  ///< 64 lower-case hexadecimal digits, or kUnsignedPayload
};

/// For S3 over TLS: the signature does not cover the body.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// Which service the signature is for.
struct SigV4Scope {
    std::string_view region;
    std::string_view service;  ///< "bedrock", "s3", "ce", "sts"
    SigV4Path path = SigV4Path::normalized;
};

/// AWS Signature Version 4, the form that stands in the head of a request. Keeps its contexts, its
/// buffers and the signing keys of the last scopes, so that a signature costs what it must hash.
/// Not thread-safe: each thread has its own.
/// Source: AWS "Signature Version 4 signing process", read 2026-11-21; the vectors of aws-c-auth.
class SigV4Signer {
public:
    /// Appends what makes `request` a signed one, each line with its CRLF: x-amz-date,
    /// x-amz-content-sha256, x-amz-security-token where there is one, authorization. None of them
    /// may be among the request's own fields.
    void append_signed_fields(
        std::string& head,
        const SigV4Request& request,
        const SigV4Scope& scope,
        const AwsCredentials& credentials,
        TimePoint now);

    /// The value of `authorization` over exactly the fields given; `x-amz-date` among them agrees
    /// with `now`.
    [[nodiscard]] std::string authorization(
        const SigV4Request& request,
        const SigV4Scope& scope,
        const AwsCredentials& credentials,
        TimePoint now);

    /// A body's hash as `payload_sha256` wants it.
    [[nodiscard]] std::string payload_sha256(std::span<const std::string_view> body);

private:
    struct SigningKey {
        std::string date;  ///< "20150830"
        std::string region;
        std::string service;
        std::string secret;
        HmacSha256 hmac;
    };
    void append_authorization(
        std::string& out,
        const SigV4Request& request,
        const SigV4Scope& scope,
        const AwsCredentials& credentials,
        std::string_view timestamp);
    [[nodiscard]] HmacSha256& signing_key(
        std::string_view date, const SigV4Scope& scope, const std::string& secret);

    Sha256Hasher hasher_;
    std::vector<SigningKey> keys_;
    std::size_t oldest_key_ = 0;
    std::string canonical_;
    std::string signed_names_;
    std::string to_sign_;
    std::vector<Field> fields_;
};

/// "20150830T123600Z": UTC.
[[nodiscard]] std::string sigv4_timestamp(TimePoint now);

}  // namespace pulse::net
