#pragma once

#include "net/http/body_budget.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace pulse::net::detail {

/// A request body that did not fit into its connection's buffer; what it takes is taken from the
/// process's budget. A large upload takes a file instead: unlinked, its blocks allocated (a full
/// disk shows there, not in a signal), mapped. Not thread-safe.
class BodyBuffer {
public:
    /// Larger uploads lie in a file.
    static constexpr std::size_t kUploadInMemoryMax = std::size_t{1} << 20;

    explicit BodyBuffer(BodyBudget& budget) : budget_(budget) {}
    ~BodyBuffer() { release(); }
    BodyBuffer(const BodyBuffer&) = delete;
    BodyBuffer& operator=(const BodyBuffer&) = delete;

    /// Until release().
    void expect_upload() { is_upload_ = true; }
    [[nodiscard]] bool is_upload() const { return is_upload_; }

    /// Room for `bytes` in all, and the padding; false when the budget is spent or the disk is full.
    [[nodiscard]] bool reserve(std::size_t bytes);
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::span<char> room() { return {data_ + size_, capacity_ - size_}; }
    void commit(std::size_t bytes);
    void append(std::string_view bytes);
    void pad();
    [[nodiscard]] std::string_view bytes() const { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    void release();

private:
    [[nodiscard]] bool reserve_memory(std::size_t wanted);
    [[nodiscard]] bool reserve_file(std::size_t wanted);
    void forget_place();

    BodyBudget& budget_;
    char* data_ = nullptr;  ///< in memory_ or mapped
    std::unique_ptr<char[]> memory_;
    std::size_t mapped_ = 0;  ///< bytes; 0: not in a file
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
    std::size_t taken_ = 0;
    bool is_upload_ = false;
};

}  // namespace pulse::net::detail
