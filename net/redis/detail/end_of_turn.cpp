#include "net/redis/detail/end_of_turn.h"

#include <algorithm>
#include <cstddef>

namespace pulse::net::redis::detail {

struct EndOfTurn::Tasks {
    std::vector<TurnTask*> waiting;  // null: taken back
    bool is_posted = false;

    static void run(const std::shared_ptr<Tasks>& tasks) {
        tasks->is_posted = false;
        std::vector<TurnTask*>& waiting = tasks->waiting;
        // Those that are added meanwhile are of the next turn, and posted by add().
        const std::size_t due = waiting.size();
        for (std::size_t i = 0; i < std::min(due, waiting.size()); ++i) {
            if (TurnTask* const task = waiting[i]) {
                waiting[i] = nullptr;
                task->is_requested_ = false;
                task->at_end_of_turn();
            }
        }
        waiting.erase(
            waiting.begin(),
            waiting.begin() + static_cast<std::ptrdiff_t>(std::min(due, waiting.size())));
    }
};

EndOfTurn::EndOfTurn(Loop& loop) : loop_(loop), tasks_(std::make_shared<Tasks>()) {}

EndOfTurn::~EndOfTurn() {
    tasks_->waiting.clear();
}

void EndOfTurn::add(TurnTask& task) {
    if (task.is_requested_) {
        return;
    }
    task.is_requested_ = true;
    tasks_->waiting.push_back(&task);
    if (!tasks_->is_posted) {
        tasks_->is_posted = true;
        loop_.post([tasks = tasks_] { Tasks::run(tasks); });
    }
}

void EndOfTurn::remove(TurnTask& task) {
    if (task.is_requested_) {
        std::replace(
            tasks_->waiting.begin(), tasks_->waiting.end(), &task, static_cast<TurnTask*>(nullptr));
    }
}

}  // namespace pulse::net::redis::detail
