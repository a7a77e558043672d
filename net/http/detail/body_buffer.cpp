#include "net/http/detail/body_buffer.h"

#include "base/assert.h"
#include "net/http/server_connection.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace pulse::net::detail {

namespace {

/// Where files that live no longer than the process belong when they are large (FHS §5.15: /tmp may be memory).
[[nodiscard]] const char* temporary_folder() {
    const char* const named = std::getenv("TMPDIR");
    return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

[[nodiscard]] int open_unlinked_file() {
    return ::open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
}

}  // namespace

bool BodyBuffer::reserve(std::size_t bytes) {
    if (data_ != nullptr && bytes <= capacity_) {
        return true;
    }
    const std::size_t wanted = bytes + ServerConnection::kBodyPadding;
    const bool has_room =
        is_upload_ && bytes > kUploadInMemoryMax ? reserve_file(wanted) : reserve_memory(wanted);
    if (has_room) {
        capacity_ = bytes;
    }
    return has_room;
}

bool BodyBuffer::reserve_memory(std::size_t wanted) {
    if (!budget_.try_take(wanted - taken_)) {
        return false;
    }
    taken_ = wanted;
    auto memory = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) {
        std::memcpy(memory.get(), data_, size_);
    }
    memory_ = std::move(memory);
    data_ = memory_.get();
    return true;
}

bool BodyBuffer::reserve_file(std::size_t wanted) {
    const int file = open_unlinked_file();
    if (file < 0) {
        return false;
    }
    const bool has_blocks = ::posix_fallocate(file, 0, static_cast<off_t>(wanted)) == 0;
    void* const mapped =
        has_blocks ? ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    ::close(file);  // the mapping keeps it
    if (mapped == MAP_FAILED) {
        return false;
    }
    if (size_ > 0) {
        std::memcpy(mapped, data_, size_);
    }
    forget_place();
    data_ = static_cast<char*>(mapped);
    mapped_ = wanted;
    return true;
}

void BodyBuffer::commit(std::size_t bytes) {
    PULSE_ASSERT(bytes <= capacity_ - size_);
    size_ += bytes;
}

void BodyBuffer::append(std::string_view bytes) {
    PULSE_ASSERT(bytes.size() <= capacity_ - size_);
    if (!bytes.empty()) {
        std::memcpy(data_ + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
}

void BodyBuffer::pad() {
    if (data_ != nullptr) {
        std::memset(data_ + size_, 0, ServerConnection::kBodyPadding);
    }
}

/// Gives back where the bytes lie.
void BodyBuffer::forget_place() {
    if (mapped_ > 0) {
        ::munmap(data_, std::exchange(mapped_, 0));
    }
    memory_.reset();
    budget_.give_back(std::exchange(taken_, 0));
    data_ = nullptr;
}

void BodyBuffer::release() {
    forget_place();
    capacity_ = size_ = 0;
    is_upload_ = false;
}

}  // namespace pulse::net::detail
