#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "storage/deferred.h"
#include "storage/records.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Work that goes on after its answer. Errors of all: storage_unavailable.
namespace pulse::storage {

/// What a record means for deferred work, if anything; within the transaction of its row. Errors
/// also: invalid_request for what cannot be stored.
[[nodiscard]] Result<void> note_deferred(sql::Session& session, const RequestRecord& record);

/// Whose provider is to be asked by `now`, at most `limit`.
[[nodiscard]] Result<std::vector<DeferredWork>> due_deferred(
    sql::Session& session, TimePoint now, std::size_t limit);
/// Takes the work until then, and counts a try; false when somebody else took it since it was read.
[[nodiscard]] Result<bool> claim_deferred(
    sql::Session& session, const DeferredWork& work, TimePoint until);
/// When its provider is to be asked again.
[[nodiscard]] Result<void> postpone_deferred(
    sql::Session& session, const DeferredWork& work, TimePoint next_at);
/// The id of the row that bills it: `proposed`, or the one that was named before. Errors also:
/// not_found.
[[nodiscard]] Result<Uuid> name_deferred_bill(
    sql::Session& session, const DeferredWork& work, const Uuid& proposed);
/// Has the provider of these objects asked at `now`, as far as they are work that is not billed
/// yet; how many are.
[[nodiscard]] Result<std::int64_t> hurry_deferred(
    sql::Session& session,
    std::string_view provider,
    std::span<const std::string> objects,
    TimePoint now);
/// How much of it is not billed yet.
[[nodiscard]] Result<std::int64_t> open_deferred(sql::Session& session);

}  // namespace pulse::storage
