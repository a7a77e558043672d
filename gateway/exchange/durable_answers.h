#pragma once

#include "net/loop.h"
#include "storage/spool/spool.h"

#include <deque>
#include <memory>
#include <mutex>

namespace pulse::gateway {

/// Waits for its row to be on the disk.
class DurableAnswer {
public:
    virtual void on_durable() = 0;

protected:
    ~DurableAnswer() = default;
};

/// With `store.spool.durability: power`: the answers of one worker whose last bytes wait until the
/// disk has their rows. One sync lets all go that it covers. Lives on one worker.
class DurableAnswers {
public:
    DurableAnswers(net::Loop& loop, storage::SpoolWriter& spool);
    DurableAnswers(const DurableAnswers&) = delete;
    DurableAnswers& operator=(const DurableAnswers&) = delete;
    ~DurableAnswers();

    /// `answer` is called when all that was appended up to `mark` is safe, unless it is forgotten
    /// before.
    void wait(storage::SpoolWriter::Mark mark, DurableAnswer& answer);
    void forget(DurableAnswer& answer);

private:
    struct Waiting {
        storage::SpoolWriter::Mark mark;
        DurableAnswer* answer;
    };
    /// What the sync thread holds on to: it may sync once more when this is gone.
    struct Bell {
        std::mutex mutex;
        DurableAnswers* owner = nullptr;
        bool is_waited_for = false;
    };
    void let_go();

    net::Loop& loop_;
    storage::SpoolWriter& spool_;
    std::deque<Waiting>
        waiting_;  ///< in the order of their marks; bounded by the requests in flight
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
};

}  // namespace pulse::gateway
