#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/uuid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::storage::sql {

/// A row of a result, columns counted from 0. Views live until the next row. What a column does not
/// hold (no number, no time) reads as zero or nothing: the schema's checks keep it out, and money,
/// where it would matter, says so.
class Row {
public:
    Row() = default;
    Row(const Row&) = delete;
    Row& operator=(const Row&) = delete;
    virtual ~Row() = default;

    [[nodiscard]] virtual bool is_null(int column) const = 0;
    /// Empty for NULL.
    [[nodiscard]] virtual std::string_view text(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual bool boolean(int column) const = 0;
    [[nodiscard]] virtual TimePoint time(int column) const = 0;

    [[nodiscard]] std::string owned(int column) const { return std::string{text(column)}; }
    [[nodiscard]] std::optional<TimePoint> time_or_none(int column) const {
        return is_null(column) ? std::nullopt : std::optional{time(column)};
    }
    /// NULL is zero; none where the text is no amount.
    [[nodiscard]] std::optional<Money> money(int column) const;
    [[nodiscard]] std::optional<Uuid> uuid(int column) const { return Uuid::parse(text(column)); }
};

}  // namespace pulse::storage::sql
