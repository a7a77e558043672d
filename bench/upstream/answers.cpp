#include "bench/upstream/answers.h"

#include <fmt/format.h>

#include <charconv>

namespace pulse::bench {
namespace {

constexpr std::size_t kSearchedBytes = 4096;
constexpr std::size_t kBufferedBodyBytes = 600;

// Field for field what api.openai.com sends around an answer.
// Source: response heads of recorded chat completions, read 2026-11-20.
constexpr std::string_view kHeadFields =
    "date: Fri, 20 Nov 2026 10:00:00 GMT\r\n"
    "access-control-expose-headers: X-Request-ID\r\n"
    "openai-organization: user-bench\r\n"
    "openai-processing-ms: 412\r\n"
    "openai-project: proj_bench\r\n"
    "openai-version: 2020-10-01\r\n"
    "x-envoy-upstream-service-time: 431\r\n"
    "x-ratelimit-limit-requests: 30000\r\n"
    "x-ratelimit-limit-tokens: 150000000\r\n"
    "x-ratelimit-remaining-requests: 29999\r\n"
    "x-ratelimit-remaining-tokens: 149999994\r\n"
    "x-ratelimit-reset-requests: 2ms\r\n"
    "x-ratelimit-reset-tokens: 0s\r\n"
    "x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
    "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n"
    "x-content-type-options: nosniff\r\n"
    "server: cloudflare\r\n"
    "connection: keep-alive\r\n";

unsigned number_behind(std::string_view text, std::string_view name, unsigned otherwise) {
    const auto at = text.find(name);
    if (at == std::string_view::npos) {
        return otherwise;
    }
    unsigned value = otherwise;
    std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
    return value;
}

std::string chunk(std::string_view data) {
    return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

std::string event(std::string_view delta, std::string_view finish_reason, bool include_usage) {
    return fmt::format(
        "data: "
        "{{\"id\":\"chatcmpl-Bench0123456789abcdefghijkl\",\"object\":\"chat.completion.chunk\","
        "\"created\":1795168800,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\","
        "\"system_fingerprint\":\"fp_0123456789\",\"choices\":[{{\"index\":0,\"delta\":{},"
        "\"logprobs\":null,\"finish_reason\":{}}}]{}}}\n\n",
        delta,
        finish_reason,
        include_usage ? ",\"usage\":null" : "");
}

std::string usage_json(unsigned output_tokens) {
    return fmt::format(
        R"({{"prompt_tokens":220,"completion_tokens":{},"total_tokens":{},)"
        R"("prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},)"
        R"("completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0}}}})",
        output_tokens,
        220 + output_tokens);
}

}  // namespace

Ask read_ask(std::string_view body) {
    const auto front = body.substr(0, kSearchedBytes);
    // A proxy that adds the usage option may put it at either end.
    const auto back = body.substr(body.size() - std::min(body.size(), std::size_t{128}));
    const auto has = [&](std::string_view text) {
        return front.find(text) != std::string_view::npos ||
               back.find(text) != std::string_view::npos;
    };
    Ask ask;
    ask.stream = has(R"("stream":true)");
    ask.include_usage = has(R"("include_usage":true)");
    ask.events = number_behind(front, "events=", ask.events);
    ask.pause_ms = number_behind(front, "pause_ms=", ask.pause_ms);
    return ask;
}

std::string make_buffered_answer() {
    auto body = fmt::format(
        R"({{"id":"chatcmpl-Bench0123456789abcdefghijkl","object":"chat.completion","created":1795168800,)"
        R"("model":"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"message":{{"role":"assistant","content":"@"}},)"
        R"("logprobs":null,"finish_reason":"stop"}}],"usage":{},"service_tier":"default"}})",
        usage_json(40));
    body.replace(body.find('@'), 1, std::string(kBufferedBodyBytes - (body.size() - 1), 'a'));
    return fmt::format(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}\r\n{}",
        body.size(),
        kHeadFields,
        body);
}

std::vector<std::string> make_stream(unsigned events, bool include_usage) {
    std::vector<std::string> pieces;
    pieces.push_back(fmt::format(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        "transfer-encoding: chunked\r\n{}\r\n{}",
        kHeadFields,
        chunk(
            event(R"({"role":"assistant","content":"","refusal":null})", "null", include_usage))));
    for (unsigned i = 0; i < events; ++i) {
        pieces.push_back(chunk(event(R"({"content":" token"})", "null", include_usage)));
    }
    auto last = chunk(event("{}", R"("stop")", include_usage));
    if (include_usage) {
        last += chunk(fmt::format(
            "data: "
            "{{\"id\":\"chatcmpl-Bench0123456789abcdefghijkl\",\"object\":\"chat.completion."
            "chunk\","
            "\"created\":1795168800,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[],\"usage\":{"
            "}}}\n\n",
            usage_json(events)));
    }
    pieces.push_back(std::move(last));
    pieces.push_back(chunk("data: [DONE]\n\n") + "0\r\n\r\n");
    return pieces;
}

}  // namespace pulse::bench
