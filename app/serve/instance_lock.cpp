#include "app/serve/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace pulse::app {

Result<InstanceLock> InstanceLock::take(const std::filesystem::path& spool) {
    std::error_code failed;
    std::filesystem::create_directories(spool, failed);
    const std::filesystem::path file = spool / "pulse.pid";
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return Error(Errc::configuration, "cannot open " + file.string() + ": " + std::strerror(errno));
    }
    InstanceLock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char text[512];
        const ssize_t size = ::pread(fd, text, sizeof text, 0);
        return Error(
            Errc::configuration,
            "Pulse is running already: " + std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0));
    }
    return lock;
}

void InstanceLock::describe(const std::string& text) const {
    const bool is_written =
        ::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    if (!is_written) {
        log_warn("the lock file cannot be written; a second start will not say where this one runs");
    }
}

InstanceLock::InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

InstanceLock& InstanceLock::operator=(InstanceLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

InstanceLock::~InstanceLock() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

}  // namespace pulse::app
