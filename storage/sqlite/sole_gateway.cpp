#include "storage/sqlite/sole_gateway.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

[[nodiscard]] Error failed(const std::filesystem::path& file) {
    return Error{
        Errc::storage_unavailable,
        "sqlite: cannot lock " + file.string() + ": " + std::strerror(errno)};
}

class LockedFile final : public SoleGateway {
public:
    LockedFile(std::filesystem::path file, int descriptor)
        : file_(std::move(file)), descriptor_(descriptor) {}
    ~LockedFile() override { ::close(descriptor_); }

    Result<Standing> hold() override {
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
            describe();
            return Standing::held;
        }
        if (errno != EWOULDBLOCK) {
            return failed(file_);
        }
        std::array<char, 64> text{};
        const ssize_t size = ::pread(descriptor_, text.data(), text.size(), 0);
        holder_ = "process ";
        holder_.append(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        return Standing::taken;
    }
    const std::string& holder() const override { return holder_; }
    void give_up() override {}

private:
    /// For those that are refused; the lock is what counts.
    void describe() const {
        const std::string process = std::to_string(::getpid());
        if (::ftruncate(descriptor_, 0) != 0 ||
            ::pwrite(descriptor_, process.data(), process.size(), 0) < 0) {
            return;
        }
    }

    std::filesystem::path file_;
    int descriptor_;
    std::string holder_;
};

}  // namespace

Result<std::unique_ptr<SoleGateway>> open_sole_gateway(const std::filesystem::path& database) {
    std::error_code ignored;
    std::filesystem::path file = std::filesystem::weakly_canonical(database, ignored);
    if (file.empty()) {
        file = database;
    }
    file += "-gateway";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return failed(file);
    }
    return std::unique_ptr<SoleGateway>{std::make_unique<LockedFile>(std::move(file), descriptor)};
}

}  // namespace pulse::storage::sqlite
