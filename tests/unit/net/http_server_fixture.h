#pragma once

#include "net/http/server_connection.h"
#include "net/listener.h"

#include <gtest/gtest.h>

#include "blocking_client.h"
#include "loop_thread.h"
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pulse::net {

/// What the handlers of a test server saw, in order: "head /a", "request /a 5", "refused
/// request_timeout", "sent", "gone", "destroyed".
class Journal {
public:
    void add(std::string line) {
        {
            const std::lock_guard lock{mutex_};
            lines_.push_back(std::move(line));
        }
        changed_.notify_all();
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock{mutex_};
        return lines_;
    }
    /// Waits until `line` was written `times` times; false after 10 s.
    [[nodiscard]] bool await(const std::string& line, std::ptrdiff_t times = 1) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, std::chrono::seconds{10}, [&] {
            return std::count(lines_.begin(), lines_.end(), line) >= times;
        });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

/// What a test makes of requests; the default answers 200 with the body.
struct Behaviour {
    std::function<Result<void>(ServerConnection&)> on_head = [](ServerConnection&) {
        return Result<void>{};
    };
    std::function<void(ServerConnection&)> on_request;
    std::function<void(ServerConnection&)> on_gone = [](ServerConnection& connection) {
        connection.abort();
    };
    std::function<void(ServerConnection&, Stream&)> on_upgraded = [](ServerConnection& connection,
                                                                     Stream&) {
        connection.abort();
    };
};

inline std::string answer_text(ServerConnection& connection, int status, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\ncontent-length: " + std::to_string(body.size()) +
           (connection.will_keep_alive() ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n") +
           std::string{body};
}

inline void answer(ServerConnection& connection, std::string_view body) {
    const std::string text = answer_text(connection, 200, body);
    const std::array<std::string_view, 1> parts{text};
    (void)connection.send(parts);
    connection.finish(ServerConnection::After::keep_alive);
}

class ScriptedHandler final : public RequestHandler {
public:
    ScriptedHandler(const Behaviour& behaviour, Journal& journal)
        : behaviour_(behaviour), journal_(journal) {}
    ~ScriptedHandler() override { journal_.add("destroyed"); }

    Result<void> on_head(ServerConnection& connection) override {
        journal_.add("head " + std::string{connection.head().target});
        return behaviour_.on_head(connection);
    }
    void on_request(ServerConnection& connection) override {
        journal_.add(
            "request " + std::string{connection.head().target} + " " +
            std::to_string(connection.body().size()));
        if (behaviour_.on_request) {
            behaviour_.on_request(connection);
        } else {
            answer(connection, connection.body());
        }
    }
    void on_refused(ServerConnection& connection, const Error& error) override {
        journal_.add("refused " + std::string{to_string(error.code())});
        const std::string text = answer_text(connection, 499, to_string(error.code()));
        const std::array<std::string_view, 1> parts{text};
        (void)connection.send(parts);
    }
    void on_sent(ServerConnection&) override { journal_.add("sent"); }
    void on_upgraded(
        ServerConnection& connection, Stream& stream, std::string_view early) override {
        journal_.add("upgraded " + std::string{early});
        behaviour_.on_upgraded(connection, stream);
    }
    void on_drain(ServerConnection&) override { journal_.add("drain"); }
    void on_gone(ServerConnection& connection) override {
        journal_.add("gone");
        behaviour_.on_gone(connection);
    }

private:
    const Behaviour& behaviour_;
    Journal& journal_;
};

/// An HttpServer behind a Listener on a port of the loopback, on a loop of its own.
class TestServer {
public:
    struct Options {
        ServerLimits limits{};
        std::size_t body_memory = std::size_t{64} << 20;
        std::shared_ptr<TlsContext> tls{};
    };
    explicit TestServer(Behaviour behaviour = {}) : TestServer(std::move(behaviour), Options{}) {}
    TestServer(Behaviour behaviour, const Options& options)
        : budget_(options.body_memory), behaviour_(std::move(behaviour)) {
        thread_.run([&] {
            Listener::Settings settings;
            settings.tls = options.tls;
            server_ = HttpServer::make(
                thread_.loop(), options.limits, budget_, [this](ServerConnection&) {
                    return std::make_unique<ScriptedHandler>(behaviour_, journal_);
                });
            listener_ =
                *Listener::open(thread_.loop(), claim_.address(), settings, [this](Stream stream) {
                    server_->add(std::move(stream), [this] { listener_->on_stream_ended(); });
                });
        });
    }
    ~TestServer() {
        thread_.run([&] {
            listener_.reset();
            server_.reset();
        });
    }
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return claim_.address().port; }
    [[nodiscard]] Journal& journal() { return journal_; }
    [[nodiscard]] BodyBudget& budget() { return budget_; }
    template <class Task>
    auto run(Task task) {
        return thread_.run(std::move(task));
    }
    [[nodiscard]] HttpServer& server() { return *server_; }
    [[nodiscard]] Loop& loop() { return thread_.loop(); }
    /// Waits, turn by turn of the loop, until so many connections are there.
    void await_connections(std::size_t count) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (run([&] { return server_->connections(); }) != count &&
               std::chrono::steady_clock::now() < patience) {
            std::this_thread::yield();
        }
    }

private:
    PortClaim claim_ = *PortClaim::take({.host = "127.0.0.1", .port = 0});
    BodyBudget budget_;
    Behaviour behaviour_;
    Journal journal_;
    LoopThread thread_;
    std::unique_ptr<HttpServer> server_;
    std::unique_ptr<Listener> listener_;
};

}  // namespace pulse::net
