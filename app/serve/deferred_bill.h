#pragma once

#include "base/clock.h"
#include "base/uuid.h"
#include "gateway/routing/routes.h"
#include "llm/objects/batch_output.h"
#include "storage/deferred.h"
#include "storage/records.h"

#include <optional>
#include <string>
#include <vector>

namespace pulse::app {

/// How deferred work ended, and what it used. Value; not thread-safe.
struct DeferredEnd {
    storage::Outcome outcome = storage::Outcome::answered;
    int status = 0;             ///< the provider's HTTP status, of what says it
    std::string error_code;     ///< why it is not whole; empty: it is
    std::string finish_reason;  ///< the provider's word
    std::string tier;           ///< that served it
    std::vector<llm::ModelUse> models;
    std::optional<Money> stated_cost;
};

/// A model's part of what deferred work cost.
struct BilledModel {
    std::string model;
    Usage usage;
    Money cost;
};

/// The rows that bill deferred work, in the order in which they are to be written; the last one
/// ends it. More than one where it used more models than a row has attempts. Owns what they point
/// to, but for `maker`, which must outlive it. Value; not thread-safe, not to be moved.
class DeferredBill {
public:
    /// `id` is the first row's, and those behind it follow from it: billed again, they are the same
    /// rows. `maker` is the row that began the work.
    DeferredBill(
        const gateway::Routes& routes,
        const gateway::Provider* provider,
        const storage::DeferredWork& work,
        const storage::RequestRecord& maker,
        const Uuid& id,
        const DeferredEnd& end);
    DeferredBill(const DeferredBill&) = delete;
    DeferredBill& operator=(const DeferredBill&) = delete;
    ~DeferredBill() = default;

    [[nodiscard]] const std::vector<storage::RequestRecord>& rows() const { return rows_; }
    [[nodiscard]] const std::vector<BilledModel>& models() const { return models_; }
    [[nodiscard]] Money cost() const { return cost_; }

private:
    void rate(
        const gateway::Routes& routes,
        const gateway::Provider* provider,
        const storage::RequestRecord& maker);
    void write_rows(const storage::DeferredWork& work, const storage::RequestRecord& maker);

    Uuid id_;
    DeferredEnd end_;
    std::string provider_;
    std::string object_id_;
    std::string price_version_;
    std::vector<BilledModel> models_;
    std::vector<storage::AttemptRecord> attempts_;
    std::vector<storage::RequestRecord> rows_;
    Money cost_;
};

}  // namespace pulse::app
