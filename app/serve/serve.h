#pragma once

#include <filesystem>

namespace pulse::app {

struct ServeOptions {
    std::filesystem::path config;  ///< empty: the defaults in the working directory
    std::filesystem::path data;    ///< `--data`: a folder that holds pulse.yaml and everything else; made when absent
};

/// Runs gateway, console and jobs until SIGTERM or SIGINT, then drains. SIGHUP reloads. Returns the exit code: 0 drained,
/// 1 failed while running, 2 wrong configuration.
[[nodiscard]] int serve(const ServeOptions& options);

}  // namespace pulse::app
