#include "storage/backup/sqlite_backup.h"

#include "storage/migrations/migrations.h"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

namespace pulse::storage::sqlite {
namespace {

constexpr int kBusyMs = 5'000;

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

[[nodiscard]] Error failed(
    const std::filesystem::path& path, sqlite3* database, std::string_view what) {
    return Error{
        Errc::storage_unavailable,
        path.string() + ": " + std::string{what} + ": " + sqlite3_errmsg(database)};
}

// Connections of their own, without the ledger's settings: a backup's file must not get a
// write-ahead log beside it.
[[nodiscard]] Result<Handle> open(const std::filesystem::path& path, int flags) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Handle handle{opened};
    if (code != SQLITE_OK) {
        return failed(path, opened, "cannot be opened");
    }
    sqlite3_busy_timeout(opened, kBusyMs);
    return handle;
}

/// The first column of the first row; empty for none. Errors: storage_unavailable.
[[nodiscard]] Result<std::string> ask(
    const std::filesystem::path& path, sqlite3* database, const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v2(database, sql, -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement{
        prepared, sqlite3_finalize};
    if (code != SQLITE_OK) {
        return failed(path, database, "cannot be read");
    }
    const int stepped = sqlite3_step(prepared);
    if (stepped == SQLITE_DONE) {
        return std::string{};
    }
    if (stepped != SQLITE_ROW) {
        return failed(path, database, "cannot be read");
    }
    const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
    return std::string{text == nullptr ? "" : text};
}

/// Copies all pages in one step: it reads as of one moment, and a writer cannot make it begin anew.
[[nodiscard]] Result<void> copy(const std::filesystem::path& to_path, sqlite3* to, sqlite3* from) {
    sqlite3_backup* const backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == nullptr) {
        return failed(to_path, to, "cannot be written");
    }
    const int stepped = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE || finished != SQLITE_OK) {
        return Error{
            Errc::storage_unavailable,
            to_path.string() + ": cannot be copied: " +
                sqlite3_errstr(stepped == SQLITE_DONE ? finished : stepped)};
    }
    return {};
}

/// Errors: configuration, where it is no database of Pulse's that is whole.
[[nodiscard]] Result<std::int64_t> check(const std::filesystem::path& path, sqlite3* database) {
    const auto sound = ask(path, database, "PRAGMA quick_check(1)");
    if (!sound || *sound != "ok") {
        return Error{
            Errc::configuration,
            path.string() + ": is no whole SQLite database" +
                (sound ? ": " + *sound : std::string{})};
    }
    const auto version = ask(path, database, "SELECT max(version) FROM schema_migration");
    if (!version || version->empty()) {
        return Error{Errc::configuration, path.string() + ": is no database of Pulse's"};
    }
    return std::stoll(*version);
}

[[nodiscard]] std::uint64_t size_of(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::file_size(path, ignored);
}

}  // namespace

Result<BackupReport> back_up(
    const std::filesystem::path& database, const std::filesystem::path& file) {
    // Not read-only: the first to read a write-ahead log that nobody has open must recover it.
    auto from = open(database, SQLITE_OPEN_READWRITE);
    if (!from) {
        return from.error();
    }
    auto to = open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!to) {
        return to.error();
    }
    if (auto copied = copy(file, to->get(), from->get()); !copied) {
        return copied.error();
    }
    // The copy's header still asks for a write-ahead log.
    if (auto mode = ask(file, to->get(), "PRAGMA journal_mode = DELETE"); !mode) {
        return mode.error();
    }
    const auto version = check(file, to->get());
    if (!version) {
        return version.error();
    }
    to->reset();
    return BackupReport{.bytes = size_of(file), .schema_version = *version};
}

Result<BackupReport> restore(
    const std::filesystem::path& database, const std::filesystem::path& file) {
    auto from = open(file, SQLITE_OPEN_READONLY);
    if (!from) {
        return from.error();
    }
    const auto version = check(file, from->get());
    if (!version) {
        return version.error();
    }
    const std::int64_t newest = sqlite_migrations().back().version;
    if (*version > newest) {
        return Error{
            Errc::configuration,
            file.string() + ": its schema is version " + std::to_string(*version) +
                ", newer than this program's " + std::to_string(newest) +
                ": restore it with a newer pulse"};
    }
    auto to = open(database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!to) {
        return to.error();
    }
    // Only the one who has the database to himself can leave the write-ahead log.
    sqlite3_busy_timeout(to->get(), 0);
    const auto mode = ask(database, to->get(), "PRAGMA journal_mode = DELETE");
    if (!mode || *mode != "delete") {
        return Error{
            Errc::configuration,
            database.string() + ": is in use; stop the programs that have it open (pulse serve)"};
    }
    if (auto copied = copy(database, to->get(), from->get()); !copied) {
        return copied.error();
    }
    return BackupReport{.bytes = size_of(file), .schema_version = *version};
}

}  // namespace pulse::storage::sqlite
