#pragma once

#include "app/commands/command.h"

#include <filesystem>

namespace CLI {
class App;
}

namespace pulse::app {

/// `pulse backup` and `pulse restore`.
void add_backup_commands(CLI::App& app, CommonOptions& options, int& code);

}  // namespace pulse::app
