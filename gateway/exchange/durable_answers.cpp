#include "gateway/exchange/durable_answers.h"

#include <algorithm>

namespace pulse::gateway {

DurableAnswers::DurableAnswers(net::Loop& loop, storage::SpoolWriter& spool)
    : loop_(loop), spool_(spool) {
    bell_->owner = this;
    spool_.notify([bell = bell_] {
        const std::lock_guard lock(bell->mutex);
        if (bell->owner != nullptr && bell->is_waited_for) {
            bell->is_waited_for = false;
            bell->owner->loop_.post([bell] {
                if (bell->owner != nullptr) {
                    bell->owner->let_go();
                }
            });
        }
    });
}

DurableAnswers::~DurableAnswers() {
    const std::lock_guard lock(bell_->mutex);
    bell_->owner = nullptr;
}

void DurableAnswers::wait(storage::SpoolWriter::Mark mark, DurableAnswer& answer) {
    waiting_.push_back({mark, &answer});
    {
        const std::lock_guard lock(bell_->mutex);
        bell_->is_waited_for = true;
    }
    if (spool_.is_safe(mark)) {
        loop_.post([bell = bell_] {  // the sync came in between, and rang for nobody
            if (bell->owner != nullptr) {
                bell->owner->let_go();
            }
        });
    }
}

void DurableAnswers::forget(DurableAnswer& answer) {
    std::erase_if(waiting_, [&answer](const Waiting& one) { return one.answer == &answer; });
}

void DurableAnswers::let_go() {
    while (!waiting_.empty() && spool_.is_safe(waiting_.front().mark)) {
        DurableAnswer& answer = *waiting_.front().answer;
        waiting_.pop_front();
        answer.on_durable();
    }
    if (!waiting_.empty()) {
        const std::lock_guard lock(bell_->mutex);
        bell_->is_waited_for = true;
    }
}

}  // namespace pulse::gateway
