#pragma once

#include <filesystem>
#include <string>

#include "app/config/config.h"
#include "base/error.h"
#include "storage/database.h"
#include "storage/tables/keys.h"

namespace pulse::app {

/// Makes a data folder (0700) with a pulse.yaml, unless it is there. Returns the file. Errors: configuration.
[[nodiscard]] Result<std::filesystem::path> prepare_data_folder(const std::filesystem::path& folder);

/// Adds the bootstrap keys of the configuration that are absent; those that are there are left as they are.
/// Errors: storage_unavailable, invalid_request (a key that is too short to be one).
[[nodiscard]] Result<void> add_bootstrap_keys(storage::Database& database, const BootstrapSettings& bootstrap);

/// Makes a first key when there is none at all. The key's text, or nothing.
[[nodiscard]] Result<std::string> make_first_key(storage::Database& database);

/// A row for a new key with `text` as the key.
[[nodiscard]] storage::KeyRow new_key_row(std::string_view text, std::string label);

}  // namespace pulse::app
