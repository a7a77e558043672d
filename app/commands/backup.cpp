#include "app/commands/backup.h"

#include "app/commands/add_command.h"
#include "app/serve/instance_lock.h"
#include "base/clock.h"
#include "storage/backup/backup.h"
#include "storage/backup/backup_folder.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace pulse::app {

namespace {

struct Wanted {
    std::filesystem::path out;   ///< of `backup`: a file, or a folder that is there
    std::filesystem::path file;  ///< of `restore`
    bool replace = false;
};

void print(
    const CommonOptions& options,
    const std::filesystem::path& file,
    const storage::BackupReport& report,
    const char* done) {
    if (options.json) {
        const boost::json::object line{
            {"file", file.string()},
            {"bytes", report.bytes},
            {"schema_version", report.schema_version}};
        std::printf("%s\n", boost::json::serialize(line).c_str());
        return;
    }
    std::printf(
        "%s %s (%llu bytes, schema version %lld)\n",
        done,
        file.c_str(),
        static_cast<unsigned long long>(report.bytes),
        static_cast<long long>(report.schema_version));
}

[[nodiscard]] int back_up(const CommonOptions& options, const Wanted& wanted) {
    const auto config = read_config(options);
    if (!config) {
        return fail(config.error());
    }
    const std::string name =
        storage::backup_name(system_clock().now(), storage::backup_suffix(config->store.url));
    std::filesystem::path file = wanted.out.empty() ? config->store.backup.path / name : wanted.out;
    if (std::filesystem::is_directory(file)) {
        file /= name;
    }
    const auto report = storage::back_up(config->store.url, file);
    if (!report) {
        return fail(report.error());
    }
    print(options, file, *report, "backed up to");
    return kExitDone;
}

[[nodiscard]] int restore(const CommonOptions& options, const Wanted& wanted) {
    const auto config = read_config(options);
    if (!config) {
        return fail(config.error());
    }
    // A gateway that runs would write rows into what is being replaced.
    const auto lock = InstanceLock::take(config->store.spool.path);
    if (!lock) {
        return fail(lock.error());
    }
    const auto report = storage::restore(
        config->store.url,
        wanted.file,
        wanted.replace ? storage::Replace::yes : storage::Replace::no);
    if (!report) {
        return fail(report.error());
    }
    print(options, wanted.file, *report, "restored");
    return kExitDone;
}

}  // namespace

void add_backup_commands(CLI::App& app, CommonOptions& options, int& code) {
    const auto wanted = std::make_shared<Wanted>();
    CLI::App& out = add_command(app, options, "backup", "copy the database while it is in use");
    out.add_option("--out", wanted->out, "file or folder (default: store.backup.path)");
    out.callback([&options, &code, wanted] { code = back_up(options, *wanted); });
    CLI::App& in = add_command(app, options, "restore", "make the database what a backup holds");
    in.add_option("file", wanted->file, "what `pulse backup` made")->required();
    in.add_flag("--replace", wanted->replace, "even where it has keys or rows: they are lost");
    in.callback([&options, &code, wanted] { code = restore(options, *wanted); });
}

}  // namespace pulse::app
