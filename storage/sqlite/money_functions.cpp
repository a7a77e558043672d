#include "storage/sqlite/money_functions.h"

#include "base/money.h"

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace pulse::storage::sqlite {
namespace {

__extension__ using Uint128 = unsigned __int128;

/// SQLite's memory for one sum: zeroed before the first row.
struct Sum {
    // As bytes of no particular alignment would not do for 128 bits, the sum is kept in two words.
    std::uint64_t low;
    std::int64_t high;
};

[[nodiscard]] Int128 value_of(const Sum& sum) {
    return static_cast<Int128>((static_cast<Uint128>(sum.high) << 64U) | sum.low);
}

void set(Sum& sum, Int128 value) {
    sum.low = static_cast<std::uint64_t>(value);
    sum.high = static_cast<std::int64_t>(value >> 64U);
}

[[nodiscard]] Result<Money> amount_of(sqlite3_value* value) {
    const auto* const bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return Money::parse(std::string_view{bytes, bytes == nullptr ? 0 : size});
}

void answer(sqlite3_context* context, Money amount) {
    const std::string text = amount.to_string();
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void add_row(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    auto* const sum = static_cast<Sum*>(sqlite3_aggregate_context(context, sizeof(Sum)));
    if (sum == nullptr) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) {
        return;
    }
    const Result<Money> amount = amount_of(values[0]);
    Int128 total = 0;
    if (!amount) {
        sqlite3_result_error(context, "pulse_sum: not an amount", -1);
    } else if (__builtin_add_overflow(value_of(*sum), amount->pico(), &total)) {
        sqlite3_result_error(context, "pulse_sum: out of range", -1);
    } else {
        set(*sum, total);
    }
}

void finish_sum(sqlite3_context* context) {
    const auto* const sum = static_cast<const Sum*>(sqlite3_aggregate_context(context, 0));
    answer(context, Money::from_pico(sum == nullptr ? 0 : value_of(*sum)));
}

/// NULL where one of the two is, as SQL's own `+`.
void add(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    Money total;
    for (const int side : {0, 1}) {
        if (sqlite3_value_type(values[side]) == SQLITE_NULL) {
            return;
        }
        const Result<Money> amount = amount_of(values[side]);
        Int128 sum = 0;
        if (!amount) {
            sqlite3_result_error(context, "pulse_add: not an amount", -1);
            return;
        }
        if (__builtin_add_overflow(total.pico(), amount->pico(), &sum)) {
            sqlite3_result_error(context, "pulse_add: out of range", -1);
            return;
        }
        total = Money::from_pico(sum);
    }
    answer(context, total);
}

}  // namespace

int register_money_functions(sqlite3* database) {
    constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    const int added = sqlite3_create_function_v2(
        database, "pulse_add", 2, kFlags, nullptr, add, nullptr, nullptr, nullptr);
    if (added != SQLITE_OK) {
        return added;
    }
    return sqlite3_create_function_v2(
        database, "pulse_sum", 1, kFlags, nullptr, nullptr, add_row, finish_sum, nullptr);
}

}  // namespace pulse::storage::sqlite
