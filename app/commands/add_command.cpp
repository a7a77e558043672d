#include "app/commands/add_command.h"

#include <CLI/CLI.hpp>

namespace pulse::app {

CLI::App& add_command(
    CLI::App& parent, CommonOptions& options, const char* name, const char* what) {
    CLI::App& command = *parent.add_subcommand(name, what);
    command.add_option("--config", options.config, "configuration file (or PULSE_CONFIG)")
        ->envname("PULSE_CONFIG");
    command.add_option("--data", options.data, "data folder; its pulse.yaml is the configuration");
    command.add_flag("--json", options.json, "machine-readable output");
    return command;
}

}  // namespace pulse::app
