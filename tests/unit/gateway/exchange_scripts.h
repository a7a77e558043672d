#pragma once

#include "tests/support/gateway_bench.h"

#include <cstdio>
#include <string>
#include <string_view>

/// What the scripted providers of the exchange's tests say.
namespace pulse::tests {

inline constexpr std::string_view kBody =
    R"({"id":"c","model":"m","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
inline constexpr std::string_view kSseHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
inline constexpr std::string_view kContent =
    "data: "
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_"
    "reason\":null}]}\n\n";
inline constexpr std::string_view kFinish =
    "data: "
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
inline constexpr std::string_view kUsage =
    "data: "
    "{\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,"
    "\"total_tokens\":15}}\n\n";
inline constexpr std::string_view kDone = "data: [DONE]\n\n";

[[nodiscard]] inline std::string json_answer(std::string_view body, std::string_view more = {}) {
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + std::string(more) +
           "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

[[nodiscard]] inline std::string chunk(std::string_view data) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    return size + std::string(data) + "\r\n";
}

inline void answer_once(ScriptedConnection& connection) {
    static_cast<void>(connection.read_request());
    connection.send(json_answer(kBody));
    static_cast<void>(connection.await_close());
}

}  // namespace pulse::tests
