#include "storage/backup/backup_folder.h"

#include "base/rfc3339.h"

#include <algorithm>
#include <vector>

namespace pulse::storage {
namespace {

constexpr std::string_view kPrefix = "pulse-";
/// Of "20261121T093000Z".
constexpr std::size_t kTimeSize = 16;

/// "2026-11-21T09:30:00Z" without its marks.
[[nodiscard]] std::string compact(TimePoint time) {
    std::string text = rfc3339_seconds(time);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

[[nodiscard]] std::optional<TimePoint> time_in(std::string_view name, std::string_view suffix) {
    if (name.size() != kPrefix.size() + kTimeSize + suffix.size() || !name.starts_with(kPrefix) ||
        !name.ends_with(suffix)) {
        return std::nullopt;
    }
    std::string text{name.substr(kPrefix.size(), kTimeSize)};
    for (const std::size_t colon : {13U, 11U}) {
        text.insert(colon, 1, ':');
    }
    for (const std::size_t dash : {6U, 4U}) {
        text.insert(dash, 1, '-');
    }
    return parse_rfc3339(text);
}

struct Kept {
    TimePoint time;
    std::filesystem::path path;
};

/// The newest first.
[[nodiscard]] std::vector<Kept> backups_in(
    const std::filesystem::path& folder, std::string_view suffix) {
    std::vector<Kept> all;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry{folder, failed}, end; !failed && entry != end;
         entry.increment(failed)) {
        const auto time = time_in(entry->path().filename().native(), suffix);
        if (time) {
            all.push_back({*time, entry->path()});
        }
    }
    std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.time > b.time; });
    return all;
}

}  // namespace

std::string backup_name(TimePoint time, std::string_view suffix) {
    return std::string{kPrefix}.append(compact(time)).append(suffix);
}

std::optional<TimePoint> BackupFolder::newest() const {
    const std::vector<Kept> all = backups_in(folder_, suffix_);
    return all.empty() ? std::nullopt : std::optional{all.front().time};
}

Result<void> BackupFolder::keep(std::size_t count) const {
    const std::vector<Kept> all = backups_in(folder_, suffix_);
    for (std::size_t i = count; i < all.size(); ++i) {
        std::error_code failed;
        std::filesystem::remove(all[i].path, failed);
        if (failed) {
            return Error{
                Errc::storage_unavailable,
                all[i].path.string() + ": cannot be removed: " + failed.message()};
        }
    }
    return {};
}

}  // namespace pulse::storage
