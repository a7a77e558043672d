#include "app/serve/backup_schedule.h"

#include "base/log.h"
#include "storage/backup/backup.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace pulse::app {

namespace {

using namespace std::chrono_literals;

// A process that lives for seconds (a test, a crash loop) is not worth a backup.
constexpr std::chrono::milliseconds kFirstWait = 10min;
constexpr std::chrono::milliseconds kWaitAfterFailure = 10min;

}  // namespace

BackupSchedule::BackupSchedule(const BackupSettings& settings, std::string store_url)
    : settings_(settings),
      store_url_(std::move(store_url)),
      folder_(settings.path, storage::backup_suffix(store_url_)) {
    if (settings_.every > 0ms) {
        thread_ = std::thread([this] {
            pthread_setname_np(pthread_self(), "backup");
            run();
        });
    }
}

BackupSchedule::~BackupSchedule() {
    stop();
}

void BackupSchedule::stop() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void BackupSchedule::run() {
    const SteadyTime first = system_clock().steady_now() + kFirstWait;
    for (;;) {
        const SteadyTime now = system_clock().steady_now();
        const SteadyTime due = std::max(now + wait_time(), first);
        {
            std::unique_lock lock(mutex_);
            if (changed_.wait_until(lock, due, [this] { return is_stopping_; })) {
                return;
            }
        }
        back_up();
    }
}

std::chrono::milliseconds BackupSchedule::wait_time() const {
    {
        const std::scoped_lock lock(mutex_);
        if (has_failed_) {
            return std::min(kWaitAfterFailure, settings_.every);
        }
    }
    const auto newest = folder_.newest();
    if (!newest) {
        return 0ms;
    }
    const auto age =
        std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().now() - *newest);
    // A clock that went back must not put the next one off for ever.
    return std::clamp(settings_.every - age, 0ms, settings_.every);
}

void BackupSchedule::back_up() {
    const std::filesystem::path file = folder_.path_of(system_clock().now());
    const auto report = storage::back_up(store_url_, file);
    if (report) {
        log_info("backed up", {{"file", file.string()}, {"bytes", std::to_string(report->bytes)}});
        if (auto kept = folder_.keep(static_cast<std::size_t>(settings_.keep)); !kept) {
            log_warn("an old backup stays", {{"error", kept.error().detail()}});
        }
    } else {
        log_error("not backed up", {{"file", file.string()}, {"error", report.error().detail()}});
    }
    const std::scoped_lock lock(mutex_);
    has_failed_ = !report;
    ++(report ? made_ : failed_);
}

BackupMetrics BackupSchedule::metrics() const {
    const auto newest = folder_.newest();
    const std::chrono::duration<double> age =
        newest ? system_clock().now() - *newest : TimePoint::duration::zero();
    const std::scoped_lock lock(mutex_);
    return {
        .is_on = settings_.every > 0ms,
        .made = made_,
        .failed = failed_,
        .age_seconds = std::max(age.count(), 0.0)};
}

}  // namespace pulse::app
