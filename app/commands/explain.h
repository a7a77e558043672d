#pragma once

#include "app/commands/command.h"

#include <CLI/App.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pulse::app {

/// What `pulse explain` takes beside the common options.
struct ExplainOptions {
    std::vector<std::filesystem::path> exchanges;  ///< recorded exchanges; none: standard input
    std::filesystem::path file;  ///< an answer's body; empty or "-": standard input
    std::string provider;
    std::string api;
    std::string model;                ///< as it was addressed
    std::string content_type;         ///< empty: by API and `is_stream`
    std::vector<std::string> fields;  ///< of the answer's head, "name: value"
    bool is_stream = false;
    int status = 200;
    std::optional<std::uint64_t> split_seed;
};

/// `pulse explain …` with everything that it takes.
void add_explain_command(CLI::App& app, CommonOptions& options, int& code);

/// Prints what Pulse reads in recorded answers and what it would bill, a JSON line for each.
[[nodiscard]] int explain(const CommonOptions& options, const ExplainOptions& wanted);

}  // namespace pulse::app
