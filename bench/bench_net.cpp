#include "net/http/chunked.h"
#include "net/http/head.h"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pulse::net;

constexpr std::string_view kRequest =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: application/json\r\n"
    "Content-Type: application/json\r\nUser-Agent: OpenAI/JS 4.104.0\r\nX-Stainless-Lang: js\r\n"
    "X-Stainless-Package-Version: 4.104.0\r\nX-Stainless-OS: Linux\r\n"
    "Authorization: Bearer sk-pulse-0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nDate: Mon, 05 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"
    "Content-Length: 600\r\nConnection: keep-alive\r\nopenai-processing-ms: 1200\r\n"
    "x-ratelimit-limit-requests: 10000\r\nx-ratelimit-limit-tokens: 2000000\r\n"
    "x-request-id: req_0123456789abcdef0123456789\r\n\r\n";

void find_the_end_of_a_head(benchmark::State& state) {
    for (auto _ : state) {
        std::size_t scanned = 0;
        benchmark::DoNotOptimize(find_head_end(kRequest, scanned));
    }
}
BENCHMARK(find_the_end_of_a_head);

void parse_a_request_head(benchmark::State& state) {
    RequestHead head;
    for (auto _ : state) {
        benchmark::DoNotOptimize(parse_request_head(kRequest, head).has_value());
    }
}
BENCHMARK(parse_a_request_head);

void parse_a_response_head(benchmark::State& state) {
    ResponseHead head;
    for (auto _ : state) {
        benchmark::DoNotOptimize(parse_response_head(kResponse, "POST", head).has_value());
    }
}
BENCHMARK(parse_a_response_head);

void decode_an_event_in_a_chunk(benchmark::State& state) {
    const std::string chunk = "96\r\n" + std::string(0x96, 'e') + "\r\n";
    ChunkedDecoder decoder;
    std::vector<std::string_view> data;
    for (auto _ : state) {
        data.clear();
        std::size_t consumed = 0;
        benchmark::DoNotOptimize(decoder.feed(chunk, data, consumed));
    }
}
BENCHMARK(decode_an_event_in_a_chunk);

}  // namespace
