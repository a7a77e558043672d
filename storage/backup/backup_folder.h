#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::storage {

/// "pulse-20261121T093000Z.db": sorts by time.
[[nodiscard]] std::string backup_name(TimePoint time, std::string_view suffix);

/// A folder of backups that are named by their time; other files in it are nobody's business.
class BackupFolder {
public:
    BackupFolder(std::filesystem::path folder, std::string_view suffix)
        : folder_(std::move(folder)), suffix_(suffix) {}

    [[nodiscard]] std::filesystem::path path_of(TimePoint time) const {
        return folder_ / backup_name(time, suffix_);
    }
    /// When the newest was made; nothing where there is none.
    [[nodiscard]] std::optional<TimePoint> newest() const;
    /// Removes all but the `count` newest. Errors: storage_unavailable.
    [[nodiscard]] Result<void> keep(std::size_t count) const;

private:
    std::filesystem::path folder_;
    std::string suffix_;
};

}  // namespace pulse::storage
