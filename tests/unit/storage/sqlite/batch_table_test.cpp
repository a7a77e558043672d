#include "storage/sqlite/batch_table.h"

#include "storage/sqlite/connection.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::storage::sqlite {
namespace {

/// As many rows as are asked for: a number, a text, a text or null.
class SampleRows final : public BatchRows {
public:
    explicit SampleRows(int count, Pace pace = Pace::fast) : BatchRows(pace), count_(count) {}
    void rewind() override { next_ = 0; }
    bool next(BatchRow& row) override {
        if (next_ == count_) {
            return false;
        }
        ++next_;
        text_ = "row " + std::to_string(next_);
        row.integer(next_);
        row.terminated(text_);
        row.text_or_null(next_ % 2 == 0 ? "even" : "");
        return true;
    }

private:
    int count_;
    int next_ = 0;
    std::string text_;
};

class BatchTable : public ::testing::Test {
protected:
    BatchTable() : connection_(Connection::open(folder_ / "pulse.db")) {}

    /// The first column of the first row that `sql` has for the rows.
    [[nodiscard]] std::string value(const std::string& sql, BatchRows& rows) {
        Result<Statement> statement = connection_->prepare(sql);
        EXPECT_TRUE(statement) << statement.error().detail();
        statement->bind_rows(1, rows);
        EXPECT_EQ(statement->step(), SQLITE_ROW);
        return std::string{statement->text(0)};
    }

    storage::tests::TemporaryFolder folder_;
    Result<Connection> connection_;
};

TEST_F(BatchTable, HandsOutItsRows) {
    SampleRows rows{3};

    EXPECT_EQ(
        value(
            "SELECT group_concat(c1 || c2 || ifnull(c3, '-') || typeof(c4), ',') FROM "
            "pulse_batch(?1)",
            rows),
        "1row 1-null,2row 2evennull,3row 3-null");
}

TEST_F(BatchTable, HandsOutEveryRowAtEitherPace) {
    SampleRows polite{1'000, BatchRows::Pace::polite};
    SampleRows fast{1'000};

    EXPECT_EQ(value("SELECT sum(c1) FROM pulse_batch(?1)", polite), "500500");
    EXPECT_EQ(value("SELECT sum(c1) FROM pulse_batch(?1)", fast), "500500");
}

TEST_F(BatchTable, BeginsAnewForEachRun) {
    SampleRows rows{2};
    Result<Statement> statement = connection_->prepare("SELECT count(*) FROM pulse_batch(?1)");
    ASSERT_TRUE(statement);
    statement->bind_rows(1, rows);

    for (int run = 0; run < 2; ++run) {
        ASSERT_EQ(statement->step(), SQLITE_ROW);
        EXPECT_EQ(statement->integer(0), 2) << run;
        statement->reset();
    }
}

TEST_F(BatchTable, IsEmptyWithoutRows) {
    Result<Statement> none = connection_->prepare("SELECT count(*) FROM pulse_batch(NULL)");
    Result<Statement> number = connection_->prepare("SELECT count(*) FROM pulse_batch(42)");

    ASSERT_EQ(none->step(), SQLITE_ROW);
    EXPECT_EQ(none->integer(0), 0);
    ASSERT_EQ(number->step(), SQLITE_ROW);
    EXPECT_EQ(number->integer(0), 0);
    EXPECT_FALSE(connection_->prepare("SELECT * FROM pulse_batch"));
}

// A database file may come from anywhere: its views must not reach objects of this process.
TEST_F(BatchTable, IsOutOfReachOfTheSchema) {
    ASSERT_TRUE(connection_->execute("CREATE VIEW v AS SELECT * FROM pulse_batch(NULL)"));

    EXPECT_FALSE(connection_->prepare("SELECT * FROM v"));
}

TEST_F(BatchTable, LeavesTheConnectionDurable) {
    ASSERT_TRUE(connection_->execute("CREATE TABLE t (x)"));
    {
        Result<Transaction> transaction =
            Transaction::begin(*connection_, Transaction::Durable::at_sync);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(connection_->execute("INSERT INTO t VALUES (1)"));
        ASSERT_TRUE(transaction->commit());
    }

    Result<Statement> level = connection_->prepare("PRAGMA synchronous");
    ASSERT_EQ(level->step(), SQLITE_ROW);
    EXPECT_EQ(level->integer(0), 2);
    EXPECT_TRUE(connection_->sync_log());
}

}  // namespace
}  // namespace pulse::storage::sqlite
