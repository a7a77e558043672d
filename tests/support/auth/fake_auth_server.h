#pragma once

#include "tests/support/scripted_provider.h"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pulse::tests {

/// A server on loopback whose n-th connection gets the n-th answer, like a token server or a
/// machine's metadata service.
class FakeAuthServer {
public:
    /// Whole answers, heads included.
    explicit FakeAuthServer(const std::vector<std::string>& answers) : server_(scripts(answers)) {}
    FakeAuthServer(const FakeAuthServer&) = delete;
    FakeAuthServer& operator=(const FakeAuthServer&) = delete;
    ~FakeAuthServer() = default;

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port());
    }
    /// Whole requests.
    [[nodiscard]] std::vector<std::string> asked() const {
        const std::scoped_lock lock(mutex_);
        return asked_;
    }

private:
    [[nodiscard]] std::vector<ScriptedProvider::Script> scripts(
        const std::vector<std::string>& answers) {
        std::vector<ScriptedProvider::Script> made;
        for (const std::string& answer : answers) {
            made.emplace_back([this, answer](ScriptedConnection& connection) {
                std::string request = connection.read_request();
                {
                    const std::scoped_lock lock(mutex_);
                    asked_.push_back(std::move(request));
                }
                connection.send(answer);
                connection.close();
            });
        }
        return made;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> asked_;
    ScriptedProvider server_;
};

/// "200 OK" and the like with a body.
[[nodiscard]] inline std::string http_answer(std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nconnection: close\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

}  // namespace pulse::tests
