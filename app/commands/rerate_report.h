#pragma once

#include "app/serve/rerate.h"

namespace pulse::app {

/// To standard output: text, or one JSON object.
void print(const RerateReport& report, bool as_json);

}  // namespace pulse::app
