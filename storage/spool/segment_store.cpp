#include "storage/spool/segment_store.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace pulse::storage {
namespace {

constexpr std::string_view kSuffix = ".segment";
constexpr std::string_view kKeptSuffix = ".kept";  // behind kSuffix

[[nodiscard]] Error directory_error(
    const std::filesystem::path& path, std::string_view what, int code) {
    std::string detail = "spool " + path.string() + ": ";
    detail.append(what).append(": ").append(std::generic_category().message(code));
    return Error{Errc::storage_unavailable, std::move(detail)};
}

[[nodiscard]] std::string read_holder(int lock) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(lock, text.data(), text.size(), 0);
    return size > 0 ? std::string{text.data(), static_cast<std::size_t>(size)} : std::string{"?"};
}

/// Takes the lock file and writes our process id into it, for the other's error message.
[[nodiscard]] Result<FileDescriptor> take_lock(const std::filesystem::path& path, int directory) {
    FileDescriptor lock{
        ::openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (lock.get() < 0) {
        return directory_error(path, "lock file", errno);
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return directory_error(path, "lock", errno);
        }
        return Error{
            Errc::storage_unavailable,
            "spool " + path.string() + ": in use by process " + read_holder(lock.get()) +
                "; give each gateway its own store.spool.path"};
    }
    const std::string holder = std::to_string(::getpid());
    if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), holder.data(), holder.size(), 0) !=
                                               static_cast<ssize_t>(holder.size())) {
        // The lock itself holds; a full disk only costs the other process the number in its
        // message.
        log_warn("spool: the lock file could not be written", {{"path", path.string()}});
    }
    return lock;
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

SegmentStore::SegmentStore(
    const SpoolSettings& settings, FileDescriptor directory, FileDescriptor lock)
    : path_(settings.path),
      segment_bytes_(settings.segment_bytes),
      limit_bytes_(settings.limit_bytes),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      turn_(static_cast<std::uint64_t>(system_clock().now().time_since_epoch().count())) {}

Result<std::unique_ptr<SegmentStore>> SegmentStore::open(const SpoolSettings& settings) {
    std::error_code failed;
    const bool made = std::filesystem::create_directories(settings.path, failed);
    if (failed) {
        return directory_error(settings.path, "cannot be made", failed.value());
    }
    if (made && ::chmod(settings.path.c_str(), 0700) != 0) {
        return directory_error(settings.path, "mode 0700", errno);
    }
    FileDescriptor directory{::open(settings.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory.get() < 0) {
        return directory_error(settings.path, "cannot be opened", errno);
    }
    Result<FileDescriptor> lock = take_lock(settings.path, directory.get());
    if (!lock) {
        return lock.error();
    }
    return std::unique_ptr<SegmentStore>{
        new SegmentStore{settings, std::move(directory), std::move(*lock)}};
}

/// Of all segments. Those that were kept for a newer program are taken back under their own names:
/// this may be the one.
std::vector<std::string> SegmentStore::names() const {
    std::vector<std::string> names;
    std::error_code failed;
    // Without range-for, whose steps would throw.
    std::filesystem::directory_iterator entry{path_, failed};
    for (; !failed && entry != std::filesystem::directory_iterator{}; entry.increment(failed)) {
        std::string name = entry->path().filename().string();
        if (name.ends_with(kKeptSuffix)) {
            std::string own = name.substr(0, name.size() - kKeptSuffix.size());
            if (::renameat(directory_.get(), name.c_str(), directory_.get(), own.c_str()) == 0) {
                names.push_back(std::move(own));
            }
        } else if (name.ends_with(kSuffix)) {
            names.push_back(std::move(name));
        }
    }
    if (failed) {
        log_error(
            "spool: cannot be listed", {{"path", path_.string()}, {"reason", failed.message()}});
    }
    // A directory that changes while it is read may show a renamed file twice.
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

void SegmentStore::adopt_one(std::string name, std::vector<std::shared_ptr<Segment>>& segments) {
    struct stat status {};
    if (::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && status.st_size == 0) {
        ::unlinkat(directory_.get(), name.c_str(), 0);  // its process died as it made it
        return;
    }
    Result<std::unique_ptr<Segment>> segment = Segment::adopt(directory_.get(), std::move(name));
    if (!segment) {
        left_.fetch_add(1, std::memory_order_relaxed);
        log_error("spool: a file is left as it is", {{"reason", segment.error().detail()}});
        return;
    }
    if ((*segment)->had_torn_tail()) {
        log_warn("spool: a torn record was cut off", {{"segment", (*segment)->name()}});
    }
    bytes_.fetch_add((*segment)->bytes(), std::memory_order_relaxed);
    if ((*segment)->published() == Segment::kHeadBytes) {
        remove(**segment);
        return;
    }
    static_cast<void>((*segment)->sync());  // its writer may have died between two syncs
    segments.push_back(std::move(*segment));
}

std::vector<std::shared_ptr<Segment>> SegmentStore::adopt() {
    std::vector<std::shared_ptr<Segment>> segments;
    for (std::string& name : names()) {
        adopt_one(std::move(name), segments);
    }
    std::sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) {
        return a->turn() < b->turn();
    });
    if (!segments.empty() && segments.back()->turn() >= turn_) {
        turn_ = segments.back()->turn() + 1;  // the clock went back
    }
    return segments;
}

Result<std::unique_ptr<Segment>> SegmentStore::create() {
    const std::uint64_t before = bytes_.fetch_add(segment_bytes_, std::memory_order_relaxed);
    if (before + segment_bytes_ > limit_bytes_) {
        bytes_.fetch_sub(segment_bytes_, std::memory_order_relaxed);
        return Error{
            Errc::storage_unavailable,
            "spool " + path_.string() +
                ": full (store.spool.limit): the database does not keep up"};
    }
    return make(segment_bytes_);
}

Result<std::unique_ptr<Segment>> SegmentStore::create_beyond_cap(std::uint64_t bytes) {
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return make(bytes);
}

/// Its bytes are counted already.
Result<std::unique_ptr<Segment>> SegmentStore::make(std::uint64_t bytes) {
    std::string name;
    {
        const std::lock_guard lock{names_mutex_};
        names_.next(system_clock().now()).append_to(name);
    }
    name.append(kSuffix);
    Result<std::unique_ptr<Segment>> segment =
        Segment::create(directory_.get(), std::move(name), bytes);
    if (!segment) {
        bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        return segment;
    }
    directory_changed_.store(true, std::memory_order_release);
    return segment;
}

void SegmentStore::keep_for_newer(const Segment& segment) {
    const std::string kept = segment.name() + std::string{kKeptSuffix};
    if (::renameat(directory_.get(), segment.name().c_str(), directory_.get(), kept.c_str()) != 0) {
        log_error(
            "spool: a segment cannot be renamed",
            {{"segment", segment.name()}, {"reason", std::generic_category().message(errno)}});
    }
    left_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_sub(segment.bytes(), std::memory_order_relaxed);
    directory_changed_.store(true, std::memory_order_release);
}

void SegmentStore::remove(const Segment& segment) {
    if (::unlinkat(directory_.get(), segment.name().c_str(), 0) != 0 && errno != ENOENT) {
        log_error(
            "spool: a finished segment cannot be deleted",
            {{"segment", segment.name()}, {"reason", std::generic_category().message(errno)}});
    }
    bytes_.fetch_sub(segment.bytes(), std::memory_order_relaxed);
    directory_changed_.store(true, std::memory_order_release);
}

bool SegmentStore::sync_directory() {
    if (!directory_changed_.exchange(false, std::memory_order_acq_rel)) {
        return true;
    }
    const bool is_synced = ::fsync(directory_.get()) == 0;
    if (!is_synced) {
        directory_changed_.store(true, std::memory_order_release);
    }
    return is_synced;
}

}  // namespace pulse::storage
