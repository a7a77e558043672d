#pragma once

#include "base/clock.h"
#include "net/redis/client.h"
#include "net/redis/detail/fine_timer.h"
#include "net/redis/reply.h"
#include "net/redis/script.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::redis::detail {

struct Call;
class CallTable;

/// Where a call waits.
class CallHolder {
public:
    /// What it is to the caller that this call was not answered in time.
    [[nodiscard]] virtual Failure failure_of_missed(const Call& call) const = 0;
    /// Its caller has been told.
    virtual void on_missed() = 0;

protected:
    ~CallHolder() = default;
};

/// One command on its way. It lies in exactly one queue, and outlives a handler that no longer
/// waits: its reply still has to be taken out of the connection's order.
struct Call {
    Call() = default;
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    std::string bytes;               ///< as RESP, kept to be sent again
    const Script* script = nullptr;  ///< of an EVALSHA
    std::uint16_t slot = 0;
    bool has_slot = false;   ///< else any node will do
    bool is_asking = false;  ///< sent to a slot's importing node, behind ASKING
    bool is_sent = false;    ///< with a server, which may execute it
    std::uint8_t hops = 0;   ///< times that a server sent it elsewhere

    ReplyHandler* handler = nullptr;  ///< null: nobody waits any more
    CallHolder* holder = nullptr;     ///< where it waits
    CallTable* table = nullptr;
    SteadyTime due;
    Call* older = nullptr;  // in the order of deadlines, while somebody waits
    Call* newer = nullptr;
};
using CallPtr = std::unique_ptr<Call>;

/// The calls that somebody waits for, in the order of their deadlines, which all have the same
/// length; fails those that are due. Calls that ended are used again. Lives on one worker.
class CallTable {
public:
    CallTable(
        Loop& loop, const Clock& clock, std::chrono::milliseconds deadline, ClientMetrics& metrics);
    ~CallTable();
    CallTable(const CallTable&) = delete;
    CallTable& operator=(const CallTable&) = delete;

    /// A call for the handler, which must not be waiting; its bytes are empty.
    [[nodiscard]] CallPtr open(ReplyHandler& handler);
    /// One that nobody waits for.
    [[nodiscard]] CallPtr open_unheard();

    /// Ends a call; its handler hears of it, if it is still there.
    void reply(CallPtr call, const Reply& reply);
    void fail(CallPtr call, const Failure& failure);
    void discard(CallPtr call);

    static void forget(ReplyHandler& handler);
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    void link(Call& call);
    void unlink(Call& call);
    [[nodiscard]] ReplyHandler* detach(Call& call);
    void on_timer();
    void arm_for_oldest();

    const Clock& clock_;
    std::chrono::milliseconds deadline_;
    ClientMetrics& metrics_;
    FineTimer timer_;
    Call oldest_;  // the list's end on both sides
    std::size_t size_ = 0;
    std::vector<CallPtr> unused_;
};

}  // namespace pulse::net::redis::detail
