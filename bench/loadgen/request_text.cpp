#include "bench/loadgen/request_text.h"

#include <fmt/format.h>

namespace pulse::bench {

std::string make_request(const RequestShape& shape, std::uint16_t port) {
    auto body = fmt::format(
        R"({{"model":"{}",{}"max_tokens":256,"temperature":0.7,"messages":[{{"role":"user","content":"bench events={} pause_ms={} )",
        shape.model,
        shape.stream ? R"("stream":true,)" : "",
        shape.events,
        shape.pause_ms);
    constexpr std::string_view kEnd = R"("}]})";
    constexpr std::string_view kProse =
        "The quick brown fox jumps over the lazy dog, and back again. ";
    while (body.size() + kEnd.size() < shape.body_bytes) {
        body += kProse.substr(0, shape.body_bytes - body.size() - kEnd.size());
    }
    body += kEnd;

    return fmt::format(
        "POST /v1/chat/completions HTTP/1.1\r\n"
        "host: 127.0.0.1:{}\r\n"
        "accept: application/json\r\n"
        "content-type: application/json\r\n"
        "user-agent: OpenAI/JS 6.49.0\r\n"
        "x-stainless-lang: js\r\n"
        "x-stainless-package-version: 6.49.0\r\n"
        "x-stainless-os: Linux\r\n"
        "x-stainless-arch: x64\r\n"
        "x-stainless-runtime: node\r\n"
        "x-stainless-runtime-version: v22.23.3\r\n"
        "x-stainless-retry-count: 0\r\n"
        "x-stainless-timeout: 600\r\n"
        "authorization: Bearer {}\r\n"
        "accept-language: *\r\n"
        "sec-fetch-mode: cors\r\n"
        "content-length: {}\r\n"
        "\r\n{}",
        port,
        shape.key,
        body.size(),
        body);
}

}  // namespace pulse::bench
