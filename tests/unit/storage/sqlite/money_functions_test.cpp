#include "storage/sqlite/money_functions.h"

#include "storage/sqlite/connection.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::storage::sqlite {
namespace {

class PulseSum : public ::testing::Test {
protected:
    PulseSum() : connection_(Connection::open(folder_ / "test.db")) {
        EXPECT_TRUE(connection_);
        EXPECT_TRUE(connection_->execute("CREATE TABLE t (amount TEXT, name TEXT)"));
    }
    /// The sum, or the error's text.
    [[nodiscard]] std::string sum(const char* sql = "SELECT pulse_sum(amount) FROM t") {
        Result<Statement> query = connection_->prepare(sql);
        EXPECT_TRUE(query);
        if (query->step() != SQLITE_ROW) {
            return connection_->error("sum").detail();
        }
        return std::string{query->text(0)};
    }
    void insert(const char* values) {
        EXPECT_TRUE(connection_->execute((std::string{"INSERT INTO t VALUES "} + values).c_str()));
    }

    storage::tests::TemporaryFolder folder_;
    Result<Connection> connection_;
};

TEST_F(PulseSum, IsExactWhereFloatsAreNot) {
    insert("('0.1', 'a'), ('0.2', 'a'), ('0.000000000001', 'a')");

    EXPECT_EQ(sum(), "0.300000000001");
}

TEST_F(PulseSum, GoesBeyondSixtyFourBits) {
    insert("('92233720368547758.07', 'a'), ('92233720368547758.07', 'a'), ('0.000000000001', 'a')");

    EXPECT_EQ(sum(), "184467440737095516.140000000001");
}

TEST_F(PulseSum, SubtractsCredits) {
    insert("('1.5', 'a'), ('-2', 'a')");

    EXPECT_EQ(sum(), "-0.5");
}

TEST_F(PulseSum, PassesOverNullsAndIsZeroOfNoRow) {
    EXPECT_EQ(sum(), "0");

    insert("(NULL, 'a')");

    EXPECT_EQ(sum(), "0");
}

TEST_F(PulseSum, SumsEachGroupByItself) {
    insert("('1', 'a'), ('2', 'b'), ('3', 'a')");

    EXPECT_EQ(
        sum("SELECT group_concat(s) FROM (SELECT pulse_sum(amount) AS s FROM t GROUP BY name ORDER "
            "BY name)"),
        "4,2");
}

TEST_F(PulseSum, RefusesWhatIsNoAmount) {
    insert("('1', 'a'), ('many', 'a')");

    EXPECT_NE(sum().find("pulse_sum: not an amount"), std::string::npos);
}

TEST_F(PulseSum, RefusesASumOutOfRange) {
    insert("('170000000000000000000000000', 'a'), ('170000000000000000000000000', 'a')");

    EXPECT_NE(sum().find("pulse_sum: out of range"), std::string::npos);
}

}  // namespace
}  // namespace pulse::storage::sqlite
