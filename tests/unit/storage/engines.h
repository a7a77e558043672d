#pragma once

#include "storage/database.h"
#include "storage/sql/session.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pulse::storage::tests {

/// A test of both engines: a new database each, migrated. Skips, with the reason, where there is no
/// PostgreSQL. Use: `class KeysTest : public EngineTest {}; TEST_P(KeysTest, …)` and
/// PULSE_ON_BOTH_ENGINES(KeysTest).
class EngineTest : public testing::TestWithParam<sql::Engine> {
protected:
    void SetUp() override {
        if (GetParam() == sql::Engine::sqlite) {
            url_ = "sqlite:" + (folder_ / "pulse.db").string();
        } else {
            std::string why;
            server_ = pulse::tests::PostgresServer::shared(why);
            if (server_ == nullptr) {
                GTEST_SKIP() << why;
            }
            url_ = server_->url(server_->create_database());
        }
        database_ = open();
        const auto migrated = database_->migrate_up();
        ASSERT_TRUE(migrated) << migrated.error().detail();
    }

    [[nodiscard]] sql::Engine engine() const { return GetParam(); }
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
    [[nodiscard]] Database& database() { return *database_; }
    [[nodiscard]] sql::Session& session() { return database_->session(); }
    /// Another connection to the same database.
    [[nodiscard]] std::unique_ptr<Database> open() const {
        auto opened = open_database(url_);
        EXPECT_TRUE(opened) << opened.error().detail();
        return opened ? std::move(*opened) : nullptr;
    }
    /// Lets go of the database, for what must have it to itself.
    void close() { database_.reset(); }
    void reopen() { database_ = open(); }
    /// Null for SQLite.
    [[nodiscard]] pulse::tests::PostgresServer* server() const { return server_; }

    /// The first column of the first row, as text; what failed, where it does.
    [[nodiscard]] std::string value_of(
        std::string_view statement, std::initializer_list<sql::Value> parameters = {}) {
        const auto found = sql::select_one(
            session(), statement, parameters, [](const sql::Row& row) { return row.owned(0); });
        return found ? found->value_or("no row") : found.error().detail();
    }

private:
    TemporaryFolder folder_;
    pulse::tests::PostgresServer* server_ = nullptr;
    std::string url_;
    std::unique_ptr<Database> database_;
};

[[nodiscard]] inline std::string engine_name(const testing::TestParamInfo<sql::Engine>& info) {
    return info.param == sql::Engine::sqlite ? "Sqlite" : "Postgresql";
}

}  // namespace pulse::storage::tests

#define PULSE_ON_BOTH_ENGINES(Suite)                                                       \
    INSTANTIATE_TEST_SUITE_P(                                                              \
        Engines,                                                                           \
        Suite,                                                                             \
        testing::Values(                                                                   \
            pulse::storage::sql::Engine::sqlite, pulse::storage::sql::Engine::postgresql), \
        pulse::storage::tests::engine_name)
