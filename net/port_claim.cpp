#include "net/detail/listen_socket.h"
#include "net/listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace pulse::net {
namespace {

std::filesystem::path lock_path(const ListenAddress& address) {
    std::string name = "pulse-" + (address.host.empty() ? "all" : address.host) + "-" +
                       std::to_string(address.port);
    std::replace(name.begin(), name.end(), ':', '_');
    std::error_code error;
    auto folder = std::filesystem::temp_directory_path(error);
    return (error ? std::filesystem::path{"/tmp"} : std::move(folder)) / (name + ".lock");
}

int open_lock(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    // Another user's file in a sticky folder may only be read, which is enough for a lock.
    return file >= 0 ? file : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

std::string read_holder(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return {};
    }
    char text[16] = {};
    const auto size = ::read(file, text, sizeof text);
    ::close(file);
    std::string holder{text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    const bool is_number =
        std::all_of(holder.begin(), holder.end(), [](char c) { return c >= '0' && c <= '9'; });
    return is_number ? holder : std::string{};
}

Error held_by_pulse(const ListenAddress& address, const std::string& process) {
    return Error{
        Errc::configuration,
        "cannot listen on " + address.to_string() + ": another Pulse has it" +
            (process.empty() ? std::string{} : " (process " + process + ")") +
            "; stop it or choose another port"};
}

/// The locked file, -1 where no lock file can be had, or who holds it.
Result<int> take_lock(const ListenAddress& address) {
    const auto path = lock_path(address);
    const int file = open_lock(path);
    if (file < 0) {
        return -1;  // the plain bind has already told most; no folder for locks is no reason to
                    // stand still
    }
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        ::close(file);
        return held_by_pulse(address, read_holder(path));
    }
    const std::string process = std::to_string(::getpid());
    if (::ftruncate(file, 0) == 0) {
        [[maybe_unused]] const auto written = ::write(file, process.data(), process.size());
    }
    return file;
}

bool is_locked(const ListenAddress& address) {
    const int file = ::open(lock_path(address).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return false;
    }
    const bool locked = ::flock(file, LOCK_SH | LOCK_NB) != 0;
    ::close(file);
    return locked;
}

}  // namespace

Result<PortClaim> PortClaim::take(const ListenAddress& address) {
    if (address.port != 0) {
        const auto probe = detail::bind_socket(address, detail::PortSharing::alone);
        if (!probe) {
            return is_locked(address) ? held_by_pulse(address, read_holder(lock_path(address)))
                                      : probe.error();
        }
        ::close(*probe);
    }
    const auto holder = detail::bind_socket(address, detail::PortSharing::shared);
    if (!holder) {
        return holder.error();
    }
    PortClaim claim;
    claim.holder_fd_ = *holder;
    claim.address_ = {.host = address.host, .port = detail::port_of(*holder)};
    const auto lock = take_lock(claim.address_);
    if (!lock) {
        return lock.error();
    }
    claim.lock_fd_ = *lock;
    return claim;
}

PortClaim::PortClaim(PortClaim&& other) noexcept
    : address_(std::move(other.address_)),
      lock_fd_(std::exchange(other.lock_fd_, -1)),
      holder_fd_(std::exchange(other.holder_fd_, -1)) {}

PortClaim& PortClaim::operator=(PortClaim&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(lock_fd_, other.lock_fd_);
    std::swap(holder_fd_, other.holder_fd_);
    return *this;
}

PortClaim::~PortClaim() {
    if (holder_fd_ >= 0) {
        ::close(holder_fd_);
    }
    if (lock_fd_ >= 0) {
        // Removed while it is locked: who opened it before and locks it later only holds a file
        // without a name, and the plain bind decides between the two.
        std::error_code ignored;
        std::filesystem::remove(lock_path(address_), ignored);
        ::close(lock_fd_);
    }
}

}  // namespace pulse::net
