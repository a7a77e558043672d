#pragma once

#include "base/clock.h"
#include "net/loop.h"
#include "net/redis/client.h"
#include "net/redis/detail/call.h"
#include "net/redis/detail/connection.h"
#include "net/redis/detail/end_of_turn.h"

#include <memory>
#include <random>
#include <vector>

namespace pulse::net::redis::detail {

/// Connections that were closed, perhaps by what they called: they go when the turn ends.
class ClosedConnections final : private TurnTask {
public:
    explicit ClosedConnections(EndOfTurn& turn) : TurnTask(turn) {}
    /// Closes it; its owner hears no more of it.
    void take(std::unique_ptr<Connection> connection);

private:
    void at_end_of_turn() override { connections_.clear(); }
    std::vector<std::unique_ptr<Connection>> connections_;
};

/// What the parts of one client share. Lives on one worker.
struct Context {
    Context(
        Loop& loop_of_client,
        const Clock& clock_of_client,
        ClientSettings settings_of_client,
        NodeObserver* observer_of_client);

    Loop& loop;
    const Clock& clock;
    const ClientSettings settings;
    NodeObserver* const observer;  ///< may be null
    ClientMetrics metrics;
    EndOfTurn turn;
    ClosedConnections closed;
    CallTable calls;
    std::minstd_rand random;  ///< of back-off's jitter
};

}  // namespace pulse::net::redis::detail
