#pragma once

#include "base/clock.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace pulse::net::detail {

/// Bytes that a connection has read, in one piece, with kPadding writable bytes behind the
/// capacity. Memory comes with the first use, doubles when asked, and is given back by clear()
/// beyond kKept. Not thread-safe.
class InputBuffer {
public:
    static constexpr std::size_t kFirst = std::size_t{4} * 1024;
    static constexpr std::size_t kKept = std::size_t{16} * 1024;
    static constexpr std::size_t kPadding = 64;

    [[nodiscard]] std::string_view bytes() const { return {data_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] bool is_full() const { return size_ == capacity_; }
    /// When the first of its bytes was read.
    [[nodiscard]] SteadyTime since() const { return since_; }

    /// Room for reading, at least one byte unless it is full.
    [[nodiscard]] std::span<char> room();
    /// `bytes` of room() have been filled.
    void commit(std::size_t bytes);
    void append(std::string_view bytes);
    /// Moves everything; views into it dangle.
    void reserve(std::size_t capacity);
    /// Takes [from, from + count) out.
    void erase(std::size_t from, std::size_t count);
    void truncate(std::size_t size) { size_ = size; }
    /// Zeroes kPadding bytes behind the content.
    void pad();
    void clear();

private:
    void stamp_first();

    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
    SteadyTime since_{};
};

}  // namespace pulse::net::detail
