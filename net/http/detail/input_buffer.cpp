#include "net/http/detail/input_buffer.h"

#include "base/assert.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace pulse::net::detail {

std::span<char> InputBuffer::room() {
    if (!data_) {
        reserve(kFirst);
    }
    return {data_.get() + size_, capacity_ - size_};
}

void InputBuffer::commit(std::size_t bytes) {
    PULSE_ASSERT(bytes <= capacity_ - size_);
    stamp_first();
    size_ += bytes;
}

void InputBuffer::append(std::string_view bytes) {
    stamp_first();
    reserve(std::max(size_ + bytes.size(), kFirst));
    std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void InputBuffer::reserve(std::size_t capacity) {
    if (capacity <= capacity_) {
        return;
    }
    auto data = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
    if (size_ > 0) {
        std::memcpy(data.get(), data_.get(), size_);
    }
    data_ = std::move(data);
    capacity_ = capacity;
}

void InputBuffer::erase(std::size_t from, std::size_t count) {
    PULSE_ASSERT(from <= size_ && count <= size_ - from);
    std::memmove(data_.get() + from, data_.get() + from + count, size_ - from - count);
    size_ -= count;
}

void InputBuffer::pad() {
    std::memset(data_.get() + size_, 0, kPadding);
}

void InputBuffer::clear() {
    size_ = 0;
    if (capacity_ > kKept) {
        data_.reset();
        capacity_ = 0;
    }
}

void InputBuffer::stamp_first() {
    if (size_ == 0) {
        since_ = std::chrono::steady_clock::now();
    }
}

}  // namespace pulse::net::detail
