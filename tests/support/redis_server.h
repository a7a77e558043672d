#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pulse::tests {

/// A real redis-server (or sentinel) in a folder of its own, on a port of the loopback that is
/// below the ephemeral ones and has the cluster's bus port free too. Gone at the end, also when the
/// test dies. Not thread-safe.
class RedisServer {
public:
    /// `arguments` as on its command line ("--requirepass", "secret"). Why there is none goes to
    /// `why`: "Redis is not installed …".
    [[nodiscard]] static std::unique_ptr<RedisServer> start(
        std::vector<std::string> arguments, std::string& why);
    /// A sentinel that watches the master at that port as "the-master", with a quorum of 2.
    [[nodiscard]] static std::unique_ptr<RedisServer> start_sentinel(
        std::uint16_t master_port, std::string& why);
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    /// SIGSTOP and SIGCONT.
    void freeze() const;
    void thaw() const;
    /// SIGKILL: what was in memory is lost.
    void kill();
    /// After kill(): the same server, empty, at the same port.
    [[nodiscard]] bool launch();

    /// Runs a command on a connection of its own; the reply as redis-cli --csv-like text: a string
    /// or number as it is, an array as its elements with a space between, an error as "(error) …",
    /// "(none)" when there is no answer within two seconds.
    std::string command(const std::vector<std::string>& words) const;
    /// Whether command() comes to answer `expected` (which its reply must contain) within 20 s.
    [[nodiscard]] bool await(
        const std::vector<std::string>& words, const std::string& expected) const;

private:
    RedisServer() = default;
    [[nodiscard]] static std::unique_ptr<RedisServer> prepare(std::string& why);
    [[nodiscard]] bool answers() const;

    std::filesystem::path folder_;
    std::vector<std::string> arguments_;
    std::string password_;
    bool is_plain_ = true;  // else TLS alone, which command() does not speak
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    pid_t owner_ = -1;  // a fork of the test process must not stop it
};

/// Runs redis-cli with these arguments; false when it fails. Its output goes to `log`.
[[nodiscard]] bool run_redis_cli(
    const std::vector<std::string>& arguments, const std::filesystem::path& log);

/// Three masters with a replica each, that fail over within about a second of a master's death.
class RedisCluster {
public:
    [[nodiscard]] static std::unique_ptr<RedisCluster> start(std::string& why);

    /// The first three are masters at the start, with 5461, 5462 and 5461 slots.
    [[nodiscard]] RedisServer& node(std::size_t index) { return *nodes_.at(index); }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    /// "127.0.0.1:7001,127.0.0.1:7002,…"
    [[nodiscard]] std::string addresses() const;

private:
    std::vector<std::unique_ptr<RedisServer>> nodes_;
};

}  // namespace pulse::tests
