#include "bench/ledger/bare.h"

#include "storage/postgres/address.h"
#include "storage/postgres/batch.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/ledger_rows.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/ledger_rows.h"

#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulse::bench {
namespace {

using storage::DecodedRecord;

class BarePostgres final : public BareTable {
public:
    explicit BarePostgres(storage::postgres::Connection connection)
        : connection_(std::move(connection)) {}

    [[nodiscard]] Result<void> create() {
        for (Part& part : parts_) {
            std::string names;
            for (const auto& column : part.target.columns) {
                names.append(names.empty() ? "" : ", ").append(column.name);
            }
            const std::string bare = "bench_" + std::string{part.target.table};
            part.copy = "COPY " + bare + " (" + names + ") FROM STDIN";
            if (auto made = connection_.script(
                    "DROP TABLE IF EXISTS " + bare + "; CREATE TABLE " + bare + " AS SELECT " +
                    names + " FROM " + std::string{part.target.table} + " WHERE false");
                !made) {
                return made;
            }
        }
        return {};
    }
    void prepare(std::span<const DecodedRecord* const> records) override {
        for (Part& part : parts_) {
            part.batch.emplace(storage::postgres::Batch::Form::copy, part.target.columns.size());
            part.put(*part.batch, records);
        }
    }
    Result<void> insert() override {
        if (auto begun = connection_.begin(); !begun) {
            return begun;
        }
        for (const Part& part : parts_) {
            if (auto copied = connection_.copy_in(part.copy.c_str(), part.batch->lines());
                !copied) {
                return copied;
            }
        }
        return connection_.commit();
    }

private:
    struct Part {
        const storage::postgres::BatchTarget& target;
        void (*put)(storage::postgres::Batch&, storage::postgres::Records);
        std::string copy;
        std::optional<storage::postgres::Batch> batch;
    };
    storage::postgres::Connection connection_;
    Part parts_[3] = {
        {storage::postgres::request_target(), storage::postgres::put_requests, {}, {}},
        {storage::postgres::attempt_target(), storage::postgres::put_attempts, {}, {}},
        {storage::postgres::cost_event_target(), storage::postgres::put_cost_events, {}, {}}};
};

class BareSqlite final : public BareTable {
public:
    explicit BareSqlite(storage::sqlite::Connection connection)
        : connection_(std::move(connection)) {}

    [[nodiscard]] Result<void> create() {
        for (Part& part : parts_) {
            std::string columns;
            std::string parameters;
            for (std::size_t column = 1; column <= part.columns; ++column) {
                columns.append(column == 1 ? "c" : ", c").append(std::to_string(column));
                parameters.append(column == 1 ? "?" : ", ?").append(std::to_string(column));
            }
            const std::string bare = "bench_" + std::string{part.name};
            const std::string create =
                "DROP TABLE IF EXISTS " + bare + "; CREATE TABLE " + bare + " (" + columns + ")";
            if (auto made = connection_.execute(create.c_str()); !made) {
                return made;
            }
            auto prepared =
                connection_.prepare("INSERT INTO " + bare + " VALUES (" + parameters + ")");
            if (!prepared) {
                return prepared.error();
            }
            part.insert = std::move(*prepared);
        }
        return {};
    }
    void prepare(std::span<const DecodedRecord* const> records) override {
        constexpr auto kFast = storage::sqlite::BatchRows::Pace::fast;
        storage::sqlite::RequestRows requests{records, kFast};
        storage::sqlite::AttemptRows attempts{records, kFast};
        storage::sqlite::CostEventRows events{records, kFast};
        storage::sqlite::BatchRows* const sources[] = {&requests, &attempts, &events};
        for (std::size_t i = 0; i < std::size(sources); ++i) {
            Part& part = parts_[i];
            part.values.clear();
            storage::sqlite::BatchRow row;
            for (; sources[i]->next(row); row.clear()) {
                for (std::size_t column = 0; column < part.columns; ++column) {
                    part.values.push_back(owned(row.value(column)));
                }
            }
        }
    }
    Result<void> insert() override {
        auto transaction = storage::sqlite::Transaction::begin(
            connection_, storage::sqlite::Transaction::Durable::at_sync);
        if (!transaction) {
            return transaction.error();
        }
        for (Part& part : parts_) {
            for (std::size_t at = 0; at < part.values.size(); at += part.columns) {
                for (std::size_t column = 0; column < part.columns; ++column) {
                    bind(part.insert, static_cast<int>(column) + 1, part.values[at + column]);
                }
                if (auto run = connection_.run(part.insert); !run) {
                    return run;
                }
            }
        }
        if (auto committed = transaction->commit(); !committed) {
            return committed;
        }
        return connection_.sync_log();
    }

private:
    struct Owned {
        storage::sqlite::BatchRow::Kind kind;
        std::int64_t number;
        std::string text;
    };
    struct Part {
        std::string_view name;
        std::size_t columns;  ///< that its rows have values for
        storage::sqlite::Statement insert;
        std::vector<Owned> values;
    };
    [[nodiscard]] static Owned owned(const storage::sqlite::BatchRow::Value& value) {
        using Kind = storage::sqlite::BatchRow::Kind;
        if (value.kind == Kind::text) {
            return {Kind::text, 0, std::string{value.data, static_cast<std::size_t>(value.number)}};
        }
        if (value.kind == Kind::terminated) {
            return {Kind::text, 0, value.data};
        }
        return {value.kind, value.number, {}};
    }
    static void bind(storage::sqlite::Statement& statement, int index, const Owned& value) {
        using Kind = storage::sqlite::BatchRow::Kind;
        switch (value.kind) {
            case Kind::null:
                statement.bind_null(index);
                break;
            case Kind::integer:
                statement.bind(index, value.number);
                break;
            default:
                statement.bind(index, std::string_view{value.text});
        }
    }

    storage::sqlite::Connection connection_;
    Part parts_[3] = {
        {"ai_request_log", 52, {}, {}},
        {"ai_request_attempt", 28, {}, {}},
        {"cost_event", 17, {}, {}}};
};

template <class Table, class Connection>
[[nodiscard]] Result<std::unique_ptr<BareTable>> made(Result<Connection> connection) {
    if (!connection) {
        return connection.error();
    }
    auto table = std::make_unique<Table>(std::move(*connection));
    if (auto created = table->create(); !created) {
        return created.error();
    }
    return std::unique_ptr<BareTable>{std::move(table)};
}

}  // namespace

Result<std::unique_ptr<BareTable>> open_bare_table(std::string_view url) {
    if (storage::postgres::is_address(url)) {
        return made<BarePostgres>(storage::postgres::Connection::make(url));
    }
    return made<BareSqlite>(
        storage::sqlite::Connection::open(std::string{url.substr(url.find(':') + 1)}));
}

}  // namespace pulse::bench
