#pragma once

#include "base/assert.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;

namespace pulse::storage::sqlite {

/// The values of one row, put in the order of their columns. Text is not copied: it must live until
/// the next row. Value; not thread-safe.
class BatchRow {
public:
    static constexpr std::size_t kColumnsMax = 60;

    void clear() { size_ = 0; }
    void null() { put({Kind::null, 0, nullptr}); }
    void integer(std::int64_t value) { put({Kind::integer, value, nullptr}); }
    void text(std::string_view text) {
        // SQLite takes text without an address for NULL.
        put({Kind::text, static_cast<std::int64_t>(text.size()), text.empty() ? "" : text.data()});
    }
    /// For text with a zero behind it, which SQLite need not copy to hand it to a function of a
    /// CHECK.
    void terminated(const std::string& text) { put({Kind::terminated, 0, text.c_str()}); }
    /// Empty text is "not said": NULL.
    void text_or_null(std::string_view value) { value.empty() ? null() : text(value); }

    enum class Kind : std::uint8_t { null, integer, text, terminated };
    struct Value {
        Kind kind = Kind::null;
        std::int64_t number = 0;  ///< the integer, or the text's size
        const char* data = nullptr;
    };
    /// `column` counts from 0; one that was not put is null.
    [[nodiscard]] Value value(std::size_t column) const {
        return column < size_ ? values_[column] : Value{};
    }

private:
    void put(Value value) {
        PULSE_ASSERT(size_ < kColumnsMax);
        values_[size_++] = value;
    }
    std::array<Value, kColumnsMax> values_;
    std::size_t size_ = 0;
};

/// Rows that a statement selects from, handed out one after the other.
class BatchRows {
public:
    /// A polite statement yields the processor every few rows. Where the workers share their cores
    /// with it, they wait for some rows then and not for the batch (measured on one core, 1000
    /// requests/s: of the worker's wake-ups 0.22 % waited longer than 1 ms for the ledger, none
    /// since; p99 of the answers 1.4 ms, now 0.6). It costs throughput where the cores are busy.
    enum class Pace : std::uint8_t { polite, fast };
    explicit BatchRows(Pace pace) : pace_(pace) {}
    BatchRows(const BatchRows&) = delete;
    BatchRows& operator=(const BatchRows&) = delete;
    virtual ~BatchRows() = default;
    virtual void rewind() = 0;
    /// False when there is no further one. `row` is empty.
    [[nodiscard]] virtual bool next(BatchRow& row) = 0;
    [[nodiscard]] Pace pace() const { return pace_; }

private:
    Pace pace_;
};

/// The type of the pointer that a statement's parameter must have (sqlite3_bind_pointer).
inline constexpr const char* kBatchRowsPointer = "pulse_batch";

/// Registers the table-valued function `pulse_batch(?)`: its columns c1, c2, … are those of the
/// BatchRows bound to its parameter. One INSERT … SELECT a batch instead of one INSERT a row saves
/// what each start of a statement costs: bindings, cursors, the search from the root, the halt.
/// Returns SQLite's code.
[[nodiscard]] int register_batch_table(sqlite3* database);

}  // namespace pulse::storage::sqlite
