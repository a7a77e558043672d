#pragma once

#include "app/commands/command.h"

namespace CLI {
class App;
}

namespace pulse::app {

/// A command of `parent` with the options that every command takes. `options` outlives the parsing.
[[nodiscard]] CLI::App& add_command(
    CLI::App& parent, CommonOptions& options, const char* name, const char* what);

}  // namespace pulse::app
