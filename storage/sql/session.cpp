#include "storage/sql/session.h"

#include <utility>

namespace pulse::storage::sql {

Result<Transaction> Transaction::begin(Session& session) {
    if (auto begun = session.begin(); !begun) {
        return begun.error();
    }
    return Transaction{session};
}

Transaction::Transaction(Transaction&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)) {}

Transaction::~Transaction() {
    if (session_ != nullptr) {
        session_->roll_back();
    }
}

Result<void> Transaction::commit() {
    auto committed = session_->commit();
    if (committed) {
        session_ = nullptr;
    }
    return committed;
}

std::optional<Money> Row::money(int column) const {
    if (is_null(column)) {
        return Money{};
    }
    const Result<Money> parsed = Money::parse(text(column));
    return parsed ? std::optional{*parsed} : std::nullopt;
}

}  // namespace pulse::storage::sql
