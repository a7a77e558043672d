#include "storage/sqlite/session.h"

#include "base/assert.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>
#include <variant>

namespace pulse::storage::sqlite {
namespace {

class SqliteRow final : public sql::Row {
public:
    explicit SqliteRow(const Statement& statement) : statement_(statement) {}
    [[nodiscard]] bool is_null(int column) const override { return statement_.is_null(column); }
    [[nodiscard]] std::string_view text(int column) const override {
        return statement_.text(column);
    }
    [[nodiscard]] std::int64_t integer(int column) const override {
        return statement_.integer(column);
    }
    [[nodiscard]] bool boolean(int column) const override {
        return statement_.integer(column) != 0;
    }
    [[nodiscard]] TimePoint time(int column) const override {
        return TimePoint{std::chrono::microseconds{statement_.integer(column)}};
    }

private:
    const Statement& statement_;
};

/// N of `$N`, which SQLite takes for a name.
[[nodiscard]] std::size_t number_of(const char* name) {
    std::size_t number = 0;
    const std::string_view text = name == nullptr ? std::string_view{} : std::string_view{name};
    PULSE_ASSERT(text.starts_with('$'));
    const auto parsed = std::from_chars(text.data() + 1, text.data() + text.size(), number);
    PULSE_ASSERT(parsed.ptr == text.data() + text.size() && number > 0);
    return number;
}

/// The text is not copied: parameters live as long as the run.
void bind(Statement& statement, int parameter, const sql::Value& value) {
    struct Binder {
        Statement& statement;
        int parameter;
        void operator()(std::monostate /*null*/) const { statement.bind_null(parameter); }
        void operator()(std::int64_t number) const { statement.bind(parameter, number); }
        void operator()(bool flag) const { statement.bind(parameter, std::int64_t{flag}); }
        void operator()(const std::string& text) const {
            statement.bind(parameter, std::string_view{text});
        }
        void operator()(TimePoint time) const {
            statement.bind(parameter, std::int64_t{time.time_since_epoch().count()});
        }
    };
    std::visit(Binder{statement, parameter}, value.held());
}

}  // namespace

class SqliteSession::Run {
public:
    Run(SqliteSession& session, Prepared prepared, std::span<const sql::Value> parameters)
        : session_(session), prepared_(std::move(prepared)) {
        std::size_t last = 0;
        int parameter = 0;
        for (const std::size_t number : prepared_.numbers) {
            // A number without a value is a mistake in the statement, which its first run shows.
            PULSE_ASSERT(number <= parameters.size());
            bind(prepared_.statement, ++parameter, parameters[number - 1]);
            last = std::max(last, number);
        }
        PULSE_ASSERT(last == parameters.size());
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
        prepared_.statement.reset();
        session_.give_back(std::move(prepared_));
    }
    [[nodiscard]] Statement& statement() { return prepared_.statement; }

private:
    SqliteSession& session_;
    Prepared prepared_;
};

Result<SqliteSession::Prepared> SqliteSession::take(std::string_view statement) {
    if (const auto found = by_text_.find(statement); found != by_text_.end()) {
        Prepared prepared = std::move(*found->second);
        const auto place = found->second;
        by_text_.erase(found);
        prepared_.erase(place);
        return prepared;
    }
    Result<Statement> made = connection_->prepare(statement);
    if (!made) {
        return made.error();
    }
    Prepared prepared{std::string{statement}, std::move(*made), {}};
    for (int parameter = 1; parameter <= prepared.statement.parameters(); ++parameter) {
        prepared.numbers.push_back(number_of(prepared.statement.parameter_name(parameter)));
    }
    return prepared;
}

void SqliteSession::give_back(Prepared prepared) {
    if (by_text_.contains(prepared.text)) {
        return;  // one that ran within the same one is there already
    }
    prepared_.push_front(std::move(prepared));
    by_text_.emplace(prepared_.front().text, prepared_.begin());
    if (prepared_.size() > kPreparedMax) {
        by_text_.erase(prepared_.back().text);
        prepared_.pop_back();
    }
}

void SqliteSession::forget_statements() {
    by_text_.clear();
    prepared_.clear();
}

Result<std::int64_t> SqliteSession::run(
    std::string_view statement, std::span<const sql::Value> parameters) {
    Result<Prepared> prepared = take(statement);
    if (!prepared) {
        return prepared.error();
    }
    Run run{*this, std::move(*prepared), parameters};
    const std::int64_t before = connection_->total_changes();
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) {
        code = run.statement().step();
    }
    if (code != SQLITE_DONE) {
        return connection_->error("write");
    }
    // changes() speaks of the last statement that changed anything, which need not be this one.
    return connection_->total_changes() == before ? 0 : connection_->changes();
}

Result<void> SqliteSession::each(
    std::string_view statement,
    std::span<const sql::Value> parameters,
    const std::function<void(const sql::Row&)>& take_row) {
    Result<Prepared> prepared = take(statement);
    if (!prepared) {
        return prepared.error();
    }
    Run run{*this, std::move(*prepared), parameters};
    const SqliteRow row{run.statement()};
    int code = run.statement().step();
    for (; code == SQLITE_ROW; code = run.statement().step()) {
        take_row(row);
    }
    if (code != SQLITE_DONE) {
        return connection_->error("read");
    }
    return {};
}

Result<void> SqliteSession::execute_script(std::string_view script) {
    return connection_->execute(std::string{script}.c_str());
}

Result<void> SqliteSession::begin() {
    PULSE_ASSERT(!connection_->in_transaction());
    // At once: a transaction that has read cannot become a writer beside another one.
    return connection_->execute("BEGIN IMMEDIATE");
}

Result<void> SqliteSession::commit() {
    PULSE_ASSERT(connection_->in_transaction());
    return connection_->execute("COMMIT");
}

void SqliteSession::roll_back() {
    if (connection_->in_transaction()) {
        // A failing one leaves nothing to do: SQLite undoes what was not committed at the next
        // opening.
        static_cast<void>(connection_->execute("ROLLBACK"));
    }
}

}  // namespace pulse::storage::sqlite
