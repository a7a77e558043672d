#pragma once

#include <string>
#include <string_view>

namespace pulse::net {

/// Requests as a caller writes them, and the answers of TestServer.
inline std::string get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nhost: x\r\n" + std::string{fields} + "\r\n";
}

inline std::string post(
    std::string_view path, std::string_view body, std::string_view fields = {}) {
    return "POST " + std::string{path} +
           " HTTP/1.1\r\nhost: x\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" +
           std::string{fields} + "\r\n" + std::string{body};
}

inline std::string chunked(std::string_view path, std::string_view coded) {
    return "POST " + std::string{path} +
           " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + std::string{coded};
}

inline std::string ok(std::string_view body) {
    return "HTTP/1.1 200 X\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string{body};
}

inline std::string last(std::string_view body) {
    return "HTTP/1.1 200 X\r\ncontent-length: " + std::to_string(body.size()) +
           "\r\nconnection: close\r\n\r\n" + std::string{body};
}

inline std::string refusal(std::string_view code) {
    return "HTTP/1.1 499 X\r\ncontent-length: " + std::to_string(code.size()) +
           "\r\nconnection: close\r\n\r\n" + std::string{code};
}

}  // namespace pulse::net
