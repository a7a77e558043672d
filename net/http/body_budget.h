#pragma once

#include <atomic>
#include <cstddef>

namespace pulse::net {

/// One budget of memory for all bodies of the process. Bodies that fit into a connection's own
/// buffer are not counted. Thread-safe.
class BodyBudget {
public:
    explicit BodyBudget(std::size_t bytes_max) : left_(static_cast<std::ptrdiff_t>(bytes_max)) {}

    [[nodiscard]] bool try_take(std::size_t bytes) {
        const auto want = static_cast<std::ptrdiff_t>(bytes);
        if (left_.fetch_sub(want, std::memory_order_relaxed) >= want) {
            return true;
        }
        left_.fetch_add(want, std::memory_order_relaxed);
        return false;
    }
    void give_back(std::size_t bytes) {
        left_.fetch_add(static_cast<std::ptrdiff_t>(bytes), std::memory_order_relaxed);
    }

private:
    std::atomic<std::ptrdiff_t> left_;
};

}  // namespace pulse::net
