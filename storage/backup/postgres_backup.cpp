#include "storage/backup/postgres_backup.h"

#include "storage/backup/child_process.h"
#include "storage/database.h"
#include "storage/migrations/migrations.h"
#include "storage/postgres/address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulse::storage::postgres {
namespace {

constexpr const char* kPackage = "postgresql-client";

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// How a program of PostgreSQL's reaches the database.
struct Reach {
    std::string name;  ///< of the database; empty: libpq's default
    std::vector<std::pair<std::string, std::string>> environment;
};

/// The address as libpq's environment variables: its password must not stand in an argument.
[[nodiscard]] Result<Reach> reach_of(std::string_view url) {
    const auto address = parse_address(url);
    if (!address) {
        return address.error();
    }
    const std::unique_ptr<PQconninfoOption, FreeOptions> options{
        PQconninfoParse(address->conninfo.c_str(), nullptr)};
    Reach reach;
    for (const PQconninfoOption* option = options.get();
         option != nullptr && option->keyword != nullptr;
         ++option) {
        if (option->val == nullptr) {
            continue;
        }
        if (std::string_view{option->keyword} == "dbname") {
            reach.name = option->val;
        }
        if (option->envvar != nullptr) {
            reach.environment.emplace_back(option->envvar, option->val);
        }
    }
    return reach;
}

[[nodiscard]] Result<std::int64_t> schema_version(Database& database) {
    const auto status = database.migration_status();
    if (!status) {
        return status.error();
    }
    std::int64_t version = 0;
    for (const MigrationStatus& step : *status) {
        version = step.applied ? std::max(version, step.version) : version;
    }
    return version;
}

[[nodiscard]] std::uint64_t size_of(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::file_size(path, ignored);
}

}  // namespace

Result<BackupReport> back_up(std::string_view url, const std::filesystem::path& file) {
    auto reach = reach_of(url);
    if (!reach) {
        return reach.error();
    }
    auto database = open_database(url);
    if (!database) {
        return database.error();
    }
    const auto version = schema_version(**database);
    if (!version) {
        return version.error();
    }
    auto dumped = run_to_end(
        {.program = "pg_dump",
         .arguments =
             {"--format=custom", "--no-owner", "--no-privileges", "--file=" + file.string()},
         .environment = std::move(reach->environment),
         .package = kPackage});
    if (!dumped) {
        return dumped.error();
    }
    return BackupReport{.bytes = size_of(file), .schema_version = *version};
}

Result<BackupReport> restore(std::string_view url, const std::filesystem::path& file) {
    auto reach = reach_of(url);
    if (!reach) {
        return reach.error();
    }
    // Reads the list of what is in it, and nothing else: is it a backup at all?
    auto listed = run_to_end(
        {.program = "pg_restore",
         .arguments = {"--list", "--file=/dev/null", file.string()},
         .environment = {},
         .package = kPackage});
    if (!listed) {
        return listed.error().code() == Errc::configuration
                   ? listed.error()
                   : Error{
                         Errc::configuration,
                         file.string() +
                             ": is no backup of PostgreSQL's: " + listed.error().detail()};
    }
    auto database = open_database(url);
    if (!database) {
        return database.error();
    }
    if (auto emptied = (*database)->migrate_down(true); !emptied) {
        return emptied.error();
    }
    if (auto dropped = (*database)->session().run("DROP TABLE IF EXISTS schema_migration", {});
        !dropped) {
        return dropped.error();
    }
    auto restored = run_to_end(
        {.program = "pg_restore",
         .arguments =
             {"--single-transaction",
              "--exit-on-error",
              "--no-owner",
              "--no-privileges",
              "--dbname=" + (reach->name.empty() ? std::string{"postgres"} : reach->name),
              file.string()},
         .environment = std::move(reach->environment),
         .package = kPackage});
    if (!restored) {
        return restored.error();
    }
    const auto version = schema_version(**database);
    if (!version) {
        return version.error();
    }
    return BackupReport{.bytes = size_of(file), .schema_version = *version};
}

}  // namespace pulse::storage::postgres
