#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pulse::tests {

/// One accepted connection in the hands of a script; blocking, each wait bounded by 10 s.
class ScriptedConnection {
public:
    explicit ScriptedConnection(int fd) : fd_(fd) {}
    ScriptedConnection(const ScriptedConnection&) = delete;
    ScriptedConnection& operator=(const ScriptedConnection&) = delete;
    ~ScriptedConnection();

    /// Reads one whole request (Content-Length framing): head and body.
    [[nodiscard]] std::string read_request();
    void send(std::string_view bytes);
    void close();
    /// Closes with a reset.
    void reset();
    /// Waits until the other side closed; true when it did.
    [[nodiscard]] bool await_close();

private:
    int fd_;
    std::string carried_;
};

/// A provider that follows a script: the n-th accepted connection is given to the n-th script, each on a thread of its own.
class ScriptedProvider {
public:
    using Script = std::function<void(ScriptedConnection&)>;

    explicit ScriptedProvider(std::vector<Script> scripts);
    ~ScriptedProvider();
    ScriptedProvider(const ScriptedProvider&) = delete;
    ScriptedProvider& operator=(const ScriptedProvider&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t accepted() const;

private:
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<Script> scripts_;
    mutable std::mutex mutex_;
    std::size_t accepted_ = 0;
    std::thread acceptor_;
    std::vector<std::thread> players_;
};

/// A caller's blocking socket.
class ScriptedCaller {
public:
    explicit ScriptedCaller(std::uint16_t port);
    ~ScriptedCaller();
    ScriptedCaller(const ScriptedCaller&) = delete;
    ScriptedCaller& operator=(const ScriptedCaller&) = delete;

    void send(std::string_view bytes);
    /// Reads until `needle` came (included), or the connection ended.
    [[nodiscard]] std::string read_until(std::string_view needle);
    /// Reads one answer with Content-Length: head and body.
    [[nodiscard]] std::string read_answer();
    [[nodiscard]] std::string read_to_end();
    void hang_up();

private:
    [[nodiscard]] bool read_some();
    int fd_ = -1;
    std::string buffer_;
};

}  // namespace pulse::tests
