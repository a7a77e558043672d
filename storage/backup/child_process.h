#pragma once

#include "base/error.h"

#include <string>
#include <utility>
#include <vector>

namespace pulse::storage {

/// A program that is run to its end.
struct ChildProcess {
    std::string program;  ///< looked up in PATH
    std::vector<std::string> arguments;
    /// Beside our own environment and instead of its variables of the same name: secrets go here,
    /// because arguments are everybody's to read.
    std::vector<std::pair<std::string, std::string>> environment;
    std::string package;  ///< where the program comes from, for the error that it is missing
};

/// Waits for its end. Errors: configuration when there is no such program; storage_unavailable with
/// the beginning of what it wrote to standard error when it failed.
[[nodiscard]] Result<void> run_to_end(const ChildProcess& child);

}  // namespace pulse::storage
