#pragma once

#include "net/loop.h"

#include <memory>
#include <vector>

namespace pulse::net::redis::detail {

/// Something to do once when the loop has handled what is ready now. Destroying it takes it back.
class TurnTask;

/// Collects the tasks of one loop turn behind a single post(), so that what a turn issued is done
/// together. Lives on one worker.
class EndOfTurn {
public:
    explicit EndOfTurn(Loop& loop);
    ~EndOfTurn();
    EndOfTurn(const EndOfTurn&) = delete;
    EndOfTurn& operator=(const EndOfTurn&) = delete;

private:
    friend class TurnTask;
    struct Tasks;
    void add(TurnTask& task);
    void remove(TurnTask& task);

    Loop& loop_;
    std::shared_ptr<Tasks> tasks_;
};

class TurnTask {
public:
    explicit TurnTask(EndOfTurn& turn) : turn_(turn) {}
    TurnTask(const TurnTask&) = delete;
    TurnTask& operator=(const TurnTask&) = delete;

protected:
    virtual ~TurnTask() { turn_.remove(*this); }
    /// at_end_of_turn() will be called, once however often this is asked.
    void request() { turn_.add(*this); }

private:
    friend class EndOfTurn;
    virtual void at_end_of_turn() = 0;

    EndOfTurn& turn_;
    bool is_requested_ = false;
};

}  // namespace pulse::net::redis::detail
