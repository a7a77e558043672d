#pragma once

struct sqlite3;

namespace pulse::storage::sqlite {

/// Registers `pulse_sum(amount)`, the exact sum of decimal texts as such text, '0' of no row, where
/// NULLs do not count, and `pulse_add(a, b)`, NULL where one of them is. An error where a text is
/// no amount or the sum leaves the range of Money. (SQLite's own sum and `+` would turn text into
/// floats.) Returns SQLite's code.
[[nodiscard]] int register_money_functions(sqlite3* database);

}  // namespace pulse::storage::sqlite
