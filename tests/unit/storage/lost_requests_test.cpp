#include "storage/tables/lost_requests.h"

#include "storage/ledger_writer.h"
#include "storage/rollup/verify.h"
#include "storage/tables/requests.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/spool/spools.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using tests::EngineTest;
using tests::pico;
using tests::sample_id;
using tests::sample_record;

[[nodiscard]] AttemptRecord sample_lost_attempt() {
    AttemptRecord attempt;
    attempt.provider = "openai";
    attempt.model = "gpt-4o-mini";
    attempt.outcome = Outcome::internal_error;
    attempt.usage.input_uncached = 500;
    attempt.usage.output_total = 4'096;
    attempt.usage_source = UsageSource::estimated;
    attempt.cost = pico(8'692'000'000);
    attempt.cost_status = "estimated";
    return attempt;
}
const AttemptRecord kLostAttempt = sample_lost_attempt();

/// What a gateway writes before the provider is asked.
[[nodiscard]] RequestRecord admission(std::uint64_t number) {
    RequestRecord record = sample_record(number);
    record.model_served = {};
    record.status = 0;
    record.outcome = Outcome::internal_error;
    record.error_code = kGatewayDied;
    record.usage = kLostAttempt.usage;
    record.usage_source = UsageSource::estimated;
    record.cost = kLostAttempt.cost;
    record.cost_status = "estimated";
    record.has_stated_cost = false;
    record.attempts = {&kLostAttempt, 1};
    return record;
}

class LostRequestsTest : public EngineTest {
protected:
    void admit(SpoolWriter& writer, std::uint64_t number) {
        ASSERT_TRUE(writer.reserve());
        writer.admit(admission(number));
    }
    /// A process that dies after it did `work`, without writing to the ledger.
    template <class Work>
    void live_and_die(Work work) {
        const auto spool = tests::open_spool(tests::settings_in(folder() / "spool"));
        work(spool->writer(0));
    }
    /// The next start, up to where it takes requests.
    void start() {
        spool_ = tests::open_spool(tests::settings_in(folder() / "spool"));
        writer_ = std::make_unique<LedgerWriter>(*spool_, open(), LedgerWriter::Settings{});
        const auto replayed = writer_->replay();
        ASSERT_TRUE(replayed) << replayed.error().detail();
    }
    void end() {
        writer_.reset();
        spool_.reset();
    }
    [[nodiscard]] std::string error_code_of(std::uint64_t number) {
        return value_of("SELECT error_code FROM ai_request_log WHERE id = $1", {sample_id(number)});
    }
    [[nodiscard]] std::vector<RollupDifference> rollup_differences() {
        const Stretch all{
            sample_id(0).time() - std::chrono::hours{24},
            sample_id(0).time() + std::chrono::hours{24}};
        const auto found = verify_rollups(session(), all);
        EXPECT_TRUE(found);
        return found ? *found : std::vector<RollupDifference>{};
    }

    std::unique_ptr<Spool> spool_;
    std::unique_ptr<LedgerWriter> writer_;
};

TEST_P(LostRequestsTest, CostWhatWasReserved) {
    live_and_die([&](SpoolWriter& writer) {
        admit(writer, 1);
        admit(writer, 2);
        tests::append(writer, 1);
    });

    start();

    EXPECT_EQ(error_code_of(1), "none");
    EXPECT_EQ(error_code_of(2), kGatewayDied);
    const auto lost = request(session(), sample_id(2));
    ASSERT_TRUE(lost && *lost != nullptr);
    const RequestRecord& row = (*lost)->decoded.record;
    EXPECT_EQ(row.status, 0);
    EXPECT_EQ(row.outcome, Outcome::internal_error);
    EXPECT_EQ(row.usage_source, UsageSource::estimated);
    EXPECT_EQ(row.cost_status, "estimated");
    EXPECT_EQ(row.cost, kLostAttempt.cost);
    ASSERT_EQ(row.attempts.size(), 1U);
    EXPECT_EQ(row.attempts[0].cost, kLostAttempt.cost);
    EXPECT_EQ(value_of("SELECT count(*) FROM cost_event"), "2");
    const auto spent = spent_since(session(), std::nullopt);
    ASSERT_TRUE(spent && spent->size() == 1U);
    EXPECT_EQ(spent->front().spent, sample_record().cost + kLostAttempt.cost);
    EXPECT_TRUE(rollup_differences().empty());
    EXPECT_EQ(writer_->metrics().lost_written, 1U);
    EXPECT_EQ(spool_->metrics().open, 0U);
}

TEST_P(LostRequestsTest, AreWrittenOnceHoweverOftenTheNextStartDies) {
    live_and_die([&](SpoolWriter& writer) {
        admit(writer, 1);
        tests::append(writer, 2);
    });
    const auto copy = folder() / "copy";
    std::filesystem::copy(folder() / "spool", copy);

    start();
    end();
    // As if it had died when the rows were in, and the segment not yet gone.
    std::filesystem::remove_all(folder() / "spool");
    std::filesystem::copy(copy, folder() / "spool");
    start();

    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "2");
    EXPECT_EQ(value_of("SELECT count(*) FROM cost_event"), "2");
    EXPECT_TRUE(rollup_differences().empty());
}

TEST_P(LostRequestsTest, GiveWayToTheirOwnRowsThatAreFoundLater) {
    live_and_die([&](SpoolWriter& writer) {
        admit(writer, 1);
        admit(writer, 2);
    });
    start();
    end();
    ASSERT_EQ(error_code_of(1), kGatewayDied);

    live_and_die([&](SpoolWriter& writer) { tests::append(writer, 1); });
    start();

    EXPECT_EQ(error_code_of(1), "none");
    EXPECT_EQ(error_code_of(2), kGatewayDied);
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "2");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_attempt"), "3");
    EXPECT_EQ(value_of("SELECT count(*) FROM cost_event"), "2");
    EXPECT_TRUE(rollup_differences().empty());
}

TEST_P(LostRequestsTest, AreNoneWhileTheirProcessLives) {
    start();
    writer_->start();
    admit(spool_->writer(0), 1);
    tests::append(spool_->writer(0), 2);
    writer_->stop(std::chrono::milliseconds{10'000});

    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "1");
    EXPECT_EQ(spool_->metrics().open, 1U);
    end();
    start();
    EXPECT_EQ(error_code_of(1), kGatewayDied);
}

PULSE_ON_BOTH_ENGINES(LostRequestsTest);

}  // namespace
}  // namespace pulse::storage
