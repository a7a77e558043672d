#include "storage/spool/sync_thread.h"

#include "base/log.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <utility>

namespace pulse::storage {
namespace {

/// After so many rounds without an append the thread sleeps until it is rung.
constexpr int kQuietRounds = 40;
constexpr std::chrono::milliseconds kSleepMax{1'000};
constexpr std::chrono::milliseconds kRetrySpares{200};

/// An fdatasync of a mapped file costs 60–250 µs of CPU here and the faults that follow it some 20
/// µs of the worker's, however little was written: at 1000 requests/s with two workers more than
/// all else that a request does. So syncs space themselves out to take about 1 % of a core, and no
/// record waits longer than kIntervalMax.
constexpr int kPauseOverCpu = 100;
constexpr std::chrono::milliseconds kIntervalMax{50};

[[nodiscard]] std::chrono::nanoseconds cpu_time_of_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

SyncThread::SyncThread(
    SegmentStore& store, SegmentList& segments, Doorbell& bell, const SpoolSettings& settings)
    : store_(store),
      segments_(segments),
      bell_(bell),
      interval_(settings.sync_interval),
      durability_(settings.durability) {}

SyncThread::~SyncThread() {
    stop();
}

void SyncThread::start(std::vector<SegmentWriter*> writers) {
    writers_ = std::move(writers);
    thread_ = std::thread{&SyncThread::run, this};
    ::pthread_setname_np(thread_.native_handle(), "sync");
}

void SyncThread::stop() {
    if (thread_.joinable()) {
        bell_.stop();
        thread_.join();
    }
}

void SyncThread::wait_for_append(
    std::chrono::milliseconds at_most, const std::function<bool()>& has_unread) {
    std::unique_lock lock{append_mutex_};
    appended_.wait_for(lock, at_most, has_unread);
}

void SyncThread::run() {
    while (!bell_.is_stopped()) {
        fill_spares();
        const auto cpu_before = cpu_time_of_thread();
        const bool has_synced = sync_segments();
        rest(has_synced, cpu_time_of_thread() - cpu_before);
    }
    static_cast<void>(sync_segments());
}

void SyncThread::rest(bool has_synced, std::chrono::nanoseconds cpu_used) {
    quiet_rounds_ = has_synced ? 0 : quiet_rounds_ + 1;
    const bool is_power = durability_ == Durability::power;
    if (is_power && has_synced && !is_failing_) {
        return;
    }
    if (quiet_rounds_ < kQuietRounds && !(is_power && !is_failing_)) {
        const auto fair =
            std::chrono::duration_cast<std::chrono::milliseconds>(cpu_used * kPauseOverCpu);
        bell_.pause(std::max(interval_, std::min(fair, kIntervalMax)));
    } else {
        bell_.sleep(kSleepMax, [this] { return has_unsynced(); });
    }
}

void SyncThread::fill_spares() {
    const auto now = std::chrono::steady_clock::now();
    for (SegmentWriter* const writer : writers_) {
        SpareSlot& spare = writer->spare();
        if (!spare.is_empty() || now < retry_spares_at_) {
            continue;
        }
        if (auto segment = store_.create()) {
            spare.put(std::move(*segment));
        } else {
            // Nobody is refused yet: the worker tries for itself when it needs the room, and says
            // so.
            retry_spares_at_ = now + kRetrySpares;
        }
    }
}

bool SyncThread::has_unsynced() const {
    for (const auto& segment : segments_.unsynced()) {
        if (!segment->is_synced()) {
            return true;
        }
    }
    return false;
}

bool SyncThread::sync_segments() {
    // First what was appended, then the segments: those hold all of it.
    std::vector<SpoolWriter::Mark> marks;
    for (const SegmentWriter* const writer : writers_) {
        marks.push_back(writer->appended());
    }
    const SegmentList::Segments segments = segments_.unsynced();
    bool any = false;
    bool all_synced = true;
    for (const auto& segment : segments) {
        any = any || !segment->is_synced();
    }
    if (any) {
        const std::lock_guard lock{append_mutex_};
        appended_.notify_one();
    }
    for (const auto& segment : segments) {
        const bool is_sealed =
            segment->sealed_end() != 0;  // before the sync, which then covers its last record
        if (!segment->is_synced()) {
            const bool is_synced = segment->sync();
            all_synced = all_synced && is_synced;
            report(is_synced);
        }
        if (is_sealed && segment->is_synced()) {
            segments_.forget_unsynced(*segment);
            segment->drop_pages();
        }
    }
    // A segment that came into use has to be found, too.
    all_synced = store_.sync_directory() && all_synced;
    for (std::size_t i = 0; all_synced && i < marks.size(); ++i) {
        writers_[i]->on_synced(marks[i]);
    }
    return any;
}

void SyncThread::report(bool synced) {
    if (synced == is_failing_) {
        is_failing_ = !synced;
        if (is_failing_) {
            log_error("spool: records cannot be made durable: the disk refuses fdatasync");
        } else {
            log_info("spool: records are durable again");
        }
    }
}

}  // namespace pulse::storage
