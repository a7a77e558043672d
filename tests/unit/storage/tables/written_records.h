#pragma once

#include "storage/database.h"
#include "storage/records.h"
#include "tests/unit/storage/engines.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::tests {

/// Writes them as the ledger does, through the spool's form; each has to be new where `all_new`.
inline LedgerCounts write_records(Database& database, const std::vector<RequestRecord>& records) {
    std::deque<std::string> bytes;
    std::deque<DecodedRecord> decoded(records.size());
    std::vector<const DecodedRecord*> pointers;
    for (std::size_t i = 0; i < records.size(); ++i) {
        encode(records[i], bytes.emplace_back());
        EXPECT_TRUE(decode(bytes.back(), decoded[i]));
        pointers.push_back(&decoded[i]);
    }
    const auto counts = database.write(pointers, {});
    EXPECT_TRUE(counts) << counts.error().detail();
    EXPECT_TRUE(!counts || counts->rejects.empty());
    return counts ? *counts : LedgerCounts{};
}

/// All rows, a line each, columns separated by blanks, NULL as `-`. `kinds` has a letter for each
/// column: `t` text, `m` money, which the engines write in different ways, `u` a time in
/// microseconds.
[[nodiscard]] inline std::string lines(
    sql::Session& session,
    std::string_view statement,
    std::string_view kinds,
    std::initializer_list<sql::Value> parameters = {}) {
    std::string text;
    const auto read = session.each(statement, parameters, [&](const sql::Row& row) {
        text.append(text.empty() ? "" : "\n");
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            const int column = static_cast<int>(i);
            text.append(i == 0 ? "" : " ");
            if (row.is_null(column)) {
                text.append("-");
            } else if (kinds[i] == 'm') {
                text.append(row.money(column)->to_string());
            } else if (kinds[i] == 'u') {
                text.append(std::to_string(row.time(column).time_since_epoch().count()));
            } else {
                text.append(row.text(column));
            }
        }
    });
    return read ? text : read.error().detail();
}

}  // namespace pulse::storage::tests
