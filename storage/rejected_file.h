#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/spool/spool.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace pulse::storage {

/// Where records go that the database cannot take: one line of JSON each, with the reason and the
/// record's bytes in hexadecimal (docs/formats/spool.md). Mode 0600. At most kBytesMax, then the
/// reason is only logged. One thread at a time.
class RejectedFile {
public:
    static constexpr std::uint64_t kBytesMax = std::uint64_t{256} << 20;

    /// An empty path: rejected records are only logged.
    explicit RejectedFile(std::filesystem::path path) : path_(std::move(path)) {}

    /// Durable when it returns. A record may stand there twice: a crash repeats it, and nothing
    /// loses it. Errors: storage_unavailable.
    [[nodiscard]] Result<void> append(
        const Spool::Entry& entry, std::string_view reason, TimePoint now);

private:
    std::filesystem::path path_;
};

}  // namespace pulse::storage
