#pragma once

#include "app/commands/command.h"
#include "storage/tables/audit.h"

#include <CLI/CLI.hpp>

#include <string>

namespace pulse::app {

/// `pulse users create|list|reset-password` and `pulse audit verify`.
void add_people_commands(CLI::App& app, CommonOptions& options, int& code);

/// An audit entry of the command line: now, the default organisation, the system's user.
[[nodiscard]] storage::AuditEntry by_the_command_line();

}  // namespace pulse::app
