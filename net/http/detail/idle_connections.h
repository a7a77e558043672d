#pragma once

#include "net/http/upstream_pool.h"
#include "net/loop.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace pulse::net::detail {

/// The connections of a pool that nobody uses, last in, first out. They are closed when the peer
/// closes or sends unasked, when they were idle for too long, and the longest idle when they are
/// too many. Lives on one worker.
class IdleConnections {
public:
    IdleConnections(
        Loop& loop, std::size_t connections_max, std::chrono::milliseconds idle_timeout);
    ~IdleConnections();

    void put(std::unique_ptr<UpstreamConnection> connection);
    /// The latest that is alive, or null.
    [[nodiscard]] std::unique_ptr<UpstreamConnection> take();
    /// Closes the longest idle. Not when empty.
    void drop_oldest();

    [[nodiscard]] std::size_t size() const { return idle_.size(); }
    [[nodiscard]] bool empty() const { return idle_.empty(); }

private:
    class Idle;

    void on_timer();
    void on_input(const Idle& idle);
    void drop(std::size_t index);

    std::size_t connections_max_;
    std::chrono::milliseconds idle_timeout_;
    std::deque<std::unique_ptr<Idle>> idle_;  // the longest idle first
    std::vector<std::unique_ptr<Idle>> spare_;
    Timer timer_;
};

}  // namespace pulse::net::detail
