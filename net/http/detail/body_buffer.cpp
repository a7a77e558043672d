#include "net/http/detail/body_buffer.h"

#include "base/assert.h"
#include "net/http/server_connection.h"

#include <cstring>
#include <utility>

namespace pulse::net::detail {

bool BodyBuffer::reserve(std::size_t bytes) {
    if (data_ && bytes <= capacity_) {
        return true;
    }
    const std::size_t wanted = bytes + ServerConnection::kBodyPadding;
    if (!budget_.try_take(wanted - taken_)) {
        return false;
    }
    taken_ = wanted;
    auto data = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) {
        std::memcpy(data.get(), data_.get(), size_);
    }
    data_ = std::move(data);
    capacity_ = bytes;
    return true;
}

void BodyBuffer::commit(std::size_t bytes) {
    PULSE_ASSERT(bytes <= capacity_ - size_);
    size_ += bytes;
}

void BodyBuffer::append(std::string_view bytes) {
    PULSE_ASSERT(bytes.size() <= capacity_ - size_);
    std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void BodyBuffer::pad() {
    std::memset(data_.get() + size_, 0, ServerConnection::kBodyPadding);
}

void BodyBuffer::release() {
    data_.reset();
    budget_.give_back(std::exchange(taken_, 0));
    capacity_ = size_ = 0;
}

}  // namespace pulse::net::detail
