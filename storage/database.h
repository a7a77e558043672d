#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "base/uuid.h"
#include "storage/deferred.h"
#include "storage/records.h"
#include "storage/rerating.h"
#include "storage/spool/spool.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// A virtual key as it is stored: never the key itself. An empty `org` is stored as `default`.
struct KeyRow {
    std::string id;
    std::string hash_hex;  ///< SHA-256 of the key, 64 hex digits
    std::string prefix;
    std::string label;
    std::string org;
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string policy_json = "{}";
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
    TimePoint created_at;
    std::int64_t version = 1;
    bool bootstrap = false;
};

/// A request read back, owning its text.
struct StoredRequest {
    std::string bytes;  ///< what `record` points into
    DecodedRecord decoded;
};

/// What a key spent since `begin` (unset: ever).
struct SpentRow {
    std::string key_id;
    Money spent;
};

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
    std::vector<RejectedRecord> rejects;  ///< ascending by index
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
    struct MigrationStatus {
        std::int64_t version = 0;
        std::string name;
        bool applied = false;
    };
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

    /// A number that changes with every change of keys or policies.
    [[nodiscard]] virtual Result<std::int64_t> keys_version() = 0;
    [[nodiscard]] virtual Result<std::vector<KeyRow>> keys() = 0;
    [[nodiscard]] virtual Result<std::optional<KeyRow>> key(std::string_view id) = 0;
    /// Errors: invalid_request when a key with that hash exists (unless `row.bootstrap`, where it
    /// is left as it is).
    [[nodiscard]] virtual Result<void> insert_key(const KeyRow& row) = 0;
    /// Replaces all but id, created_at; bumps versions. Errors: not_found.
    [[nodiscard]] virtual Result<void> update_key(const KeyRow& row) = 0;

    [[nodiscard]] virtual Result<std::unique_ptr<StoredRequest>> request(const Uuid& id) = 0;
    [[nodiscard]] virtual Result<std::vector<SpentRow>> spent_since(
        std::optional<TimePoint> begin) = 0;

    /// Attempts that their provider bills, behind `after` and of requests with a smaller id than
    /// `end`, in order, at most `limit`. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<std::vector<BilledAttempt>> billed_attempts(
        BilledKind kind, const AttemptPlace& after, const Uuid& end, std::size_t limit) = 0;
    /// The ids of the keys that made a provider's objects, one for each in order; empty for one
    /// that nobody made here. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<std::vector<std::string>> object_owners(
        std::string_view provider, std::span<const std::string> objects) = 0;
    /// Deferred work whose provider is to be asked by `now`, at most `limit`. Errors:
    /// storage_unavailable.
    [[nodiscard]] virtual Result<std::vector<DeferredWork>> due_deferred(
        TimePoint now, std::size_t limit) = 0;
    /// Takes the work until then, and counts a try; false when somebody else took it since it was
    /// read. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<bool> claim_deferred(
        const DeferredWork& work, TimePoint until) = 0;
    /// When its provider is to be asked again. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<void> postpone_deferred(
        const DeferredWork& work, TimePoint next_at) = 0;
    /// The id of the row that bills it: `proposed`, or the one that was named before. Errors:
    /// storage_unavailable, not_found.
    [[nodiscard]] virtual Result<Uuid> name_deferred_bill(
        const DeferredWork& work, const Uuid& proposed) = 0;
    /// Has the provider of these objects asked at once, as far as they are work that is not billed
    /// yet; how many are. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<std::int64_t> hurry_deferred(
        std::string_view provider, std::span<const std::string> objects) = 0;
    /// How much deferred work is not billed yet. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<std::int64_t> open_deferred() = 0;
    /// What attempts without a known price there are since `begin`, those with the latest first, at
    /// most `limit` models. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<std::vector<UnpricedModel>> unpriced_models(
        TimePoint begin, std::size_t limit) = 0;
    /// Gives attempts, their cost events and their requests the new costs and keeps the old ones,
    /// in one transaction; the number of attempts that were changed. An attempt that is gone, or
    /// whose cost or status is another one than `before` says, is passed over. Errors:
    /// storage_unavailable, invalid_request for what is no cost; with nothing written.
    [[nodiscard]] virtual Result<std::uint64_t> apply_rerating(const ReratingBatch& batch) = 0;
};

/// Opens `sqlite:PATH`. Errors: storage_unavailable, configuration for an unknown scheme.
[[nodiscard]] Result<std::unique_ptr<Database>> open_database(std::string_view url);

}  // namespace pulse::storage
