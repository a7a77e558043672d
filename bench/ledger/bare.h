#pragma once

#include "base/error.h"
#include "storage/records.h"

#include <memory>
#include <span>
#include <string_view>

namespace pulse::bench {

/// Tables with the columns of the log, its attempts and events, and neither checks nor indexes, in
/// the same database.
class BareTable {
public:
    BareTable() = default;
    BareTable(const BareTable&) = delete;
    BareTable& operator=(const BareTable&) = delete;
    virtual ~BareTable() = default;
    /// Makes the bytes of a batch, which are not measured.
    virtual void prepare(std::span<const storage::DecodedRecord* const> records) = 0;
    /// Inserts them in a transaction.
    [[nodiscard]] virtual Result<void> insert() = 0;
};

/// After the migrations. Errors: storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<BareTable>> open_bare_table(std::string_view url);

}  // namespace pulse::bench
