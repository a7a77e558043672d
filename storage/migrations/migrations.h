#pragma once

#include <cstdint>
#include <span>

namespace pulse::storage {

/// One numbered step of the schema, up and down, as plain SQL. The files are
/// storage/migrations/<engine>/; the binary carries them. Immutable.
struct Migration {
    std::int64_t version;
    const char* name;
    const char* up;
    const char* down;
};

/// Ascending by version, without gaps, from 1.
[[nodiscard]] std::span<const Migration> sqlite_migrations();
/// The same numbers and names.
[[nodiscard]] std::span<const Migration> postgres_migrations();

}  // namespace pulse::storage
