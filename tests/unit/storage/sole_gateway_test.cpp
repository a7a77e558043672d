#include "storage/sole_gateway.h"

#include "storage/database.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

namespace pulse::storage {
namespace {

using Standing = SoleGateway::Standing;

[[nodiscard]] std::unique_ptr<SoleGateway> open(const std::string& url) {
    auto opened = open_sole_gateway(url);
    EXPECT_TRUE(opened) << opened.error().detail();
    return opened ? *std::move(opened) : nullptr;
}

[[nodiscard]] Standing standing_of(SoleGateway& one) {
    const auto standing = one.hold();
    EXPECT_TRUE(standing) << standing.error().detail();
    return standing ? *standing : Standing::unknowable;
}

class SoleGatewayOnPostgres : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        server_ = pulse::tests::PostgresServer::shared(why);
        if (server_ == nullptr) {
            GTEST_SKIP() << why;
        }
        name_ = server_->create_database();
        auto database = open_database(url());
        ASSERT_TRUE(database);
        ASSERT_TRUE((*database)->migrate_up());
    }
    [[nodiscard]] std::string url() const { return server_->url(name_); }

    pulse::tests::PostgresServer* server_ = nullptr;
    std::string name_;
};

TEST_F(SoleGatewayOnPostgres, IsOneAndNamesItselfToTheOthers) {
    const auto first = open(url());
    const auto second = open(url());

    EXPECT_EQ(standing_of(*first), Standing::held);
    EXPECT_EQ(standing_of(*first), Standing::held);
    EXPECT_EQ(standing_of(*second), Standing::taken);
    EXPECT_NE(second->holder().find("`pulse gateway "), std::string::npos) << second->holder();
}

TEST_F(SoleGatewayOnPostgres, MayBeAnotherInAnotherSchemaOfTheDatabase) {
    ASSERT_TRUE(server_->execute(name_, "CREATE SCHEMA other"));
    const std::string elsewhere = url() + (url().find('?') == std::string::npos ? "?" : "&") +
                                  "options=-c%20search_path%3Dother";
    auto database = open_database(elsewhere);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->migrate_up());
    const auto first = open(url());
    const auto second = open(elsewhere);

    EXPECT_EQ(standing_of(*first), Standing::held);
    EXPECT_EQ(standing_of(*second), Standing::held);
}

TEST_F(SoleGatewayOnPostgres, ClaimsAgainWhenItsSessionWasEnded) {
    const auto first = open(url());
    ASSERT_EQ(standing_of(*first), Standing::held);
    ASSERT_TRUE(server_->execute(
        name_,
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
        "WHERE application_name LIKE 'pulse gateway %' AND datname = current_database()"));

    EXPECT_FALSE(first->hold()) << "the loss is noticed";

    EXPECT_EQ(standing_of(*first), Standing::held);
    EXPECT_EQ(standing_of(*open(url())), Standing::taken);
}

TEST_F(SoleGatewayOnPostgres, CannotBeKnownBehindAPooler) {
    std::string why;
    const auto pooler = pulse::tests::PgBouncer::start(*server_, "", why);
    if (pooler == nullptr) {
        GTEST_SKIP() << why;
    }

    EXPECT_EQ(standing_of(*open(pooler->url(name_))), Standing::unknowable);
}

TEST(SoleGatewayOnSqlite, IsOneUntilItEnds) {
    const tests::TemporaryFolder folder;
    const std::string url = "sqlite:" + (folder.path() / "pulse.db").string();
    auto first = open(url);
    const auto second = open(url);

    EXPECT_EQ(standing_of(*first), Standing::held);
    EXPECT_EQ(standing_of(*second), Standing::taken);
    EXPECT_NE(second->holder().find("process "), std::string::npos);

    first.reset();
    EXPECT_EQ(standing_of(*second), Standing::held);
}

TEST(SoleGatewayOnSqlite, IsOneAlsoBySymbolicLinks) {
    const tests::TemporaryFolder folder;
    const auto real = folder.path() / "real";
    std::filesystem::create_directory(real);
    std::filesystem::create_directory_symlink(real, folder.path() / "link");
    const auto first = open("sqlite:" + (real / "pulse.db").string());
    const auto second = open("sqlite:" + (folder.path() / "link" / "pulse.db").string());

    EXPECT_EQ(standing_of(*first), Standing::held);
    EXPECT_EQ(standing_of(*second), Standing::taken);
}

}  // namespace
}  // namespace pulse::storage
