#pragma once

#include "base/error.h"
#include "storage/records.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

enum class WhenFull : std::uint8_t { block, drop };
/// What an appended record outlives at once: the process, or the machine's power. The sync thread
/// makes all records durable within 50 ms either way; with `power` the writer says when.
enum class Durability : std::uint8_t { process, power };

struct SpoolSettings {
    std::filesystem::path path = "spool";
    std::uint64_t limit_bytes = std::uint64_t{4} << 30;
    WhenFull when_full = WhenFull::block;
    Durability durability = Durability::process;
    std::uint64_t segment_bytes = std::uint64_t{8} << 20;
    /// Shortest time between two syncs; they space themselves out, up to 50 ms, to take about 1 %
    /// of a core.
    std::chrono::milliseconds sync_interval{5};
};

struct SpoolMetrics {
    std::uint64_t records = 0;  ///< appended and not yet in the ledger
    std::uint64_t open = 0;     ///< admitted requests whose end the reader has not seen
    std::uint64_t bytes = 0;    ///< on disk
    double oldest_seconds = 0;
    std::uint64_t dropped = 0;
    std::uint64_t segments_left = 0;  ///< files that this process leaves as they are, see the log
};

/// A place in the spool: `offset` is behind a record.
struct SpoolPosition {
    std::string segment;  ///< file name
    std::uint64_t offset = 0;
};

/// Appends records of one worker to its own memory-mapped segment: a copy and a release store, no
/// system call. What was appended survives kill -9 of the process. Lives on one worker.
class SpoolWriter {
public:
    virtual ~SpoolWriter() = default;

    /// Takes room for one record of at most kRecordBytesMax, so that append() or admit() cannot
    /// fail later. Opens the next segment when needed. Errors: storage_unavailable (disk full, or
    /// the cap is reached and WhenFull::block).
    [[nodiscard]] virtual Result<void> reserve() = 0;
    /// Gives back room that was reserved and not used.
    virtual void release() = 0;
    /// Writes into reserved room. A record beyond kRecordBytesMax has its longest texts cut.
    virtual void append(const RequestRecord& record) = 0;
    /// Writes into reserved room that a request is under way, and what its row is should the
    /// process die before append() is given a record of the same id, which closes it.
    virtual void admit(const RequestRecord& row_if_lost) = 0;

    /// Stands for what was appended up to now.
    using Mark = std::uint64_t;
    [[nodiscard]] virtual Mark mark() const = 0;
    /// Does that outlive what Durability asks for? With `process` it always does.
    [[nodiscard]] virtual bool is_safe(Mark mark) const = 0;
    /// With Durability::power `synced` is called on the sync thread after each sync. Once, before
    /// the first append.
    virtual void notify(std::function<void()> synced) = 0;

    static constexpr std::size_t kRecordBytesMax = 8'192;
};

/// The directory of segments of one process: lock file, adoption of what a dead process left, cap,
/// sync thread. Format: docs/formats/spool.md. Thread-safe but for the writers.
class Spool {
public:
    /// Errors: storage_unavailable with path and reason; another living process holds the
    /// directory.
    [[nodiscard]] static Result<std::unique_ptr<Spool>> open(
        const SpoolSettings& settings, std::size_t workers);
    virtual ~Spool() = default;

    [[nodiscard]] virtual SpoolWriter& writer(std::size_t worker) = 0;

    /// A record found by the reader; views point into the mapping and live until delete_finished().
    struct Entry {
        std::string_view payload;
        SpoolPosition position;   ///< behind this record
        bool is_damaged = false;  ///< its checksum is wrong, though there are sound ones behind it
    };
    /// Reads up to `max` records of requests behind what was read before, over all segments in
    /// order; adopted segments first. A torn tail of an adopted segment ends it. What was admitted
    /// is kept account of on the way. `entries` is emptied first and keeps its memory. For one
    /// reader thread.
    virtual void read(std::size_t max, std::vector<Entry>& entries) = 0;
    /// Up to `max` of the requests that were admitted and have no end among what was read. Before
    /// this process admits its first one they are those of dead processes. Views live until
    /// forget_open().
    [[nodiscard]] virtual std::vector<Entry> open_admissions(std::size_t max) const = 0;
    /// These have ended in another way, which is in the ledger.
    virtual void forget_open(const std::vector<Entry>& admissions) = 0;
    /// Passes over a segment from here on; its file stays for the next start.
    virtual void leave(const std::string& segment) = 0;
    /// Where reading begins, from the ledger's own checkpoints, before the first read().
    virtual void resume(const std::vector<SpoolPosition>& checkpoints) = 0;
    /// Everything up to these positions is in the ledger. True when that finishes segments, which
    /// are kept until delete_finished(): a power cut may still undo it.
    [[nodiscard]] virtual bool written(const std::vector<SpoolPosition>& positions) = 0;
    /// What becomes of open admissions in finished segments: they keep their segments, or are
    /// copied into a small one first (docs/decisions/0012-open-reservations-stay-in-the-spool.md).
    enum class Open : std::uint8_t { keep, carry };
    /// The ledger is durable up to what written() was told: deletes the finished segments. Returns
    /// their names, whose checkpoints can go too.
    virtual std::vector<std::string> delete_finished(Open open) = 0;
    /// Blocks until something was appended or the time is over.
    virtual void wait(std::chrono::milliseconds at_most) = 0;
    [[nodiscard]] virtual SpoolMetrics metrics() const = 0;
};

}  // namespace pulse::storage
