#pragma once

#include "net/http/body_budget.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace pulse::net::detail {

/// A request body that did not fit into its connection's buffer; what it takes is taken from the
/// process's budget. Not thread-safe.
class BodyBuffer {
public:
    explicit BodyBuffer(BodyBudget& budget) : budget_(budget) {}
    ~BodyBuffer() { release(); }
    BodyBuffer(const BodyBuffer&) = delete;
    BodyBuffer& operator=(const BodyBuffer&) = delete;

    /// Room for `bytes` in all, and the padding; false when the budget is spent.
    [[nodiscard]] bool reserve(std::size_t bytes);
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::span<char> room() { return {data_.get() + size_, capacity_ - size_}; }
    void commit(std::size_t bytes);
    void append(std::string_view bytes);
    void pad();
    [[nodiscard]] std::string_view bytes() const { return {data_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    void release();

private:
    BodyBudget& budget_;
    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
    std::size_t taken_ = 0;
};

}  // namespace pulse::net::detail
