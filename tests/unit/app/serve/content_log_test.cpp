#include "app/serve/content_log.h"

#include "storage/sql/session.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace pulse::app {
namespace {

using namespace std::chrono_literals;
using storage::tests::TemporaryFolder;

[[nodiscard]] std::unique_ptr<storage::Database> open_in(const TemporaryFolder& folder) {
    auto database = storage::open_database("sqlite:" + (folder / "pulse.db").string());
    EXPECT_TRUE(database && (*database)->migrate_up());
    return std::move(*database);
}

[[nodiscard]] std::string value_of(storage::Database& database, std::string_view statement) {
    const auto found = storage::sql::select_one(
        database.session(), statement, {}, [](const storage::sql::Row& row) {
            return row.owned(0);
        });
    return found ? found->value_or("no row") : found.error().detail();
}

[[nodiscard]] gateway::CallContent content_at(TimePoint time, std::size_t size = 10) {
    gateway::CallContent content;
    content.id = UuidGenerator{}.next(time);
    content.request = std::string(size, 'x');
    content.answer = "mail me at ada@example.com";
    return content;
}

TEST(ContentLogThread, StoresWhatItWasGivenBeforeItEnds) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    {
        ContentLogThread log{open_in(folder), {}};
        for (int i = 0; i < 50; ++i) {
            log.take(content_at(system_clock().now()));
        }
        log.stop();
        EXPECT_EQ(log.metrics().written.load(), 50U);
        log.take(content_at(system_clock().now()));
        EXPECT_EQ(log.metrics().dropped.load(), 1U);
    }

    EXPECT_EQ(value_of(*database, "SELECT count(*) FROM ai_request_content"), "50");
    EXPECT_EQ(value_of(*database, "SELECT answer FROM ai_request_content"), "mail me at [email]");
}

TEST(ContentLogThread, DropsAndCountsWhatDoesNotFit) {
    const TemporaryFolder folder;
    ContentLogThread log{
        open_in(folder), {.waiting_bytes_max = std::size_t{64} * 1024, .retention = {}}};

    log.take(content_at(system_clock().now(), 65 * 1024));
    log.take(content_at(system_clock().now(), 1024));
    log.stop();

    EXPECT_EQ(log.metrics().dropped.load(), 1U);
    EXPECT_EQ(log.metrics().written.load(), 1U);
}

TEST(ContentLogThread, TakesAwayWhatWasKeptLongEnough) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    const TimePoint now = system_clock().now();
    {
        ContentLogThread log{open_in(folder), {}};
        log.take(content_at(now - 8 * 24h));
        log.take(content_at(now - 6 * 24h));
        log.stop();
    }
    ASSERT_EQ(value_of(*database, "SELECT count(*) FROM ai_request_content"), "2");

    ContentLogThread log{open_in(folder), {.retention = std::chrono::hours{7 * 24}}};
    log.stop();

    EXPECT_EQ(value_of(*database, "SELECT count(*) FROM ai_request_content"), "1");
}

}  // namespace
}  // namespace pulse::app
