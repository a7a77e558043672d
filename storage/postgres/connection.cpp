#include "storage/postgres/connection.h"

#include "storage/postgres/address.h"
#include "storage/postgres/errors.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace pulse::storage::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBackoffMin{100};
constexpr milliseconds kBackoffMax{1'000};
/// What the client waits beyond the server's own time-out, whose error says more.
constexpr milliseconds kGrace{1'000};
/// After which it is looked whether to give up.
constexpr milliseconds kWaitMax{100};

[[nodiscard]] bool is_failure(const PGresult* result) {
    switch (PQresultStatus(result)) {
        case PGRES_BAD_RESPONSE:
        case PGRES_NONFATAL_ERROR:
        case PGRES_FATAL_ERROR:
        case PGRES_PIPELINE_ABORTED:
            return true;
        default:
            return false;
    }
}

[[nodiscard]] std::string milliseconds_text(milliseconds time) {
    return std::to_string(time.count());
}

}  // namespace

Result<Connection> Connection::make(std::string_view url) {
    Result<Address> address = parse_address(url);
    if (!address) {
        return address.error();
    }
    return Connection{std::move(address->conninfo), std::move(address->options)};
}

Result<void> Connection::connect() {
    if (steady_clock::now() < next_try_) {
        return Error{Errc::storage_unavailable, "postgresql: cannot be reached; tried just now"};
    }
    // A pooler refuses `options`, or takes them and forgets them: then the session is not ours.
    auto connected = try_connect(true);
    if (!connected &&
        connected.error().detail().find("unsupported startup parameter") != std::string::npos) {
        connected = try_connect(false);
    }
    if (connected) {
        connected = learn_session();
    }
    if (!connected) {
        connection_.reset();
        backoff_ = std::clamp(backoff_ * 2, kBackoffMin, kBackoffMax);
        next_try_ = steady_clock::now() + backoff_;
        return connected;
    }
    backoff_ = milliseconds{0};
    ++generation_;
    return {};
}

/// What stands before `dbname` is a default, which the address overrides; what stands behind it
/// overrides the address.
Result<void> Connection::try_connect(bool with_options) {
    std::string options = options_;
    if (with_options) {
        options.append(" -c statement_timeout=").append(milliseconds_text(statement_timeout_));
        options.append(" -c idle_in_transaction_session_timeout=60000");
        // A plan over many partitions looks dear enough to compile, which takes longer than to run
        // it.
        options.append(" -c jit=off");
        options.append(" -c pulse.session=").append(session_mark());
    }
    // The environment's word counts more than our default.
    const char* const timeout = std::getenv("PGCONNECT_TIMEOUT");
    const std::array<const char*, 10> names{
        "connect_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "fallback_application_name",
        "dbname",
        "client_encoding",
        options.empty() ? nullptr : "options",
        nullptr};
    const std::array<const char*, 10> values{
        timeout == nullptr ? "3" : timeout,
        "10",
        "5",
        "3",
        "15000",
        "pulse",
        conninfo_.c_str(),
        "UTF8",
        options.c_str(),
        nullptr};
    connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (!connection_) {
        return Error{Errc::storage_unavailable, "postgresql: out of memory"};
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        return Error{
            Errc::storage_unavailable,
            "postgresql: " + std::string{trimmed(PQerrorMessage(connection_.get()))}};
    }
    if (PQsetnonblocking(connection_.get(), 1) != 0) {
        return lost();
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    return {};
}

/// TimeZone and DateStyle are settings that a pooler carries from session to session (the server
/// reports them). Our mark arrives where the session is ours.
Result<void> Connection::learn_session() {
    if (auto set = simple("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'"); !set) {
        return set.error();
    }
    const Result<PgResult> shown = simple("SELECT current_setting('pulse.session', true)");
    if (!shown) {
        return shown.error();
    }
    has_own_session_ = PQgetvalue(shown->get(), 0, 0) == session_mark();
    session_timeout_ = has_own_session_ ? statement_timeout_ : milliseconds{0};
    return {};
}

/// Differs from one connecting to the next of any process, so that no other's is taken for ours.
std::string Connection::session_mark() const {
    return std::to_string(::getpid()) + "_" + std::to_string(generation_) + "_" +
           std::to_string(made_at_.time_since_epoch().count());
}

Result<void> Connection::ready() {
    if (connection_ && PQstatus(connection_.get()) == CONNECTION_OK) {
        return {};
    }
    if (is_in_transaction_) {
        return Error{
            Errc::storage_unavailable, "postgresql: the connection was lost in a transaction"};
    }
    connection_.reset();
    if (steady_clock::now() >= give_up_by_->load()) {
        return Error{Errc::storage_unavailable, "postgresql: not connected"};
    }
    return connect();
}

Connection::Deadline Connection::deadline() const {
    return steady_clock::now() + statement_timeout_ + kGrace;
}

Error Connection::lost(std::string_view why) {
    connection_.reset();
    return Error{Errc::storage_unavailable, "postgresql: " + std::string{why}};
}

Error Connection::lost() {
    return lost(std::string{trimmed(PQerrorMessage(connection_.get()))});
}

Result<void> Connection::wait(bool for_write, Deadline until) {
    while (true) {
        const auto left = std::chrono::ceil<milliseconds>(
            std::min(until, give_up_by_->load()) - steady_clock::now());
        if (left.count() <= 0) {
            return lost("the server does not answer");
        }
        pollfd socket{
            PQsocket(connection_.get()),
            static_cast<short>(for_write ? POLLIN | POLLOUT : POLLIN),
            0};
        const int ready = ::poll(&socket, 1, static_cast<int>(std::min(left, kWaitMax).count()));
        if (ready > 0) {
            return {};
        }
        if (ready < 0 && errno != EINTR) {
            return lost(std::strerror(errno));
        }
    }
}

Result<void> Connection::flush(Deadline until) {
    while (true) {
        const int left = PQflush(connection_.get());
        if (left == 0) {
            return {};
        }
        if (left < 0) {
            return lost();
        }
        if (auto waited = wait(true, until); !waited) {
            return waited;
        }
        // The server may be waiting for us to take what it sent.
        if (PQconsumeInput(connection_.get()) == 0) {
            return lost();
        }
    }
}

/// Null when there is no further one.
Result<PgResult> Connection::next_result(Deadline until) {
    while (PQisBusy(connection_.get()) != 0) {
        if (auto waited = wait(false, until); !waited) {
            return waited.error();
        }
        if (PQconsumeInput(connection_.get()) == 0) {
            return lost();
        }
    }
    return PgResult{PQgetResult(connection_.get())};
}

/// The last result, or the first failure.
Result<PgResult> Connection::finish(Deadline until) {
    if (auto flushed = flush(until); !flushed) {
        return flushed.error();
    }
    PgResult last;
    Result<void> outcome;
    while (true) {
        Result<PgResult> result = next_result(until);
        if (!result) {
            return result.error();
        }
        if (!*result) {
            break;
        }
        if (outcome && is_failure(result->get())) {
            outcome = error_of(result->get());
        }
        last = std::move(*result);
        if (PQresultStatus(last.get()) == PGRES_COPY_IN) {
            break;
        }
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        return lost();
    }
    if (!outcome) {
        return outcome.error();
    }
    return last;
}

Result<PgResult> Connection::simple(const char* statement) {
    const Deadline until = deadline();
    if (PQsendQuery(connection_.get(), statement) == 0) {
        return lost();
    }
    return finish(until);
}

Result<PgResult> Connection::run(const char* statement, std::span<const char* const> parameters) {
    if (auto connected = ready(); !connected) {
        return connected.error();
    }
    const Deadline until = deadline();
    if (PQsendQueryParams(
            connection_.get(),
            statement,
            static_cast<int>(parameters.size()),
            nullptr,
            parameters.data(),
            nullptr,
            nullptr,
            0) == 0) {
        return lost();
    }
    return finish(until);
}

Result<void> Connection::script(const std::string& statements) {
    if (auto connected = ready(); !connected) {
        return connected;
    }
    const Result<PgResult> done = simple(statements.c_str());
    return done ? Result<void>{} : Result<void>{done.error()};
}

Result<void> Connection::copy_in(const char* statement, std::string_view rows) {
    if (auto connected = ready(); !connected) {
        return connected;
    }
    const Result<PgResult> started = simple(statement);
    if (!started) {
        return started.error();
    }
    if (PQresultStatus(started->get()) != PGRES_COPY_IN) {
        return lost("a COPY did not start");
    }
    const Deadline until = deadline();
    constexpr std::size_t kPiece = 1U << 16U;
    while (!rows.empty()) {
        const std::size_t size = std::min(rows.size(), kPiece);
        const int put = PQputCopyData(connection_.get(), rows.data(), static_cast<int>(size));
        if (put < 0) {
            return lost();
        }
        if (put > 0) {
            rows.remove_prefix(size);
        }
        if (auto flushed = flush(until); !flushed) {
            return flushed;
        }
    }
    int ended = 0;
    while ((ended = PQputCopyEnd(connection_.get(), nullptr)) == 0) {
        if (auto flushed = flush(until); !flushed) {
            return flushed;
        }
    }
    if (ended < 0) {
        return lost();
    }
    const Result<PgResult> done = finish(until);
    return done ? Result<void>{} : Result<void>{done.error()};
}

Result<bool> Connection::has_own_session() {
    if (auto connected = ready(); !connected) {
        return connected.error();
    }
    return has_own_session_;
}

Result<void> Connection::begin() {
    if (auto connected = ready(); !connected) {
        return connected;
    }
    std::string statement = "BEGIN";
    if (session_timeout_ != statement_timeout_) {
        statement.append("; SET LOCAL statement_timeout = ")
            .append(milliseconds_text(statement_timeout_));
    }
    const Result<PgResult> begun = simple(statement.c_str());
    if (!begun) {
        connection_.reset();
        return begun.error();
    }
    is_in_transaction_ = true;
    return {};
}

Result<void> Connection::commit() {
    if (auto connected = ready(); !connected) {
        return connected;
    }
    const Result<PgResult> done = simple("COMMIT");
    if (!done) {
        return done.error();
    }
    is_in_transaction_ = false;
    // What COMMIT answers after a statement that failed.
    if (std::string_view{PQcmdStatus(done->get())} != "COMMIT") {
        return Error{
            Errc::storage_unavailable,
            "postgresql: the transaction was rolled back: a statement "
            "in it had failed"};
    }
    return {};
}

void Connection::roll_back() {
    if (!std::exchange(is_in_transaction_, false)) {
        return;
    }
    if (connection_ && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE &&
        !simple("ROLLBACK")) {
        connection_.reset();
    }
}

}  // namespace pulse::storage::postgres
