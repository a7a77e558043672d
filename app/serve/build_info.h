#pragma once

#include "console/api/console_api.h"

namespace pulse::app {

/// Version, commit, time and compiler of this build.
[[nodiscard]] console::BuildInfo build_info();

}  // namespace pulse::app
