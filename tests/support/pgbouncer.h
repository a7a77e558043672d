#pragma once

#include "tests/support/postgres_server.h"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::tests {

/// A real PgBouncer in transaction mode before a PostgreSQL server, with two sessions a database.
/// Gone at the end. Not thread-safe.
class PgBouncer {
public:
    /// `settings`: more lines of its [pgbouncer] section. Why there is none goes to `why`.
    [[nodiscard]] static std::unique_ptr<PgBouncer> start(
        const PostgresServer& server, std::string_view settings, std::string& why);
    PgBouncer(const PgBouncer&) = delete;
    PgBouncer& operator=(const PgBouncer&) = delete;
    ~PgBouncer();
    [[nodiscard]] std::string url(std::string_view database) const;

private:
    PgBouncer() = default;
    std::filesystem::path folder_;
    int port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace pulse::tests
