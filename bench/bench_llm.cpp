#include "llm/answer_meter.h"
#include "llm/openai/body_edit.h"
#include "llm/openai/request_reader.h"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

// Costs per call of what llm/ does on the hot path. Run: pulse_bench_llm --benchmark_min_time=0.5
namespace pulse::llm {
namespace {

constexpr std::string_view kChunkHead =
    R"(data: {"id":"chatcmpl-CMKAtIAKW1eiFzDAZmCcrbvHgyoSw","object":"chat.completion.chunk","created":1759436803,)"
    R"("model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_cbf1785567","choices":[)";
constexpr std::string_view kUsageFields =
    R"("usage":{"prompt_tokens":398,"completion_tokens":60,"total_tokens":458,"prompt_tokens_details":{"cached_tokens":0,)"
    R"("audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}})";

constexpr AnswerSource kChat{
    .provider_kind = "openai", .api = Api::chat_completions, .content_type = {}, .model = {}};
constexpr AnswerSource kChatStream{
    .provider_kind = "openai",
    .api = Api::chat_completions,
    .is_stream = true,
    .content_type = "text/event-stream",
    .model = {}};

std::string padded(std::string body) {
    body.reserve(body.size() + kBodyPadding);
    return body;
}

/// A conversation of `messages` turns, each with `text_bytes` of text.
std::string chat_request(int messages, std::size_t text_bytes) {
    std::string body =
        R"({"model":"gpt-4o-mini","temperature":0.7,"stream":true,"max_tokens":256,"messages":[)";
    for (int message = 0; message < messages; ++message) {
        body += message == 0 ? "" : ",";
        body += R"({"role":"user","content":")" + std::string(text_bytes, 'x') + R"("})";
    }
    body += R"(],"user":"someone"})";
    return padded(std::move(body));
}

/// `tools` functions with a schema each: the densest JSON that agents send.
std::string agent_request(int tools) {
    std::string body =
        R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}],"tools":[)";
    for (int tool = 0; tool < tools; ++tool) {
        body += tool == 0 ? "" : ",";
        body +=
            R"({"type":"function","function":{"name":"get_weather","description":"Weather at a place.","parameters":)"
            R"({"type":"object","properties":{"city":{"type":"string","description":"Name of the city."},)"
            R"("unit":{"type":"string","enum":["c","f"]}},"required":["city"],"additionalProperties":false}}})";
    }
    body += "]}";
    return padded(std::move(body));
}

void read_request(benchmark::State& state, const std::string& body) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(read_openai_request(Api::chat_completions, body));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK_CAPTURE(read_request, chat_1KB, chat_request(4, 200));
BENCHMARK_CAPTURE(read_request, chat_100KB_20_messages, chat_request(20, 5'000));
BENCHMARK_CAPTURE(read_request, chat_100KB_400_messages, chat_request(400, 200));
BENCHMARK_CAPTURE(read_request, tools_100KB, agent_request(350));

void edit_request(benchmark::State& state) {
    const std::string body = chat_request(4, 200);
    const RequestFacts facts = *read_openai_request(Api::chat_completions, body);
    EditedBody edited;
    for (auto _ : state) {
        edit_body(body, facts, "gpt-4o-mini-2024-07-18", true, edited);
        benchmark::DoNotOptimize(edited.size());
    }
}
BENCHMARK(edit_request);

void read_answer(benchmark::State& state) {
    const std::string body = padded(
        R"({"id":"chatcmpl-1","object":"chat.completion","created":1759436803,"model":"gpt-4o-2024-08-06","choices":[{)"
        R"("index":0,"message":{"role":"assistant","content":")" +
        std::string(300, 'x') + R"(","refusal":null},"finish_reason":"stop"}],)" +
        std::string{kUsageFields} + R"(,"service_tier":"default"})");
    for (auto _ : state) {
        benchmark::DoNotOptimize(read_answer(kChat, {}, body));
    }
}
BENCHMARK(read_answer);

/// Content events of ~250 bytes, the finish chunk, the usage chunk and the terminator,
/// `bytes_per_read` at a time. What one content event costs is the difference between two lengths.
void meter_stream(benchmark::State& state) {
    const auto events = static_cast<int>(state.range(1));
    std::string stream;
    for (int event = 0; event < events; ++event) {
        stream += kChunkHead;
        stream +=
            R"({"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null})"
            "\n\n";
    }
    stream += std::string{kChunkHead} +
              R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null})" +
              "\n\n" + std::string{kChunkHead} + "]," + std::string{kUsageFields} +
              "}\n\ndata: [DONE]\n\n";
    const auto bytes_per_read = static_cast<std::size_t>(state.range(0));
    const Money cost = Money::from_pico(18'000'000);
    AnswerMeter meter;
    std::vector<std::string_view> parts;
    std::string end;
    for (auto _ : state) {
        meter.reset(kChatStream, AnswerMeter::UsageChunk::show);
        for (std::string_view rest = stream; !rest.empty();) {
            const std::string_view read = rest.substr(0, bytes_per_read);
            parts.clear();
            meter.feed(read, parts);
            benchmark::DoNotOptimize(parts.data());
            rest.remove_prefix(read.size());
        }
        end.clear();
        meter.take_end(&cost, end);
    }
    state.counters["per_event"] = benchmark::Counter(
        events + 3, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(meter_stream)->ArgsProduct({{16'384, 1'400, 301}, {60, 1'060}});

}  // namespace
}  // namespace pulse::llm
