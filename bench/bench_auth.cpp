#include "net/auth/sigv4.h"

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>

namespace {

using namespace pulse;
using namespace pulse::net;

constexpr std::array kFields{
    Field{"host", "bedrock-runtime.eu-west-1.amazonaws.com"},
    Field{"content-type", "application/json"}};
constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr SigV4Request kRequest{
    .method = "POST",
    .path = "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
    .query = "",
    .fields = kFields,
    .payload_sha256 = kEmptySha256};
constexpr SigV4Scope kScope{.region = "eu-west-1", .service = "bedrock"};

[[nodiscard]] AwsCredentials keys(std::size_t token_size) {
    return {
        .access_key_id = "AKIDEXAMPLE",
        .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        .session_token = std::string(token_size, 't'),
        .expires_at = {}};
}

/// The body's hash is given; the argument is the size of the session token.
void sign_a_request(benchmark::State& state) {
    SigV4Signer signer;
    const AwsCredentials credentials = keys(static_cast<std::size_t>(state.range(0)));
    std::string head;
    for (auto _ : state) {
        head.clear();
        signer.append_signed_fields(head, kRequest, kScope, credentials, TimePoint{});
        benchmark::DoNotOptimize(head.data());
    }
}
BENCHMARK(sign_a_request)->Arg(0)->Arg(1024);

/// With the body's hash; the argument is the body's size.
void sign_a_request_and_hash_its_body(benchmark::State& state) {
    SigV4Signer signer;
    const AwsCredentials credentials = keys(0);
    const std::string body(static_cast<std::size_t>(state.range(0)), 'b');
    const std::array<std::string_view, 1> pieces{body};
    std::string head;
    for (auto _ : state) {
        head.clear();
        const std::string hash = signer.payload_sha256(pieces);
        SigV4Request request = kRequest;
        request.payload_sha256 = hash;
        signer.append_signed_fields(head, request, kScope, credentials, TimePoint{});
        benchmark::DoNotOptimize(head.data());
    }
}
BENCHMARK(sign_a_request_and_hash_its_body)->Arg(1024)->Arg(65536);

/// What a signature costs when nothing is kept from the one before.
void sign_a_request_with_a_new_signer(benchmark::State& state) {
    const AwsCredentials credentials = keys(0);
    std::string head;
    for (auto _ : state) {
        SigV4Signer signer;
        head.clear();
        signer.append_signed_fields(head, kRequest, kScope, credentials, TimePoint{});
        benchmark::DoNotOptimize(head.data());
    }
}
BENCHMARK(sign_a_request_with_a_new_signer);

}  // namespace
