#include "storage/database.h"
#include "storage/postgres/connection.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// Through PgBouncer in transaction mode, where every transaction may have another session.
namespace pulse::storage {
namespace {

class PoolerTest : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        std::string why;
        auto* const server = pulse::tests::PostgresServer::shared(why);
        if (server == nullptr) {
            GTEST_SKIP() << why;
        }
        pooler_ = pulse::tests::PgBouncer::start(*server, GetParam(), why);
        if (!pooler_) {
            GTEST_SKIP() << why;
        }
        url_ = pooler_->url(server->create_database());
    }
    [[nodiscard]] std::unique_ptr<Database> open() const {
        auto opened = open_database(url_);
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    std::unique_ptr<pulse::tests::PgBouncer> pooler_;
    std::string url_;
};

TEST_P(PoolerTest, IsNoticed) {
    auto connection = postgres::Connection::make(url_);
    ASSERT_TRUE(connection);

    const auto own = connection->has_own_session();

    ASSERT_TRUE(own) << own.error().detail();
    EXPECT_FALSE(*own);
}

TEST_P(PoolerTest, EndsAStatementOfATransactionThatTakesTooLong) {
    auto connection = postgres::Connection::make(url_);
    ASSERT_TRUE(connection);
    connection->set_statement_timeout(std::chrono::milliseconds{200});
    ASSERT_TRUE(connection->begin());

    const auto failed = connection->run("SELECT pg_sleep(30)");

    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().detail().find("57014"), std::string::npos) << failed.error().detail();
    connection->roll_back();
}

TEST_P(PoolerTest, CarriesMigrationsAndTheLedgerOfSeveralGateways) {
    std::vector<std::string> failures(4);
    std::vector<std::thread> gateways;
    for (std::size_t gateway = 0; gateway < failures.size(); ++gateway) {
        gateways.emplace_back([&, gateway] {
            const auto database = open();
            if (auto migrated = database->migrate_up(); !migrated) {
                failures[gateway] = migrated.error().detail();
                return;
            }
            for (std::uint64_t batch = 0; batch < 5; ++batch) {
                std::deque<std::string> bytes;
                std::deque<DecodedRecord> records;
                std::vector<const DecodedRecord*> pointers;
                for (std::uint64_t i = 0; i < 400; ++i) {
                    encode(tests::sample_record(batch * 200 + i), bytes.emplace_back());
                    if (decode(bytes.back(), records.emplace_back())) {
                        pointers.push_back(&records.back());
                    }
                }
                const auto written = database->write(pointers, {});
                if (!written || !written->rejects.empty()) {
                    failures[gateway] = written ? "rejected" : written.error().detail();
                }
            }
        });
    }
    for (std::thread& gateway : gateways) {
        gateway.join();
    }

    EXPECT_EQ(failures, std::vector<std::string>(4));
    const auto database = open();
    const auto requests = sql::select_one(
        database->session(),
        "SELECT count(*), (SELECT sum(requests) FROM request_rollup_hour) FROM ai_request_log",
        {},
        [](const sql::Row& row) {
            return std::pair{row.integer(0), row.integer(1)};
        });
    ASSERT_TRUE(requests) << requests.error().detail();
    EXPECT_EQ(requests->value(), (std::pair<std::int64_t, std::int64_t>{1'200, 1'200}));
}

INSTANTIATE_TEST_SUITE_P(
    Settings,
    PoolerTest,
    testing::Values("", "ignore_startup_parameters = extra_float_digits,options\n"),
    [](const auto& of) { return of.index == 0 ? "RefusesOptions" : "IgnoresOptions"; });

}  // namespace
}  // namespace pulse::storage
