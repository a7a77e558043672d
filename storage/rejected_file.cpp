#include "storage/rejected_file.h"

#include "base/hex.h"
#include "base/json_text.h"
#include "base/log.h"
#include "storage/spool/segment_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace pulse::storage {
namespace {

[[nodiscard]] std::string line_of(
    const Spool::Entry& entry, std::string_view reason, TimePoint now) {
    std::string line =
        "{\"at_us\":" + std::to_string(now.time_since_epoch().count()) + ",\"segment\":";
    append_json_string(line, entry.position.segment);
    line.append(",\"end\":").append(std::to_string(entry.position.offset)).append(",\"reason\":");
    append_json_string(line, reason);
    line.append(",\"record\":\"").append(to_hex(entry.payload)).append("\"}\n");
    return line;
}

[[nodiscard]] Error file_error(const std::filesystem::path& path, int code) {
    return Error{
        Errc::storage_unavailable,
        "rejected records " + path.string() + ": " + std::generic_category().message(code)};
}

}  // namespace

Result<void> RejectedFile::append(
    const Spool::Entry& entry, std::string_view reason, TimePoint now) {
    log_error(
        "ledger: a record cannot be stored",
        {{"reason", std::string{reason}}, {"set_aside", path_.string()}});
    if (path_.empty()) {
        return {};
    }
    const FileDescriptor file{
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
        return file_error(path_, errno);
    }
    if (static_cast<std::uint64_t>(status.st_size) >= kBytesMax) {
        log_error("ledger: the file of rejected records is full", {{"path", path_.string()}});
        return {};
    }
    const std::string line = line_of(entry, reason, now);
    const ssize_t written = ::write(file.get(), line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) {
        return file_error(path_, written < 0 ? errno : ENOSPC);
    }
    if (::fdatasync(file.get()) != 0) {
        return file_error(path_, errno);
    }
    return {};
}

}  // namespace pulse::storage
