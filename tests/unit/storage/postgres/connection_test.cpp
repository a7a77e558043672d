#include "storage/postgres/connection.h"

#include "storage/postgres/address.h"
#include "storage/postgres/session.h"
#include "storage/postgres/text_values.h"
#include "tests/support/postgres_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pulse::storage::postgres {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// What makes the server's text of a time.
[[nodiscard]] std::string text_of(TimePoint time) {
    std::string text;
    append_time(text, time);
    return text;
}

TEST(PostgresAddress, TakesWhatLibpqTakes) {
    EXPECT_TRUE(parse_address("postgresql://pulse@db1,db2:5433/pulse?target_session_attrs=any"));
    EXPECT_TRUE(parse_address("postgres:///pulse?host=/run/postgresql"));
    EXPECT_TRUE(parse_address("postgresql:host=db user=pulse sslmode=verify-full"));
    const auto with_options = parse_address("postgresql://db/p?options=-c%20search_path%3Dpulse");
    ASSERT_TRUE(with_options);
    EXPECT_EQ(with_options->options, "-c search_path=pulse");
}

TEST(PostgresAddress, NamesTheMistakeButNeverThePassword) {
    for (const char* const url :
         {"postgresql://u:hunter2@x@host/db",
          "postgresql://u:hunter2/x@host/db",
          "postgresql://u:%zzhunter2@host/db",
          "postgresql://u:hunter2?x@host/db",
          "postgresql:password='hunter2",
          "postgresql:hunter2"}) {
        const auto parsed = parse_address(url);
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().code(), Errc::configuration);
        EXPECT_EQ(parsed.error().detail().find("hunter2"), std::string::npos)
            << parsed.error().detail();
        EXPECT_EQ(parsed.error().detail().find("store.url: "), 0U);
    }
    const auto unknown = parse_address("postgresql://db/pulse?sslmod=require");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().detail().find("sslmod"), std::string::npos);
}

TEST(PostgresTimes, GoThereAndBack) {
    for (const std::int64_t us :
         {std::int64_t{0},
          std::int64_t{1},
          std::int64_t{1'767'225'599'999'999},
          std::int64_t{-1},
          std::int64_t{281'474'976'710'655'000}}) {
        const TimePoint time{microseconds{us}};
        EXPECT_EQ(parse_time(text_of(time)), time) << text_of(time);
    }
    EXPECT_EQ(
        text_of(TimePoint{microseconds{1'767'225'600'000'001}}), "2026-01-01 00:00:00.000001+00");
}

TEST(PostgresTimes, AreReadWithAnyOffset) {
    const auto noon = parse_time("2026-01-01 12:00:00+00");
    ASSERT_TRUE(noon);
    EXPECT_EQ(parse_time("2026-01-01 17:30:00+05:30"), noon);
    EXPECT_EQ(parse_time("2026-01-01 08:30:00-03:30"), noon);
    EXPECT_EQ(parse_time("2026-01-01 12:00:00.5+00"), *noon + milliseconds{500});
    EXPECT_FALSE(parse_time("noon"));
    EXPECT_FALSE(parse_time("2026-13-01 12:00:00+00"));
    EXPECT_FALSE(parse_time(""));
}

class ConnectionTest : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        server_ = pulse::tests::PostgresServer::shared(why);
        if (server_ == nullptr) {
            GTEST_SKIP() << why;
        }
        database_ = server_->create_database();
    }
    [[nodiscard]] Connection connect(milliseconds timeout = milliseconds{10'000}) const {
        auto made = Connection::make(server_->url(database_));
        EXPECT_TRUE(made) << made.error().detail();
        made->set_statement_timeout(timeout);
        return std::move(*made);
    }
    pulse::tests::PostgresServer* server_ = nullptr;
    std::string database_;
};

TEST_F(ConnectionTest, GivesEveryKindOfValueBack) {
    Connection connection = connect();
    Session session{connection};
    const TimePoint time{microseconds{1'767'225'600'123'456}};
    ASSERT_TRUE(session.execute_script(
        "CREATE TABLE t (a bigint, b boolean, c text, d timestamptz, e numeric(38, 12), f uuid, g "
        "text)"));

    const auto inserted = session.run(
        "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {-7, true, "naïve 'text'", time, *Money::parse("12.000000000001"), Uuid{}, sql::Value{}});

    ASSERT_TRUE(inserted) << inserted.error().detail();
    EXPECT_EQ(*inserted, 1);
    const auto read = session.each("SELECT * FROM t", {}, [&](const sql::Row& row) {
        EXPECT_EQ(row.integer(0), -7);
        EXPECT_TRUE(row.boolean(1));
        EXPECT_EQ(row.text(2), "naïve 'text'");
        EXPECT_EQ(row.time(3), time);
        EXPECT_EQ(row.money(4), *Money::parse("12.000000000001"));
        EXPECT_EQ(row.uuid(5), Uuid{});
        EXPECT_TRUE(row.is_null(6));
    });
    EXPECT_TRUE(read);
}

TEST_F(ConnectionTest, TellsARowsFaultFromTheDatabases) {
    Connection connection = connect();
    Session session{connection};
    ASSERT_TRUE(session.execute_script("CREATE TABLE t (a integer PRIMARY KEY CHECK (a > 0))"));

    EXPECT_EQ(session.run("INSERT INTO t VALUES ($1)", {0}).error().code(), Errc::invalid_request);
    EXPECT_EQ(
        session.run("INSERT INTO t VALUES ($1)", {"x"}).error().code(), Errc::invalid_request);
    EXPECT_EQ(
        session.run("INSERT INTO t VALUES ($1)", {std::string{"1\0", 2}}).error().code(),
        Errc::invalid_request);
    EXPECT_EQ(session.run("SELECT * FROM nowhere", {}).error().code(), Errc::storage_unavailable);
    EXPECT_TRUE(session.run("INSERT INTO t VALUES ($1)", {1}));
}

TEST_F(ConnectionTest, SaysWhenACommitWasARollback) {
    Connection connection = connect();
    Session session{connection};
    ASSERT_TRUE(session.execute_script("CREATE TABLE t (a integer)"));
    ASSERT_TRUE(session.begin());
    ASSERT_TRUE(session.run("INSERT INTO t VALUES (1)", {}));
    ASSERT_FALSE(session.run("SELECT 1 / 0", {}));

    EXPECT_FALSE(session.commit());

    session.roll_back();
    EXPECT_TRUE(session.run("INSERT INTO t VALUES (1)", {}));
}

TEST_F(ConnectionTest, ComesBackAfterItsServerSessionWasEnded) {
    Connection connection = connect();
    Connection other = connect();
    ASSERT_TRUE(connection.run("SELECT 1"));
    ASSERT_TRUE(connection.begin());
    ASSERT_TRUE(other.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        "datname = current_database()"));

    const auto lost = connection.run("SELECT 1");

    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), Errc::storage_unavailable);
    // Not in a transaction of its own: what came before is gone.
    EXPECT_FALSE(connection.run("SELECT 1"));
    connection.roll_back();
    EXPECT_TRUE(connection.run("SELECT 1"));
}

TEST_F(ConnectionTest, WaitsNoLongerThanItsTimeForAFrozenServer) {
    Connection connection = connect(milliseconds{300});
    ASSERT_TRUE(connection.run("SELECT 1"));
    server_->freeze();
    const auto begun = steady_clock::now();

    const auto failed = connection.run("SELECT 1");

    const auto waited = steady_clock::now() - begun;
    server_->thaw();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::storage_unavailable);
    EXPECT_LT(waited, milliseconds{3'000});
    EXPECT_TRUE(connection.run("SELECT 1"));
}

TEST_F(ConnectionTest, EndsAStatementThatTakesTooLong) {
    Connection connection = connect(milliseconds{200});
    ASSERT_TRUE(connection.has_own_session());
    EXPECT_TRUE(*connection.has_own_session());

    const auto failed = connection.run("SELECT pg_sleep(30)");

    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().detail().find("57014"), std::string::npos) << failed.error().detail();
}

TEST_F(ConnectionTest, SignsInWithAPasswordAndNeverShowsIt) {
    ASSERT_TRUE(server_->execute("postgres", "CREATE ROLE pulse_scram LOGIN PASSWORD 'hunter2'"));
    auto right = Connection::make(server_->tcp_url(database_, "pulse_scram:hunter2"));
    auto wrong = Connection::make(server_->tcp_url(database_, "pulse_scram:hunter3"));

    const auto signed_in = right->run("SELECT 1");
    const auto refused = wrong->run("SELECT 1");

    EXPECT_TRUE(signed_in) << signed_in.error().detail();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::storage_unavailable);
    EXPECT_EQ(refused.error().detail().find("hunter"), std::string::npos);
    ASSERT_TRUE(server_->execute("postgres", "DROP ROLE pulse_scram"));
}

TEST_F(ConnectionTest, GoesOnToTheNextHostWhereTheFirstIsAway) {
    auto connection = Connection::make(
        "postgresql://postgres@127.0.0.1:1,127.0.0.1:" + std::to_string(server_->port()) + "/" +
        database_ + "?target_session_attrs=read-write");
    ASSERT_TRUE(connection);

    const auto answered = connection->run("SELECT 1");

    EXPECT_TRUE(answered) << answered.error().detail();
}

TEST_F(ConnectionTest, AsksAServerThatIsAwayNotTooOften) {
    auto connection = Connection::make("postgresql://postgres@127.0.0.1:1/none");
    ASSERT_FALSE(connection->run("SELECT 1"));

    const auto failed = connection->run("SELECT 1");

    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().detail().find("tried just now"), std::string::npos);
}

}  // namespace
}  // namespace pulse::storage::postgres
