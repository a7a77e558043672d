#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::tests {

/// A real PostgreSQL server in a folder of its own, on a free port of the loopback and a socket in
/// its folder; run as user `postgres` by root, else as oneself. Gone at the end, also when the test
/// dies. Not thread-safe.
class PostgresServer {
public:
    /// Why there is none goes to `why`: "PostgreSQL is not installed …".
    [[nodiscard]] static std::unique_ptr<PostgresServer> start(std::string& why);
    /// The one of this process, started at first use; null as above.
    [[nodiscard]] static PostgresServer* shared(std::string& why);

    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer();

    /// Through the socket in its folder, as a superuser without a password.
    [[nodiscard]] std::string url(std::string_view database) const;
    /// Over TCP. The role `pulse_scram` needs its password, by SCRAM; the others none.
    [[nodiscard]] std::string tcp_url(std::string_view database, std::string_view user) const;
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    /// A new, empty database; its name.
    [[nodiscard]] std::string create_database();
    /// Runs statements in a database; false when one fails.
    bool execute(std::string_view database, const std::string& statements);

    /// SIGSTOP and SIGCONT to the server and all its processes.
    void freeze();
    void thaw();
    /// SIGKILL to the server alone, as the kernel does when memory ends; then launch() again.
    void kill_postmaster();
    [[nodiscard]] bool launch();

private:
    PostgresServer() = default;
    void signal_all(int signal) const;
    void stop();

    std::filesystem::path programs_;
    std::filesystem::path folder_;
    int port_ = 0;
    pid_t pid_ = -1;
    pid_t owner_ = -1;  ///< a fork of the test process must not stop it
    int databases_ = 0;
};

}  // namespace pulse::tests
