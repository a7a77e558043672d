#pragma once

#include <filesystem>

namespace pulse::app {

struct ServeOptions {
    std::filesystem::path config;  ///< empty: the defaults in the working directory
    std::filesystem::path data;    ///< `--data`: a folder that holds pulse.yaml and everything else; made when absent
    /// Without the console: it is another process.
    bool gateway_only = false;
};

/// Runs gateway, console and jobs (or the gateway alone) until SIGTERM or SIGINT, then drains. SIGHUP reloads. Returns the exit code: 0 drained,
/// 1 failed while running, 2 wrong configuration.
[[nodiscard]] int serve(const ServeOptions& options);

/// Runs the console's API, backups and housekeeping, no data plane, until SIGTERM or SIGINT. A database that is away is waited for:
/// the API answers 503 meanwhile. Exit codes as serve().
[[nodiscard]] int serve_console(const ServeOptions& options);

}  // namespace pulse::app
