#include "storage/database.h"
#include "storage/tables/deferred.h"
#include "storage/tables/objects.h"
#include "storage/tables/requests.h"
#include "storage/tables/rerating.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/explaining_session.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;

/// Which partitions of a table PostgreSQL looks into. Without a row in most of them it need not use
/// their indexes; that it leaves the others alone is what counts.
[[nodiscard]] std::set<std::string> partitions_of(const std::string& plan, const char* table) {
    const std::regex scan{" on (" + std::string{table} + "_[a-z0-9_]+)"};
    std::set<std::string> partitions;
    for (std::sregex_iterator at{plan.begin(), plan.end(), scan}, end; at != end; ++at) {
        partitions.insert((*at)[1]);
    }
    return partitions;
}

class Plans : public tests::EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        ASSERT_TRUE(database().maintain(sample_id(0).time()));
        std::vector<RequestRecord> records;
        for (std::uint64_t day = 0; day < 4; ++day) {
            records.push_back(sample_record(day * 86'400'000 + 1));
        }
        tests::write_records(database(), records);
        explaining_.emplace(session());
    }
    [[nodiscard]] sql::Session& explaining() { return *explaining_; }
    /// No table of rows is read from end to end.
    void expect_search() {
        const std::string plan = explaining_->take_plans();
        EXPECT_NE(plan, "");
        EXPECT_EQ(plan.find("no such"), std::string::npos) << plan;
        if (engine() != sql::Engine::sqlite) {
            return;
        }
        for (const char* const table :
             {"SCAN ai_request", "SCAN a\n", "SCAN l\n", "SCAN cost_event", "SCAN provider_object",
              "SCAN deferred_work"}) {
            EXPECT_EQ(plan.find(table), std::string::npos) << plan;
        }
    }
    /// PostgreSQL looks into one partition of each of these.
    void expect_one_partition(std::initializer_list<const char*> tables) {
        const std::string plan = explaining_->take_plans();
        for (const char* const table : tables) {
            if (engine() == sql::Engine::postgresql) {
                EXPECT_EQ(partitions_of(plan, table).size(), 1U) << table << ":\n" << plan;
            }
        }
    }

    std::optional<tests::ExplainingSession> explaining_;
};
PULSE_ON_BOTH_ENGINES(Plans);

TEST_P(Plans, OfARequest) {
    ASSERT_TRUE(request(explaining(), sample_id(1)));

    expect_search();
    ASSERT_TRUE(request(explaining(), sample_id(1)));
    expect_one_partition({"ai_request_log", "ai_request_attempt"});
}

TEST_P(Plans, OfWhatWasSpent) {
    ASSERT_TRUE(spent_since(explaining(), sample_id(0).time() + 30min));

    const std::string plan = explaining_->take_plans();
    if (engine() == sql::Engine::sqlite) {
        EXPECT_NE(plan.find("SEARCH ai_request_log USING INDEX ai_request_log_ts"),
                  std::string::npos)
            << plan;
        EXPECT_NE(plan.find("SEARCH request_rollup_day"), std::string::npos) << plan;
        EXPECT_NE(plan.find("SEARCH request_rollup_hour"), std::string::npos) << plan;
    } else {
        EXPECT_EQ(partitions_of(plan, "ai_request_log").size(), 1U) << plan;
    }
}

TEST_P(Plans, OfRerating) {
    const Uuid end = first_id_at(sample_id(0).time() + 24h);
    const auto all = billed_attempts(explaining(), BilledKind::all, {sample_id(0), 0}, end, 10);
    ASSERT_TRUE(all) << all.error().detail();
    ASSERT_EQ(all->size(), 1U);
    expect_search();
    ASSERT_TRUE(billed_attempts(explaining(), BilledKind::price_missing, {}, end, 10));
    expect_search();
    ASSERT_TRUE(unpriced_models(explaining(), sample_id(0).time(), 10));
    expect_search();

    const ReratingBatch batch{
        sample_id(9).time(), "2026-11-20/fedcba", {{all->at(0), tests::pico(1), "exact", false}}};
    const auto changed = apply_rerating(explaining(), batch);
    ASSERT_TRUE(changed) << changed.error().detail();
    EXPECT_EQ(*changed, 1U);
    expect_search();
}

TEST_P(Plans, OfReratingInOnePartition) {
    const Uuid end = first_id_at(sample_id(0).time() + 12h);
    const auto all = billed_attempts(explaining(), BilledKind::all, {sample_id(0), 0}, end, 10);
    ASSERT_TRUE(all) << all.error().detail();
    expect_one_partition({"ai_request_attempt"});

    ASSERT_TRUE(apply_rerating(
        explaining(),
        {sample_id(9).time(), "2026-11-20/fedcba", {{all->at(0), tests::pico(1), "exact", false}}}));
    expect_one_partition({"ai_request_attempt", "ai_request_log", "cost_event"});
}

TEST_P(Plans, OfObjectsAndDeferredWork) {
    const std::vector<std::string> objects{"file-1", "file-2"};
    ASSERT_TRUE(object_owners(explaining(), "openai", objects));
    expect_search();
    ASSERT_TRUE(due_deferred(explaining(), sample_id(0).time(), 10));
    expect_search();
    ASSERT_TRUE(hurry_deferred(explaining(), "openai", objects, sample_id(0).time()));
    expect_search();
}

}  // namespace
}  // namespace pulse::storage
