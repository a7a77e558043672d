#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace pulse::app {

/// Keeps a second `pulse serve` out of a data directory: a locked file that says who runs there and where. The lock goes
/// with the process, however it dies.
class InstanceLock {
public:
    /// The folder `spool` is made where it is missing. Errors: configuration, with the running one's
    /// address when there is one.
    [[nodiscard]] static Result<InstanceLock> take(const std::filesystem::path& spool);
    /// Writes what a second start will show.
    void describe(const std::string& text) const;

    InstanceLock(InstanceLock&& other) noexcept;
    InstanceLock& operator=(InstanceLock&& other) noexcept;
    ~InstanceLock();

private:
    explicit InstanceLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace pulse::app
