#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "base/error.h"
#include "storage/database.h"

namespace pulse::app {

/// What every command takes.
struct CommonOptions {
    std::filesystem::path config;  ///< `--config`, else PULSE_CONFIG
    std::filesystem::path data;    ///< `--data`: its pulse.yaml is the configuration
    bool json = false;
};

/// Exit codes of the contract.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// Prints "pulse: …" to standard error and gives the exit code.
[[nodiscard]] int fail(const Error& error);

/// The configuration that the options name. Errors: configuration.
[[nodiscard]] Result<Config> read_config(const CommonOptions& options);
/// The configured database with its schema up to date. Errors: configuration, storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<storage::Database>> open_configured_database(const CommonOptions& options);

struct NewKeyOptions {
    std::string label;
    std::string org;
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string policy;   ///< JSON
    std::string expires;  ///< RFC 3339 or a duration from now ("30d")
};
[[nodiscard]] int create_key(const CommonOptions& options, const NewKeyOptions& wanted);
[[nodiscard]] int list_keys(const CommonOptions& options);
[[nodiscard]] int show_key(const CommonOptions& options, const std::string& id);
/// Fields that are empty stay as they are, those that are "-" are taken away.
[[nodiscard]] int update_key(const CommonOptions& options, const std::string& id, const NewKeyOptions& wanted);
[[nodiscard]] int rotate_key(const CommonOptions& options, const std::string& id);
[[nodiscard]] int revoke_key(const CommonOptions& options, const std::string& id);

[[nodiscard]] int check_config(const CommonOptions& options);
[[nodiscard]] int print_default_config();
[[nodiscard]] int print_settings_document();

enum class MigrateStep { up, down, down_all, status };
[[nodiscard]] int migrate(const CommonOptions& options, MigrateStep step);

struct TokensOptions {
    std::string encoding;
    std::string model;
    bool jsonl = false;          ///< each line of the input is a JSON string of its own
    bool ids = false;            ///< print the tokens, not how many
    std::filesystem::path file;  ///< empty or "-": standard input
};
/// Prints how many tokens a text is: a number, a JSON array with `ids`, an object with `--json`.
[[nodiscard]] int count_tokens(const CommonOptions& options, const TokensOptions& wanted);

/// Looks at everything a start needs and says what is wrong and what to do.
[[nodiscard]] int run_doctor(const CommonOptions& options);
[[nodiscard]] int print_version(const CommonOptions& options);

}  // namespace pulse::app
