#include "storage/sqlite/batch_table.h"

#include <sched.h>
#include <sqlite3.h>

#include <new>

namespace pulse::storage::sqlite {
namespace {

constexpr sqlite3_int64 kRowsBetweenYields = 16;
constexpr int kRowsColumn = 0;  // hidden: the function's argument

// SQLite knows its tables and cursors by their first member.
struct Table {
    sqlite3_vtab base;
};
struct Cursor {
    sqlite3_vtab_cursor base;
    BatchRows* rows;
    bool has_row;
    sqlite3_int64 row_number;
    BatchRow row;
};

[[nodiscard]] Cursor& cursor_of(sqlite3_vtab_cursor* cursor) {
    return *reinterpret_cast<Cursor*>(cursor);
}

int connect(
    sqlite3* database,
    void* /*data*/,
    int /*count*/,
    const char* const* /*arguments*/,
    sqlite3_vtab** out,
    char** /*error*/) {
    std::string declaration = "CREATE TABLE pulse_batch (batch_rows HIDDEN";
    for (std::size_t column = 1; column <= BatchRow::kColumnsMax; ++column) {
        declaration.append(", c").append(std::to_string(column));
    }
    declaration.append(")");
    if (const int code = sqlite3_declare_vtab(database, declaration.c_str()); code != SQLITE_OK) {
        return code;
    }
    // The rows are our own objects: out of reach of what a database's file may say.
    if (const int code = sqlite3_vtab_config(database, SQLITE_VTAB_DIRECTONLY); code != SQLITE_OK) {
        return code;
    }
    auto* const table = new (std::nothrow) Table{};
    if (table == nullptr) {
        return SQLITE_NOMEM;
    }
    *out = &table->base;
    return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
    delete reinterpret_cast<Table*>(table);
    return SQLITE_OK;
}

int plan(sqlite3_vtab* /*table*/, sqlite3_index_info* info) {
    for (int i = 0; i < info->nConstraint; ++i) {
        const auto& constraint = info->aConstraint[i];
        if (constraint.iColumn == kRowsColumn && constraint.usable != 0 &&
            constraint.op == SQLITE_INDEX_CONSTRAINT_EQ) {
            info->aConstraintUsage[i].argvIndex = 1;
            info->aConstraintUsage[i].omit = 1;
            info->estimatedCost = 1;
            return SQLITE_OK;
        }
    }
    return SQLITE_CONSTRAINT;
}

int open_cursor(sqlite3_vtab* /*table*/, sqlite3_vtab_cursor** out) {
    auto* const cursor = new (std::nothrow) Cursor{};
    if (cursor == nullptr) {
        return SQLITE_NOMEM;
    }
    *out = &cursor->base;
    return SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
    delete &cursor_of(cursor);
    return SQLITE_OK;
}

int next_row(sqlite3_vtab_cursor* at) {
    Cursor& cursor = cursor_of(at);
    cursor.row.clear();
    cursor.has_row = cursor.rows != nullptr && cursor.rows->next(cursor.row);
    ++cursor.row_number;
    if (cursor.has_row && cursor.row_number % kRowsBetweenYields == 0 &&
        cursor.rows->pace() == BatchRows::Pace::polite) {
        ::sched_yield();
    }
    return SQLITE_OK;
}

int first_row(
    sqlite3_vtab_cursor* at,
    int /*plan*/,
    const char* /*plan_text*/,
    int count,
    sqlite3_value** values) {
    Cursor& cursor = cursor_of(at);
    cursor.rows = count == 1
                      ? static_cast<BatchRows*>(sqlite3_value_pointer(values[0], kBatchRowsPointer))
                      : nullptr;
    if (cursor.rows != nullptr) {
        cursor.rows->rewind();
    }
    cursor.row_number = 0;
    return next_row(at);
}

int is_end(sqlite3_vtab_cursor* at) {
    return cursor_of(at).has_row ? 0 : 1;
}

int column(sqlite3_vtab_cursor* at, sqlite3_context* context, int index) {
    if (index == kRowsColumn) {
        return SQLITE_OK;
    }
    const BatchRow::Value value = cursor_of(at).row.value(static_cast<std::size_t>(index) - 1);
    switch (value.kind) {
        case BatchRow::Kind::null:
            break;
        case BatchRow::Kind::integer:
            sqlite3_result_int64(context, value.number);
            break;
        case BatchRow::Kind::text:
            sqlite3_result_text(context, value.data, static_cast<int>(value.number), SQLITE_STATIC);
            break;
        case BatchRow::Kind::terminated:
            sqlite3_result_text(context, value.data, -1, SQLITE_STATIC);
            break;
    }
    return SQLITE_OK;
}

int row_number(sqlite3_vtab_cursor* at, sqlite3_int64* out) {
    *out = cursor_of(at).row_number;
    return SQLITE_OK;
}

/// Without xCreate: there is one such table, and nobody makes it.
[[nodiscard]] sqlite3_module make_module() {
    sqlite3_module module{};
    module.xConnect = connect;
    module.xBestIndex = plan;
    module.xDisconnect = disconnect;
    module.xOpen = open_cursor;
    module.xClose = close_cursor;
    module.xFilter = first_row;
    module.xNext = next_row;
    module.xEof = is_end;
    module.xColumn = column;
    module.xRowid = row_number;
    return module;
}

}  // namespace

int register_batch_table(sqlite3* database) {
    static const sqlite3_module module = make_module();
    return sqlite3_create_module_v2(database, "pulse_batch", &module, nullptr, nullptr);
}

}  // namespace pulse::storage::sqlite
