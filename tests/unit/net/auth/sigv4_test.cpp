#include "net/auth/sigv4.h"

#include "base/rfc3339.h"
#include "net/auth/sigv4_canonical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace pulse::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const AwsCredentials kKeys{
    .access_key_id = "AKIDEXAMPLE",
    .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    .session_token = {},
    .expires_at = {}};
const TimePoint kNow = parse_rfc3339("2015-08-30T12:36:00Z").value();
constexpr std::array<Field, 1> kHost{Field{"Host", "example.amazonaws.com"}};

[[nodiscard]] std::string canonical(
    std::string_view path, std::string_view query, SigV4Path form = SigV4Path::normalized) {
    std::string out;
    std::string names;
    append_canonical_request(
        out,
        names,
        {.method = "GET", .path = path, .query = query, .fields = kHost, .payload_sha256 = "-"},
        form);
    return out;
}

TEST(SigV4, EncodesAModelIdOfThePathOnceMore) {
    EXPECT_THAT(
        canonical("/model/anthropic.claude-v2%3A1/converse", ""),
        StartsWith("GET\n/model/anthropic.claude-v2%253A1/converse\n"));
}

TEST(SigV4, EncodesAnObjectsKeyOnceHoweverItWasSent) {
    const std::string sent_encoded = canonical("/b/p%3D1/a%20b//..", "", SigV4Path::object_key);

    EXPECT_THAT(sent_encoded, StartsWith("GET\n/b/p%3D1/a%20b//..\n"));
    EXPECT_EQ(canonical("/b/p=1/a b//..", "", SigV4Path::object_key), sent_encoded);
}

TEST(SigV4, ReadsAnEmptyPathAsTheRoot) {
    EXPECT_THAT(canonical("", ""), StartsWith("GET\n/\n"));
    EXPECT_THAT(canonical("", "", SigV4Path::object_key), StartsWith("GET\n/\n"));
}

TEST(SigV4, OrdersQueryByNameThenValueAndKeepsRepeatedNames) {
    EXPECT_THAT(
        canonical("/", "b=2&a=%2f&b=1&c&&list-type=2"),
        HasSubstr("\na=%2F&b=1&b=2&c=&list-type=2\n"));
}

TEST(SigV4, AddsTheFieldsThatMakeARequestASignedOne) {
    AwsCredentials temporary = kKeys;
    temporary.session_token = "the-token";
    std::string head;

    SigV4Signer{}.append_signed_fields(
        head,
        {.method = "POST",
         .path = "/",
         .query = "",
         .fields = kHost,
         .payload_sha256 = kUnsignedPayload},
        {.region = "us-east-1", .service = "service"},
        temporary,
        kNow);

    EXPECT_THAT(
        head,
        StartsWith("x-amz-date: 20150830T123600Z\r\n"
                   "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
                   "x-amz-security-token: the-token\r\n"
                   "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
                   "service/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                   "x-amz-security-token, Signature="));
    EXPECT_TRUE(head.ends_with("\r\n"));
    EXPECT_THAT(head, Not(HasSubstr(temporary.secret_access_key)));
}

TEST(SigV4, SignsWithTheKeysOfTheDayRegionServiceAndAccountItIsGiven) {
    const SigV4Request request{
        .method = "GET", .path = "/", .query = "", .fields = kHost, .payload_sha256 = "-"};
    const auto value = [&](SigV4Signer& signer, int day, std::string_view region, bool is_other) {
        AwsCredentials keys = kKeys;
        keys.secret_access_key += is_other ? "2" : "";
        return signer.authorization(
            request, {.region = region, .service = "bedrock"}, keys, kNow + std::chrono::days(day));
    };
    SigV4Signer kept;

    for (int round = 0; round < 2; ++round) {
        for (int day = 0; day < 12; ++day) {  // more scopes than keys are kept
            for (const bool is_other : {false, true}) {
                SigV4Signer fresh;
                EXPECT_EQ(
                    value(kept, day, "eu-west-1", is_other),
                    value(fresh, day, "eu-west-1", is_other));
                EXPECT_EQ(
                    value(kept, day, "us-east-1", is_other),
                    value(fresh, day, "us-east-1", is_other));
            }
        }
    }
}

// Signed by @smithy/signature-v4 (npm), 2026-11-21: ids with a colon, as they are and encoded, and
// an ARN.
TEST(SigV4, SignsBedrocksPathsAsTheOfficialSdkDoes) {
    constexpr std::array<Field, 1> kBedrock{
        Field{"host", "bedrock-runtime.eu-west-1.amazonaws.com"}};
    AwsCredentials temporary = kKeys;
    temporary.session_token = "tok/en==";
    SigV4Signer signer;
    const auto signature = [&](std::string_view path, std::string_view body) {
        std::string head;
        const std::string hash = signer.payload_sha256(std::span(&body, 1));
        signer.append_signed_fields(
            head,
            {.method = "POST",
             .path = path,
             .query = "",
             .fields = kBedrock,
             .payload_sha256 = hash},
            {.region = "eu-west-1", .service = "bedrock"},
            temporary,
            parse_rfc3339("2026-11-21T10:00:00Z").value());
        return head.substr(head.find("Signature=") + 10, 64);
    };

    EXPECT_EQ(
        signature("/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse", "{\"a\":1}"),
        "620e93f6a8a5383a760c5f23502243c50a08942fdec6ea9e3bc3cfd23e68d917");
    EXPECT_EQ(
        signature("/model/eu.anthropic.claude-sonnet-4-5-20250929-v1:0/converse", "{\"a\":1}"),
        "6d856b64e5367a262860f16f26396c22452d83556f6098f26728b602cc4fe4ed");
    EXPECT_EQ(
        signature(
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.titan/invoke",
            ""),
        "867bbc22cae217e9c27bf46df2c7443d707c364cf4bc8bdc113a7161efa70155");
}

TEST(SigV4, WritesTheTimeInUtcWithoutAFraction) {
    EXPECT_EQ(sigv4_timestamp(kNow + std::chrono::microseconds(999'999)), "20150830T123600Z");
    EXPECT_EQ(
        sigv4_timestamp(parse_rfc3339("2026-01-02T03:04:05+01:00").value()), "20260102T020405Z");
}

}  // namespace
}  // namespace pulse::net
