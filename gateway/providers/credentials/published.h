#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace pulse::gateway {

/// A value that one thread replaces now and then and any thread reads without waiting: the reader
/// counts himself in, takes what is shown and counts himself out; the writer changes what is
/// hidden, shows it, and waits until nobody can still be reading the other.
/// (std::atomic<std::shared_ptr> is a race to ThreadSanitizer under g++ 12.) Thread-safe; one
/// writer at a time. Source: Ramalhete and Correia, "Left-Right: A Concurrency Control Technique
/// with Wait-Free Population Oblivious Reads", 2013, §3.
template <class T>
class Published {
public:
    explicit Published(std::shared_ptr<const T> first) : slots_{first, first} {}

    [[nodiscard]] std::shared_ptr<const T> read() const {
        std::atomic<int>& readers = readers_[generation_.load()];
        readers.fetch_add(1);
        std::shared_ptr<const T> copy = slots_[shown_.load()];
        readers.fetch_sub(1);
        return copy;
    }

    void publish(std::shared_ptr<const T> next) {
        const unsigned shown = shown_.load();
        slots_[1 - shown] = next;
        shown_.store(1 - shown);
        const unsigned generation = generation_.load();
        wait_for_readers(1 - generation);
        generation_.store(1 - generation);
        wait_for_readers(generation);
        slots_[shown] = std::move(next);
    }

private:
    void wait_for_readers(unsigned generation) const {
        while (readers_[generation].load() != 0) {
            std::this_thread::yield();
        }
    }

    std::array<std::shared_ptr<const T>, 2> slots_;
    std::atomic<unsigned> shown_{0};
    std::atomic<unsigned> generation_{0};
    mutable std::array<std::atomic<int>, 2> readers_{};
};

}  // namespace pulse::gateway
