#pragma once

#include "storage/rollup/fields.h"
#include "storage/sqlite/batch_table.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace pulse::storage::sqlite {

/// Rows of a rollup, as the batch table hands them out. They stay where they are.
template <class Row>
class RollupRows final : public BatchRows {
public:
    RollupRows(const std::vector<Row>& rows, Pace pace) : BatchRows(pace), rows_(rows) {}
    void rewind() override { next_ = 0; }
    [[nodiscard]] bool next(BatchRow& out) override {
        if (next_ == rows_.size()) {
            return false;
        }
        const Row& row = rows_[next_++];
        out.integer(row.begins_at.time_since_epoch().count());
        auto put_text = [&out](std::string_view text) {
            out.text(text);
        };
        detail::visit_dimensions(row.of, put_text);
        PutSum put_sum{out, amounts_};
        detail::visit_sums(row.sums, put_sum);
        return true;
    }

private:
    static constexpr std::size_t kAmountsMax = 3;
    struct PutSum {
        BatchRow& out;
        std::array<std::string, kAmountsMax>& amounts;
        std::size_t used = 0;
        void operator()(std::int64_t count) { out.integer(count); }
        void operator()(Money amount) {
            std::string& room = amounts.at(used++);
            room.clear();
            amount.append_to(room);
            out.terminated(room);
        }
    };

    const std::vector<Row>& rows_;
    std::size_t next_ = 0;
    std::array<std::string, kAmountsMax> amounts_;  ///< of the row that was handed out last
};

}  // namespace pulse::storage::sqlite
