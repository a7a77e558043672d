#include "app/serve/request_reader.h"

#include <pthread.h>

#include <chrono>

#include "storage/queries/request_json.h"

namespace pulse::app {

namespace {
constexpr std::chrono::milliseconds kLedgerWait{2'000};
constexpr std::chrono::milliseconds kAskAgain{40};
}  // namespace

RequestReader::RequestReader(std::unique_ptr<storage::Database> database) : database_(std::move(database)) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "lookup");
        run();
    });
}

RequestReader::~RequestReader() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void RequestReader::find(const Uuid& id, net::Loop& loop, Answer answer) {
    // A row that is older than the wait is in the ledger or nowhere.
    const auto now = std::chrono::system_clock::now();
    const bool is_fresh = id.time() + kLedgerWait > now && id.time() < now + kLedgerWait;
    const auto steady = std::chrono::steady_clock::now();
    {
        const std::scoped_lock lock(mutex_);
        if (questions_.size() < kWaitingMax) {
            questions_.push_back({id, &loop, std::move(answer), is_fresh ? steady + kLedgerWait : steady});
            changed_.notify_one();
            return;
        }
    }
    loop.post([answer = std::move(answer)] {
        answer(Error(Errc::overloaded, "Too many look-ups wait; ask again shortly."));
    });
}

bool RequestReader::try_answer(Question& question) {
    auto stored = database_->request(question.id);
    const bool is_final = std::chrono::steady_clock::now() >= question.until;
    if ((!stored || *stored == nullptr) && !is_final) {
        return false;
    }
    Result<std::optional<gateway::FoundRequest>> answer = std::optional<gateway::FoundRequest>{};
    if (!stored) {
        answer = stored.error();
    } else if (*stored != nullptr) {
        const storage::RequestRecord& record = (*stored)->decoded.record;
        answer = std::optional(
            gateway::FoundRequest{.key_id = std::string(record.key_id), .json = storage::to_json(record)});
    }
    question.loop->post([answer = std::move(answer), reply = std::move(question.answer)] { reply(answer); });
    return true;
}

void RequestReader::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (questions_.empty()) {
            changed_.wait(lock, [&] { return stopping_ || !questions_.empty(); });
            continue;
        }
        std::deque<Question> asked;
        asked.swap(questions_);
        lock.unlock();
        std::erase_if(asked, [&](Question& question) { return try_answer(question); });
        lock.lock();
        if (!asked.empty()) {
            for (Question& question : asked) {
                questions_.push_back(std::move(question));
            }
            changed_.wait_for(lock, kAskAgain, [&] { return stopping_; });
        }
    }
}

}  // namespace pulse::app
