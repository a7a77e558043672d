#include "app/serve/content_log.h"

#include "base/log.h"
#include "storage/redaction/redact.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace pulse::app {

namespace {

constexpr std::chrono::minutes kBetweenDrops{10};
constexpr std::size_t kDroppedAtOnce = 500;
constexpr std::chrono::milliseconds kGather{200};
constexpr std::chrono::milliseconds kRetry{1'000};
constexpr int kTries = 30;

[[nodiscard]] std::size_t bytes_of(const gateway::CallContent& content) {
    return sizeof content + content.request.capacity() + content.answer.capacity();
}

[[nodiscard]] storage::RequestContent row_of(const gateway::CallContent& content) {
    const auto text = [&content](const std::string& said) {
        return storage::stored_text(content.is_to_redact ? storage::redacted(said) : said);
    };
    return {
        .id = content.id,
        .request = text(content.request),
        .answer = text(content.answer),
        .is_request_cut = content.is_request_cut,
        .is_answer_cut = content.is_answer_cut,
        .is_redacted = content.is_to_redact};
}

}  // namespace

ContentLogThread::ContentLogThread(std::unique_ptr<storage::Database> database, Settings settings)
    : database_(std::move(database)),
      waiting_bytes_max_(settings.waiting_bytes_max),
      retention_(settings.retention) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "content");
        run();
    });
}

ContentLogThread::~ContentLogThread() {
    stop();
}

void ContentLogThread::take(gateway::CallContent content) {
    const std::size_t bytes = bytes_of(content);
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || waiting_bytes_ + bytes > waiting_bytes_max_) {
            metrics_.dropped.fetch_add(1);
            return;
        }
        waiting_bytes_ += bytes;
        waiting_.push_back(std::move(content));
        if (waiting_.size() > 1) {
            return;  // it is awake, or will look before it sleeps
        }
    }
    changed_.notify_one();
}

void ContentLogThread::keep_for(std::optional<std::chrono::milliseconds> retention) {
    const std::scoped_lock lock(mutex_);
    retention_ = retention;
}

void ContentLogThread::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void ContentLogThread::run() {
    SteadyTime dropped_at{};
    while (true) {
        if (const auto now = std::chrono::steady_clock::now();
            dropped_at == SteadyTime{} || now - dropped_at >= kBetweenDrops) {
            dropped_at = now;
            drop_old(system_clock().now());
        }
        const std::vector<gateway::CallContent> contents = wait_for_some();
        store(contents);
        std::size_t bytes = 0;
        for (const gateway::CallContent& content : contents) {
            bytes += bytes_of(content);
        }
        std::unique_lock lock(mutex_);
        waiting_bytes_ -= bytes;
        if (stopping_ && waiting_.empty()) {
            return;
        }
        if (!stopping_ && !contents.empty()) {
            changed_.wait_for(lock, kGather, [this] { return stopping_; });
        }
    }
}

std::vector<gateway::CallContent> ContentLogThread::wait_for_some() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kBetweenDrops, [this] { return stopping_ || !waiting_.empty(); });
    return std::exchange(waiting_, {});
}

void ContentLogThread::store(const std::vector<gateway::CallContent>& contents) {
    if (contents.empty()) {
        return;
    }
    std::vector<storage::RequestContent> rows;
    rows.reserve(contents.size());
    for (const gateway::CallContent& content : contents) {
        rows.push_back(row_of(content));
    }
    if (insert(rows)) {
        metrics_.written.fetch_add(rows.size());
    } else {
        metrics_.dropped.fetch_add(rows.size());
    }
}

/// Tries for half a minute while the database is away, once when the process ends.
bool ContentLogThread::insert(const std::vector<storage::RequestContent>& rows) {
    for (int tries = 1;; ++tries) {
        const auto inserted = storage::insert_content(database_->session(), rows);
        if (inserted) {
            return true;
        }
        metrics_.failures.fetch_add(1);
        std::unique_lock lock(mutex_);
        if (stopping_ || tries == kTries) {
            log_error(
                "content of calls could not be stored",
                {{"calls", std::to_string(rows.size())}, {"reason", inserted.error().detail()}});
            return false;
        }
        changed_.wait_for(lock, kRetry, [this] { return stopping_; });
    }
}

void ContentLogThread::drop_old(TimePoint now) {
    std::optional<std::chrono::milliseconds> retention;
    {
        const std::scoped_lock lock(mutex_);
        retention = retention_;
    }
    if (!retention || now.time_since_epoch() < *retention) {
        return;
    }
    while (true) {
        const auto gone =
            storage::delete_content_before(database_->session(), now - *retention, kDroppedAtOnce);
        if (!gone) {
            log_error("old content of calls stays for now", {{"reason", gone.error().detail()}});
            return;
        }
        const std::scoped_lock lock(mutex_);
        if (*gone < static_cast<std::int64_t>(kDroppedAtOnce) || stopping_) {
            return;
        }
    }
}

}  // namespace pulse::app
