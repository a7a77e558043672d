#include "storage/ledger_writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "storage/tables/lost_requests.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace pulse::storage {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBackoffMin{100};
constexpr milliseconds kBackoffMax{5'000};
/// The longest sleep when nothing happens; stop() waits for its end.
constexpr milliseconds kIdleWait{100};
/// While the ledger catches up: so that others, such as the command line, get to write too.
constexpr milliseconds kBetweenFullBatches{1};

}  // namespace

LedgerWriter::LedgerWriter(Spool& spool, std::unique_ptr<Database> database, Settings settings)
    : spool_(spool),
      database_(std::move(database)),
      settings_(std::move(settings)),
      rejected_(settings_.rejected_path) {
    settings_.batch_records = std::max<std::size_t>(settings_.batch_records, 1);
}

LedgerWriter::~LedgerWriter() {
    stop(milliseconds{0});
}

Result<void> LedgerWriter::replay() {
    while (true) {
        const Result<std::size_t> written = write_batch();
        if (!written && leave_stuck_segment(written.error())) {
            continue;
        }
        note(written);
        if (!written) {
            return written.error();
        }
        if (*written == 0) {
            return write_lost();
        }
    }
}

/// The rows of requests that dead processes admitted and did not end. Their records stay where they
/// are until those are written: a crash in between repeats this, and what has a row keeps it.
Result<void> LedgerWriter::write_lost() {
    const std::vector<Spool::Entry> lost = spool_.open_admissions(SIZE_MAX);
    for (std::size_t begin = 0; begin < lost.size(); begin += settings_.batch_records) {
        const std::size_t size = std::min(settings_.batch_records, lost.size() - begin);
        const auto first = lost.begin() + static_cast<std::ptrdiff_t>(begin);
        batch_.assign(first, first + static_cast<std::ptrdiff_t>(size));
        decoded_ = 0;
        rows_.clear();
        Result<void> written = decode_batch();
        if (written) {
            written = write_rows({});
        }
        if (!written && !stuck_entry_) {
            return written;
        }
        if (written) {
            spool_.forget_open(batch_);
            metrics_.lost_written.fetch_add(size);
        } else {
            log_error(
                "ledger: admitted requests are left for the next start",
                {{"reason", written.error().detail()}});
        }
        batch_.clear();
    }
    stuck_entry_.reset();
    if (!lost.empty()) {
        log_warn(
            "ledger: requests were under way when an earlier process died; they cost what was "
            "reserved",
            {{"requests", std::to_string(lost.size())}});
        give_back({});
    }
    return {};
}

/// Goes on without the segment of a record that cannot be set aside, from that record on. False
/// when it was no record that failed.
bool LedgerWriter::leave_stuck_segment(const Error& reason) {
    if (!stuck_entry_) {
        return false;
    }
    const std::string segment = batch_[*stuck_entry_].position.segment;
    log_error(
        "ledger: a segment of the spool is left for the next start",
        {{"segment", segment}, {"reason", reason.detail()}});
    spool_.leave(segment);
    const auto first = batch_.begin() + static_cast<std::ptrdiff_t>(*stuck_entry_);
    batch_.erase(
        std::remove_if(
            first,
            batch_.end(),
            [&](const Spool::Entry& entry) { return entry.position.segment == segment; }),
        batch_.end());
    // The rest is decoded anew: rows name their entries by index.
    rows_.clear();
    decoded_ = 0;
    stuck_entry_.reset();
    return true;
}

void LedgerWriter::start() {
    is_live_ = true;
    thread_ = std::thread{&LedgerWriter::run, this};
    ::pthread_setname_np(thread_.native_handle(), "ledger");
}

void LedgerWriter::stop(milliseconds at_most) {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock{pause_mutex_};
        stop_by_ = std::chrono::steady_clock::now() + at_most;
        database_->give_up_by(stop_by_);
        stopping_.store(true);
    }
    stop_asked_.notify_one();
    thread_.join();
}

void LedgerWriter::run() {
    milliseconds backoff = kBackoffMin;
    while (true) {
        // First whether to stop, then the batch: what was appended before stop() is seen by the
        // last one.
        const bool stopping = stopping_.load();
        const Result<std::size_t> written = write_batch();
        note(written);
        if (stopping) {
            const std::lock_guard lock{pause_mutex_};
            if ((written && *written == 0) || std::chrono::steady_clock::now() >= stop_by_) {
                return;
            }
        }
        if (!written) {
            pause(backoff);
            backoff = std::min(backoff * 2, kBackoffMax);
            continue;
        }
        backoff = kBackoffMin;
        if (*written == settings_.batch_records) {
            pause(kBetweenFullBatches);
        } else if (!stopping) {
            spool_.wait(kIdleWait);
            pause(settings_.batch_wait);
        }
    }
}

/// While stopping it returns at once but for a moment, so that a database that is away is not asked
/// in a tight loop.
void LedgerWriter::pause(milliseconds time) {
    std::unique_lock lock{pause_mutex_};
    if (stopping_.load()) {
        stop_asked_.wait_for(lock, std::min(time, kIdleWait));
    } else {
        stop_asked_.wait_for(lock, time, [this] { return stopping_.load(); });
    }
}

void LedgerWriter::note(const Result<std::size_t>& written) {
    const bool was_up = metrics_.up.exchange(written.has_value());
    if (!written) {
        metrics_.failures.fetch_add(1);
        if (was_up) {
            log_error(
                "ledger: the database does not take rows; they stay in the spool",
                {{"reason", written.error().detail()}});
        }
    } else if (!was_up) {
        log_info("ledger: the database takes rows again");
    }
}

Result<std::size_t> LedgerWriter::write_batch() {
    stuck_entry_.reset();
    if (auto resumed = resume(); !resumed) {
        return resumed.error();
    }
    if (auto loaded = load_batch(); !loaded) {
        return loaded.error();
    }
    if (batch_.empty()) {
        give_back({});
        return std::size_t{0};
    }
    const std::vector<SpoolPosition> ends = batch_ends();
    if (auto taken = is_live_ ? Result<void>{} : take_back_lost_rows(); !taken) {
        return taken.error();
    }
    if (auto written = write_rows(ends); !written) {
        return written.error();
    }
    const std::size_t taken = batch_.size();
    give_back(ends);
    batch_.clear();
    return taken;
}

/// A segment that could not be read at an earlier start may hold the ends of what was written as
/// lost then. Taken back before the batch is written, and in the spool until it is: a crash in
/// between repeats it.
Result<void> LedgerWriter::take_back_lost_rows() {
    std::vector<Uuid> ids;
    for (const Row& row : rows_) {
        ids.push_back(row.record->record.id);
    }
    const auto taken = take_back_lost(database_->session(), ids);
    if (!taken) {
        return taken.error();
    }
    if (*taken > 0) {
        log_info(
            "ledger: the ends of requests written as lost were found",
            {{"requests", std::to_string(*taken)}});
    }
    return {};
}

/// Writes the rows of the batch, with the checkpoints, without those that the database cannot take.
Result<void> LedgerWriter::write_rows(const std::vector<SpoolPosition>& ends) {
    while (true) {
        std::vector<const DecodedRecord*> records;
        records.reserve(rows_.size());
        for (const Row& row : rows_) {
            records.push_back(row.record);
        }
        const Result<LedgerCounts> counts = database_->write(records, ends);
        if (!counts) {
            return counts.error();
        }
        if (counts->rejects.empty()) {
            metrics_.requests_written.fetch_add(counts->requests);
            metrics_.attempts_written.fetch_add(counts->attempts);
            metrics_.cost_events_written.fetch_add(counts->cost_events);
            return {};
        }
        // From behind, so that the indices still to come stay right. What is set aside leaves the
        // batch at once: a failure here repeats the rest only.
        for (auto reject = counts->rejects.rbegin(); reject != counts->rejects.rend(); ++reject) {
            if (auto aside = set_aside(rows_[reject->index].entry, reject->reason); !aside) {
                return aside;
            }
            rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(reject->index));
        }
    }
}

Result<void> LedgerWriter::resume() {
    if (!is_resumed_) {
        const Result<std::vector<SpoolPosition>> checkpoints = database_->checkpoints();
        if (!checkpoints) {
            return checkpoints.error();
        }
        spool_.resume(*checkpoints);
        is_resumed_ = true;
    }
    return {};
}

/// Reads and decodes the next batch, unless one is still to be written.
Result<void> LedgerWriter::load_batch() {
    if (batch_.empty()) {
        spool_.read(settings_.batch_records, batch_);
        decoded_ = 0;
        rows_.clear();
    }
    return decode_batch();
}

Result<void> LedgerWriter::decode_batch() {
    records_.resize(std::max(records_.size(), batch_.size()));
    for (; decoded_ < batch_.size(); ++decoded_) {
        DecodedRecord& record = records_[decoded_];
        const Spool::Entry& entry = batch_[decoded_];
        const Result<void> decoded =
            entry.is_damaged
                ? Result<void>{Error{Errc::corrupt_input, "damaged: its checksum is wrong"}}
                : decode(entry.payload, record);
        if (decoded) {
            rows_.push_back({decoded_, &record});
        } else if (auto aside = set_aside(decoded_, decoded.error().detail()); !aside) {
            return aside;
        }
    }
    return {};
}

Result<void> LedgerWriter::set_aside(std::size_t entry, const std::string& reason) {
    auto written = rejected_.append(batch_[entry], reason, system_clock().now());
    if (written) {
        metrics_.rejected.fetch_add(1);
    } else {
        stuck_entry_ = entry;
    }
    return written;
}

/// The last position in each segment of the batch.
std::vector<SpoolPosition> LedgerWriter::batch_ends() const {
    std::vector<SpoolPosition> ends;
    for (const Spool::Entry& entry : batch_) {
        const auto found = std::find_if(ends.begin(), ends.end(), [&](const SpoolPosition& end) {
            return end.segment == entry.position.segment;
        });
        if (found == ends.end()) {
            ends.push_back(entry.position);
        } else {
            found->offset = entry.position.offset;
        }
    }
    return ends;
}

void LedgerWriter::give_back(const std::vector<SpoolPosition>& ends) {
    // When it fails, it is tried again with the next batch; the segments stay until then.
    const Spool::Open open = is_live_ ? Spool::Open::carry : Spool::Open::keep;
    if (spool_.written(ends) && database_->make_durable()) {
        for (std::string& gone : spool_.delete_finished(open)) {
            gone_segments_.push_back(std::move(gone));
        }
    }
    // A checkpoint that stays behind harms nothing; its segment's name never comes again.
    if (!gone_segments_.empty() && database_->forget_checkpoints(gone_segments_)) {
        gone_segments_.clear();
    }
}

}  // namespace pulse::storage
