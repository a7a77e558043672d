#include "app/serve/housekeeping.h"

#include "base/log.h"

#include <pthread.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace pulse::app {

namespace {

constexpr std::chrono::hours kEvery{1};

[[nodiscard]] std::optional<TimePoint> cutoff(
    const std::optional<std::chrono::milliseconds>& kept, TimePoint now) {
    if (!kept || now.time_since_epoch() < *kept) {
        return std::nullopt;
    }
    return now - *kept;
}

}  // namespace

storage::RetentionCutoffs retention_cutoffs(const Retention& retention, TimePoint now) {
    return {cutoff(retention.requests, now), cutoff(retention.cost_events, now)};
}

Housekeeping::Housekeeping(std::unique_ptr<storage::Database> database, const Retention& retention)
    : database_(std::move(database)), retention_(retention) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "housekeeping");
        run();
    });
}

Housekeeping::~Housekeeping() {
    stop();
}

void Housekeeping::adopt(const Retention& retention) {
    const std::scoped_lock lock(mutex_);
    retention_ = retention;
}

void Housekeeping::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Housekeeping::run() {
    while (!stopping_) {
        Retention retention;
        {
            const std::scoped_lock lock(mutex_);
            retention = retention_;
        }
        keep_house(retention, system_clock().now());
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kEvery, [this] { return stopping_.load(); });
    }
}

void Housekeeping::keep_house(const Retention& retention, TimePoint now) {
    const auto maintained = database_->maintain(now);
    if (!maintained) {
        log_error(
            "the database is not prepared for the coming days",
            {{"error", maintained.error().detail()}});
    }
    const auto taken = database_->retain(
        retention_cutoffs(retention, now), now, [this] { return stopping_.load(); });
    if (!taken) {
        log_error("not all that is too old was taken away", {{"error", taken.error().detail()}});
    } else {
        metrics_.requests_dropped.fetch_add(taken->requests);
        metrics_.cost_events_dropped.fetch_add(taken->cost_events);
        if (taken->requests + taken->cost_events > 0) {
            log_info(
                "rows that were too old are gone",
                {{"requests", std::to_string(taken->requests)},
                 {"cost_events", std::to_string(taken->cost_events)}});
        }
    }
    const bool is_done = maintained && taken;
    metrics_.up = is_done;
    metrics_.failures.fetch_add(is_done ? 0 : 1);
}

}  // namespace pulse::app
