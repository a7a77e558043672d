#include "storage/sqlite/connection.h"

#include "storage/sqlite/money_functions.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

/// synchronous=FULL: a key that was made must outlive a power cut. The ledger's own transactions do
/// without (Transaction::Durable::at_sync).
constexpr const char* kSettings =
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA cache_size = -32768;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA wal_autocheckpoint = 4000;";

/// Waits for another writer, about five seconds. In short steps: SQLite's own handler soon sleeps
/// 100 ms at a time and starves beside a ledger that writes one batch after the other (seen).
int wait_for_writer(void* /*unused*/, int waits) {
    constexpr int kWaitsMax = 10'000;
    if (waits >= kWaitsMax) {
        return 0;
    }
    std::this_thread::sleep_for(std::chrono::microseconds{500});
    return 1;
}

/// Whoever opens a new database first makes it a WAL one; the others are refused at once, whatever
/// their handler.
int enter_wal(sqlite3* database) {
    int code = SQLITE_BUSY;
    for (int waits = 0; (code & 0xff) == SQLITE_BUSY && wait_for_writer(nullptr, waits) != 0;
         ++waits) {
        code = sqlite3_exec(database, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    }
    return code;
}

[[nodiscard]] Error file_error(const std::filesystem::path& path, std::string_view what, int code) {
    std::string detail = "sqlite " + path.string() + ": ";
    detail.append(what).append(": ").append(std::generic_category().message(code));
    return Error{Errc::storage_unavailable, std::move(detail)};
}

/// SQLite would make the file with the process's umask; it gives its -wal and -shm the mode that
/// the file has.
[[nodiscard]] Result<void> make_file(const std::filesystem::path& path) {
    std::error_code failed;
    const std::filesystem::path folder = path.parent_path();
    if (!folder.empty() && std::filesystem::create_directories(folder, failed)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    if (failed) {
        return file_error(path, "its folder cannot be made", failed.value());
    }
    // A file that is there is never opened here: closing it would drop the locks of every other
    // connection of this process (POSIX), and the next process to leave would take itself for the
    // last one and remove the write-ahead log under them.
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno == EEXIST ? Result<void>{} : file_error(path, "cannot be made", errno);
    }
    ::close(file);
    return {};
}

}  // namespace

std::string_view Statement::text(int column) const {
    const auto* const bytes =
        reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (bytes == nullptr) {
        return {};
    }
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Connection> Connection::open(const std::filesystem::path& path) {
    if (auto made = make_file(path); !made) {
        return made.error();
    }
    // Once, before SQLite's first use: its statistics of memory cost a lock at each allocation, and
    // nobody reads them.
    [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(),
        &opened,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        nullptr);
    Connection connection{path, opened};
    if (code != SQLITE_OK) {
        return connection.error("open");
    }
    sqlite3_busy_handler(opened, wait_for_writer, nullptr);
    if (enter_wal(opened) != SQLITE_OK) {
        return connection.error("write-ahead log");
    }
    if (auto set = connection.execute(kSettings); !set) {
        return set.error();
    }
    if (register_money_functions(opened) != SQLITE_OK ||
        register_batch_table(opened) != SQLITE_OK) {
        return connection.error("register functions");
    }
    return connection;
}

Result<void> Connection::execute(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return error("execute");
    }
    return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(
            database_.get(),
            sql.data(),
            static_cast<int>(sql.size()),
            SQLITE_PREPARE_PERSISTENT,
            &statement,
            nullptr) != SQLITE_OK) {
        return error("prepare");
    }
    return Statement{statement};
}

Result<void> Connection::run(Statement& statement) {
    const int code = statement.step();
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        Error failure = error("write");
        statement.reset();
        return failure;
    }
    statement.reset();
    return {};
}

Result<void> Connection::sync_log() {
    sqlite3_file* log = nullptr;
    sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log == nullptr || log->pMethods == nullptr) {
        return {};  // this connection has neither read nor written yet
    }
    if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) != SQLITE_OK) {
        return Error{
            Errc::storage_unavailable,
            "sqlite " + path_.string() + ": the write-ahead log cannot be made durable"};
    }
    return {};
}

Error Connection::error(std::string_view doing) const {
    const int code = database_ ? sqlite3_extended_errcode(database_.get()) : SQLITE_NOMEM;
    std::string detail = "sqlite " + path_.string() + ": ";
    detail.append(doing).append(": ");
    detail.append(database_ ? sqlite3_errmsg(database_.get()) : "out of memory");
    return Error{
        is_refusal_of_row(code) ? Errc::invalid_request : Errc::storage_unavailable,
        std::move(detail)};
}

bool is_refusal_of_row(int code) {
    const int primary = code & 0xff;
    return primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG;
}

Result<Transaction> Transaction::begin(Connection& connection, Durable durable) {
    if (durable == Durable::at_sync) {
        static_cast<void>(connection.execute("PRAGMA synchronous = NORMAL"));
    }
    Transaction transaction{connection, durable};
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) {
        return begun.error();
    }
    return transaction;
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), durable_(other.durable_) {}

Transaction::~Transaction() {
    if (connection_ == nullptr) {
        return;
    }
    if (connection_->in_transaction()) {
        // A failing rollback leaves nothing to do: SQLite undoes what was not committed at the next
        // opening.
        static_cast<void>(connection_->execute("ROLLBACK"));
    }
    if (durable_ == Durable::at_sync) {
        static_cast<void>(connection_->execute("PRAGMA synchronous = FULL"));
    }
}

Result<void> Transaction::commit() {
    return connection_->execute("COMMIT");
}

}  // namespace pulse::storage::sqlite
