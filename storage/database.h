#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/migrations/migrate.h"
#include "storage/records.h"
#include "storage/spool/spool.h"
#include "storage/sql/session.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// A record that the database cannot take: `index` into what was to be written.
struct RejectedRecord {
    std::size_t index = 0;
    std::string reason;
};

/// What one write() added. With `rejects`, nothing was.
struct LedgerCounts {
    std::uint64_t requests = 0;
    std::uint64_t attempts = 0;
    std::uint64_t cost_events = 0;
    std::vector<RejectedRecord> rejects = {};  ///< ascending by index
};

/// What retention keeps: rows from before these times go, in whole days of requests and whole
/// months (UTC) of cost events. Unset: nothing goes.
struct RetentionCutoffs {
    std::optional<TimePoint> requests;
    std::optional<TimePoint> cost_events;
};

/// What one retain() took away.
struct RetentionCounts {
    std::uint64_t requests = 0;
    std::uint64_t cost_events = 0;
};

/// One connection to the database, of whichever engine. Blocking; one thread at a time.
class Database {
public:
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    virtual ~Database() = default;

    /// Brings the schema to this program's version. Errors: storage_unavailable; configuration when
    /// it is newer.
    [[nodiscard]] virtual Result<void> migrate_up() = 0;
    [[nodiscard]] virtual Result<void> migrate_down(bool all) = 0;
    [[nodiscard]] virtual Result<std::vector<MigrationStatus>> migration_status() = 0;

    /// Writes records and checkpoints in one transaction, which a power cut may undo, as a whole
    /// and with those behind it, until make_durable(); a record that is there already changes
    /// nothing. Where the database cannot take some of them, nothing is written and `rejects` names
    /// them: the caller sets them aside, durably, and writes the others. Errors:
    /// storage_unavailable, with nothing written.
    [[nodiscard]] virtual Result<LedgerCounts> write(
        std::span<const DecodedRecord* const> records,
        const std::vector<SpoolPosition>& checkpoints) = 0;
    /// What write() wrote outlives a power cut from here on. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<void> make_durable() = 0;
    [[nodiscard]] virtual Result<std::vector<SpoolPosition>> checkpoints() = 0;
    [[nodiscard]] virtual Result<void> forget_checkpoints(
        const std::vector<std::string>& segments) = 0;

    /// What the coming days need: PostgreSQL's partitions ahead of their time. Once at start and
    /// every hour; several processes may. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<void> maintain(TimePoint now) = 0;
    /// Takes what is older than the cut-offs, once what goes was compared with the rollups, and
    /// notes rows and totals in retention_drop, in the transactions that take it. Returns between
    /// two of them when `stop` says so. Errors: storage_unavailable; corrupt_input when rows and
    /// rollups differ: that stretch and those behind it stay.
    [[nodiscard]] virtual Result<RetentionCounts> retain(
        const RetentionCutoffs& cutoffs, TimePoint now, const std::function<bool()>& stop) = 0;

    /// From here on no call waits for the server beyond `time`, also none that is under way: for
    /// the end of a process. Thread-safe.
    virtual void give_up_by(std::chrono::steady_clock::time_point /*time*/) {}

    /// Everything but the ledger's writes: storage/tables/, storage/queries/. Lives as long as
    /// this.
    [[nodiscard]] virtual sql::Session& session() = 0;
};

/// Opens `sqlite:PATH` or `postgresql://…`, which connects when it is first needed. Errors:
/// storage_unavailable, configuration for an unknown scheme or a broken address.
[[nodiscard]] Result<std::unique_ptr<Database>> open_database(std::string_view url);

}  // namespace pulse::storage
