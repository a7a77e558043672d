#include "storage/backup/backup.h"

#include "storage/backup/postgres_backup.h"
#include "storage/backup/sqlite_backup.h"
#include "storage/database.h"
#include "storage/store_url.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

namespace pulse::storage {
namespace {

[[nodiscard]] Error file_error(const std::filesystem::path& path, std::string_view what) {
    return Error{
        Errc::storage_unavailable,
        path.string() + ": " + std::string{what} + ": " + std::strerror(errno)};
}

/// Errors: storage_unavailable.
[[nodiscard]] Result<void> sync(const std::filesystem::path& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool is_synced = file >= 0 && ::fsync(file) == 0;
    const Error failure = is_synced ? Error{} : file_error(path, "cannot be synced");
    if (file >= 0) {
        ::close(file);
    }
    return is_synced ? Result<void>{} : Result<void>{failure};
}

/// A file beside the wanted one, readable by its owner alone, before anything secret is in it.
[[nodiscard]] Result<void> make_private(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return file_error(path, "cannot be made");
    }
    ::close(file);
    return {};
}

[[nodiscard]] Result<BackupReport> copy(std::string_view url, const std::filesystem::path& file) {
    const auto path = sqlite_path(url);
    return path ? sqlite::back_up(*path, file) : postgres::back_up(url, file);
}

/// Whether there is something to lose. A database that is not there, or without our tables, is
/// empty. Errors: storage_unavailable, configuration when the schema is newer.
[[nodiscard]] Result<bool> has_data(std::string_view url) {
    if (const auto path = sqlite_path(url); path && !std::filesystem::exists(*path)) {
        return false;
    }
    auto database = open_database(url);
    if (!database) {
        return database.error();
    }
    const auto status = (*database)->migration_status();
    if (!status) {
        return status.error();
    }
    if (status->empty() || !status->front().applied) {
        return false;
    }
    bool has_rows = false;
    for (const std::string_view statement :
         {"SELECT 1 FROM ai_gateway_key LIMIT 1",
          "SELECT 1 FROM ai_request_log LIMIT 1",
          "SELECT 1 FROM cost_event LIMIT 1"}) {
        auto read = (*database)->session().each(
            statement, {}, [&has_rows](const sql::Row&) { has_rows = true; });
        // Of a schema that is older than the table.
        if (!read && read.error().code() == Errc::configuration) {
            return read.error();
        }
    }
    return has_rows;
}

}  // namespace

Result<BackupReport> back_up(std::string_view url, const std::filesystem::path& file) {
    const std::filesystem::path folder =
        file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    std::error_code failed;
    if (std::filesystem::create_directories(folder, failed)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    if (failed) {
        return Error{
            Errc::storage_unavailable, folder.string() + ": cannot be made: " + failed.message()};
    }
    const std::filesystem::path part = file.string() + ".part";
    if (auto made = make_private(part); !made) {
        return made.error();
    }
    auto report = copy(url, part);
    if (report) {
        if (auto synced = sync(part, O_RDONLY); !synced) {
            report = synced.error();
        }
    }
    if (report && ::rename(part.c_str(), file.c_str()) != 0) {
        report = file_error(file, "cannot be named");
    }
    if (!report) {
        std::filesystem::remove(part, failed);
        return report;
    }
    if (auto synced = sync(folder, O_RDONLY | O_DIRECTORY); !synced) {
        return synced.error();
    }
    return report;
}

Result<BackupReport> restore(
    std::string_view url, const std::filesystem::path& file, Replace replace) {
    if (!std::filesystem::is_regular_file(file)) {
        return Error{Errc::configuration, file.string() + ": there is no such file"};
    }
    if (replace == Replace::no) {
        const auto is_used = has_data(url);
        if (!is_used) {
            return is_used.error();
        }
        if (*is_used) {
            return Error{
                Errc::configuration,
                "the database has keys or rows, which restoring would replace; say --replace, or "
                "set store.url to an empty one"};
        }
    }
    const auto path = sqlite_path(url);
    return path ? sqlite::restore(*path, file) : postgres::restore(url, file);
}

std::string_view backup_suffix(std::string_view url) {
    return sqlite_path(url) ? ".db" : ".pgdump";
}

}  // namespace pulse::storage
