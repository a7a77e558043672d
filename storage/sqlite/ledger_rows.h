#pragma once

#include "storage/records.h"
#include "storage/sqlite/batch_table.h"

#include <cstddef>
#include <span>
#include <string>
#include <utility>

/// The rows that a batch of records becomes, one class per table; columns in the order of
/// ledger_sql.h. They point to the records, which stay where they are.
namespace pulse::storage::sqlite {

using Records = std::span<const DecodedRecord* const>;

/// Of ai_request_log: one per record.
class RequestRows final : public BatchRows {
public:
    RequestRows(Records records, Pace pace) : BatchRows(pace), records_(records) {}
    void rewind() override { next_ = 0; }
    [[nodiscard]] bool next(BatchRow& row) override;

private:
    Records records_;
    std::size_t next_ = 0;
    std::string id_;
    std::string estimated_cost_;
    std::string cost_;
    std::string stated_cost_;
    std::string quantities_;
};

/// The attempts of a batch, in order.
class AttemptCursor {
public:
    explicit AttemptCursor(Records records) : records_(records) {}
    void rewind() { record_ = attempt_ = 0; }
    /// Goes on to the next attempt; false when there is none.
    [[nodiscard]] bool next();
    [[nodiscard]] const RequestRecord& record() const { return records_[record_]->record; }
    [[nodiscard]] const AttemptRecord& attempt() const { return record().attempts[attempt_ - 1]; }
    /// From 1.
    [[nodiscard]] std::size_t number() const { return attempt_; }

private:
    Records records_;
    std::size_t record_ = 0;
    std::size_t attempt_ = 0;
};

/// Of ai_request_attempt: one per attempt.
class AttemptRows final : public BatchRows {
public:
    AttemptRows(Records records, Pace pace) : BatchRows(pace), at_(records) {}
    void rewind() override { at_.rewind(); }
    [[nodiscard]] bool next(BatchRow& row) override;

private:
    AttemptCursor at_;
    std::string request_id_;
    std::string cost_;
    std::string quantities_;
};

/// Of provider_object: one per record that made an object.
class ObjectRows final : public BatchRows {
public:
    ObjectRows(Records records, Pace pace) : BatchRows(pace), records_(records) {}
    void rewind() override { next_ = 0; }
    [[nodiscard]] bool next(BatchRow& row) override;

private:
    Records records_;
    std::size_t next_ = 0;
    std::string request_id_;
};

/// Of cost_event: one per attempt that its provider bills.
class CostEventRows final : public BatchRows {
public:
    CostEventRows(Records records, Pace pace) : BatchRows(pace), at_(records) {}
    void rewind() override { at_.rewind(); }
    [[nodiscard]] bool next(BatchRow& row) override;

private:
    AttemptCursor at_;
    std::string id_;
    std::string quantity_;
    std::string amount_;
    std::string request_id_;
};

}  // namespace pulse::storage::sqlite
