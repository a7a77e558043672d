#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/uuid.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::postgres {

struct Column {
    std::string_view name;
    std::string_view type;
};

/// Rows on their way to the server, their values put in the order of the columns: as one array per
/// column, for `unnest`, or as COPY's text. Value; not thread-safe.
class Batch {
public:
    enum class Form : std::uint8_t { arrays, copy };
    Batch(Form form, std::size_t columns);

    void null();
    void number(std::int64_t value);
    void boolean(bool value);
    /// UTF-8 without zero bytes.
    void text(std::string_view value);
    /// Empty text is "not said": NULL.
    void text_or_null(std::string_view value) { value.empty() ? null() : text(value); }
    void time(TimePoint value);
    void money(Money value);
    void uuid(const Uuid& value);
    void end_row();

    [[nodiscard]] std::size_t rows() const { return rows_; }
    /// Of the form `arrays`: a parameter per column. Ends the batch.
    [[nodiscard]] std::span<const char* const> parameters();
    /// Of the form `copy`.
    [[nodiscard]] std::string_view lines() const { return texts_.front(); }

private:
    /// Where the next value goes.
    [[nodiscard]] std::string& next();

    Form form_;
    std::size_t columns_;
    std::size_t column_ = 0;
    std::size_t rows_ = 0;
    std::vector<std::string> texts_;  ///< one per column, or a single one
    std::vector<const char*> parameters_;
};

}  // namespace pulse::storage::postgres
