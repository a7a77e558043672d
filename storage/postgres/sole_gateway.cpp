#include "storage/postgres/sole_gateway.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "storage/postgres/connection.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace pulse::storage::postgres {
namespace {

constexpr std::chrono::milliseconds kStatementTimeout{3'000};

/// Names us, and has the server end the session when our machine is silent for 25 s.
constexpr const char* kPrepareSession =
    "SELECT set_config('application_name', $1, false), "
    "set_config('tcp_keepalives_idle', '10', false), "
    "set_config('tcp_keepalives_interval', '5', false), "
    "set_config('tcp_keepalives_count', '3', false)";

// 1886745715 is "puls"; beside it the number of a table, which each installation has of its own.
constexpr const char* kTryLock =
    "SELECT pg_try_advisory_lock(1886745715, "
    "('ai_gateway_key'::regclass::oid::bigint % 2147483648)::int)";
constexpr const char* kFindHolder =
    "SELECT l.pid, coalesce(a.application_name, ''), "
    "coalesce(host(a.client_addr), 'a local socket') FROM pg_locks l "
    "LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = 1886745715 "
    "AND l.objid::bigint = 'ai_gateway_key'::regclass::oid::bigint % 2147483648 "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
constexpr const char* kEndSession = "SELECT pg_terminate_backend($1::int)";

/// What our sessions are called in pg_stat_activity, at most 63 bytes.
[[nodiscard]] std::string session_name() {
    constexpr std::size_t kHostShown = 24;
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) {
        host[0] = '\0';
    }
    // Numbers of processes come again, and containers all have the same.
    const std::string unique = UuidGenerator{}.next(system_clock().now()).to_string().substr(24);
    return "pulse gateway " + std::string{host.data()}.substr(0, kHostShown) + " " + unique;
}

class SessionLock final : public SoleGateway {
public:
    explicit SessionLock(Connection connection)
        : connection_(std::move(connection)), name_(session_name()) {
        connection_.set_statement_timeout(kStatementTimeout);
    }

    Result<Standing> hold() override {
        if (is_held_) {
            // Connects again where the session was lost; then it has another number.
            if (auto alive = connection_.run("SELECT 1"); !alive) {
                return alive.error();
            }
            is_held_ = connection_.generation() == held_in_;
        }
        if (is_held_) {
            return Standing::held;
        }
        return acquire();
    }
    const std::string& holder() const override { return holder_; }
    void give_up() override { connection_.give_up_by(std::chrono::steady_clock::now()); }

private:
    Result<Standing> acquire() {
        const auto own = connection_.has_own_session();
        if (!own) {
            return own.error();
        }
        if (!*own) {
            return Standing::unknowable;
        }
        const std::array<const char*, 1> name{name_.c_str()};
        if (auto prepared = connection_.run(kPrepareSession, name); !prepared) {
            return prepared.error();
        }
        const std::uint64_t session = connection_.generation();
        const auto locked = connection_.run(kTryLock);
        if (!locked) {
            return locked.error();
        }
        if (PQgetvalue(locked->get(), 0, 0)[0] == 't') {
            is_held_ = connection_.generation() == session;
            held_in_ = session;
            return is_held_ ? Result<Standing>{Standing::held}
                            : Result<Standing>{Error{
                                  Errc::storage_unavailable, "postgresql: the session was lost"}};
        }
        return look_at_holder();
    }

    Result<Standing> look_at_holder() {
        const auto found = connection_.run(kFindHolder);
        if (!found) {
            return found.error();
        }
        if (PQntuples(found->get()) == 0) {
            return Error{Errc::storage_unavailable, "postgresql: the lock was let go just now"};
        }
        const char* const process = PQgetvalue(found->get(), 0, 0);
        const std::string name = PQgetvalue(found->get(), 0, 1);
        if (name == name_) {
            const std::array<const char*, 1> ended{process};
            if (auto done = connection_.run(kEndSession, ended); !done) {
                return done.error();
            }
            return Error{Errc::storage_unavailable, "postgresql: our lost session ends"};
        }
        holder_ = (name.empty() ? std::string{"a session"} : "`" + name + "`") + " from " +
                  PQgetvalue(found->get(), 0, 2) + ", server process " + process;
        return Standing::taken;
    }

    Connection connection_;
    std::string name_;
    std::string holder_;
    bool is_held_ = false;
    std::uint64_t held_in_ = 0;  ///< generation of the connection whose session has the lock
};

}  // namespace

Result<std::unique_ptr<SoleGateway>> open_sole_gateway(std::string_view url) {
    Result<Connection> connection = Connection::make(url);
    if (!connection) {
        return connection.error();
    }
    return std::unique_ptr<SoleGateway>{std::make_unique<SessionLock>(std::move(*connection))};
}

}  // namespace pulse::storage::postgres
