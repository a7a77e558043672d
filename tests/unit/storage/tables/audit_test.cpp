#include "storage/tables/audit.h"

#include "base/digest.h"
#include "base/hex.h"
#include "storage/tables/canonical_json.h"
#include "tests/unit/storage/engines.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include <thread>
#include <vector>

namespace pulse::storage::tests {
namespace {

using testing::HasSubstr;

[[nodiscard]] AuditEntry sample_entry(std::string_view target = "ada") {
    AuditEntry entry;
    entry.at = TimePoint{std::chrono::microseconds{1'767'225'600'000'250}};
    entry.org = "default";
    entry.actor = "root";
    entry.actor_kind = "command_line";
    entry.action = "user.update";
    entry.target_kind = "user";
    entry.target_id = target;
    entry.before = R"({ "role": "user", "a": 1 })";
    entry.after = R"({"role":"adm\u00edn","a":[true,null,-7,"x\n"]})";
    return entry;
}

class AuditTest : public EngineTest {
protected:
    void append(std::int64_t rows, sql::Session& to) {
        for (std::int64_t i = 0; i < rows; ++i) {
            auto transaction = sql::Transaction::begin(to);
            ASSERT_TRUE(transaction);
            const auto row = append_audit(to, sample_entry("user" + std::to_string(i)));
            ASSERT_TRUE(row) << row.error().detail();
            ASSERT_TRUE(transaction->commit());
        }
    }
    /// What an intruder with the database's own rights can do.
    void without_triggers(std::string_view statement) {
        const bool is_sqlite = engine() == sql::Engine::sqlite;
        const std::vector<std::string_view> off =
            is_sqlite ? std::vector<std::string_view>{
                            "DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"}
                      : std::vector<std::string_view>{"ALTER TABLE audit_log DISABLE TRIGGER ALL"};
        for (const std::string_view one : off) {
            ASSERT_TRUE(session().run(one, {})) << one;
        }
        ASSERT_TRUE(session().run(statement, {})) << statement;
    }
    [[nodiscard]] AuditVerdict verified(std::string_view expected = {}) {
        const auto verdict = verify_audit(session(), expected);
        EXPECT_TRUE(verdict) << verdict.error().detail();
        return verdict.value();
    }
};

TEST(AuditHash, IsThatOfTheDocumentedBytes) {
    // docs/formats/audit.md shows this row.
    const std::string bytes =
        R"(["pulse-audit-1",1,"2026-01-01T00:00:00.000250Z","default","root","command_line",null,)"
        R"("user.update","user","ada",{"a":1,"role":"user"},{"a":[true,null,-7,"x\n"],"role":"admín"},)"
        R"("0000000000000000000000000000000000000000000000000000000000000000"])";

    EXPECT_EQ(audit_hash(1, sample_entry(), kAuditStart).value(), to_hex(sha256(bytes)));
}

TEST(CanonicalJson, IsTheSameForEveryWayToWriteAValue) {
    const auto canonical = [](std::string_view text) {
        return canonical_json(boost::json::parse({text.data(), text.size()}));
    };
    EXPECT_EQ(canonical(R"( { "b" : 1, "a" : { } } )"), R"({"a":{},"b":1})");
    EXPECT_EQ(canonical(R"({"a":"\u0041\u001f\"","b":[]})"), "{\"a\":\"A\\u001f\\\"\",\"b\":[]}");
    EXPECT_EQ(
        canonical("[0.5, 18446744073709551615, 1e2]"), R"(["0.5",18446744073709551615,"100"])");
}

TEST_P(AuditTest, RowsMakeAChain) {
    append(3, session());

    const auto rows = list_audit(session(), {.org = "default"}).value();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].seq, 3);
    EXPECT_EQ(rows[0].previous_hash, rows[1].hash);
    EXPECT_EQ(rows[2].previous_hash, kAuditStart);
    const AuditVerdict verdict = verified();
    EXPECT_EQ(verdict.rows, 3);
    EXPECT_EQ(verdict.last_hash, rows[0].hash);
    EXPECT_EQ(verdict.broken_seq, 0);
}

TEST_P(AuditTest, AnEmptyChainIsIntact) {
    EXPECT_EQ(verified().rows, 0);
    EXPECT_EQ(verified().last_hash, kAuditStart);
}

TEST_P(AuditTest, ARowThatIsRolledBackLeavesNoGap) {
    append(1, session());
    {
        auto transaction = sql::Transaction::begin(session());
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(append_audit(session(), sample_entry()));
    }
    append(1, session());

    EXPECT_EQ(verified().rows, 2);
    EXPECT_EQ(verified().broken_seq, 0);
}

TEST_P(AuditTest, WritersOfSeveralProcessesTakeTurns) {
    constexpr int kWriters = 4;
    constexpr int kRows = 25;
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < kWriters; ++i) {
            writers.emplace_back([&] {
                const auto own = open();
                append(kRows, own->session());
            });
        }
    }

    EXPECT_EQ(verified().rows, kWriters * kRows);
    EXPECT_EQ(verified().broken_seq, 0) << verified().broken_how;
}

TEST_P(AuditTest, TheTableItselfRefusesChanges) {
    append(1, session());

    EXPECT_FALSE(session().run("UPDATE audit_log SET actor = 'x'", {}));
    EXPECT_FALSE(session().run("DELETE FROM audit_log", {}));
}

TEST_P(AuditTest, FindsEachColumnThatWasChanged) {
    for (const std::string_view change :
         {"actor = 'x'",
          "org_id = 'x'",
          "actor_kind = 'user'",
          "address = 'x'",
          "action = 'x'",
          "target_kind = 'x'",
          "target_id = 'x'",
          "before_json = NULL",
          "after_json = '{}'"}) {
        SCOPED_TRACE(change);
        SetUp();
        append(3, session());
        without_triggers(
            std::string{"UPDATE audit_log SET "}.append(change).append(" WHERE seq = 2"));

        const AuditVerdict verdict = verified();

        EXPECT_EQ(verdict.rows, 1);
        EXPECT_EQ(verdict.broken_seq, 2);
        EXPECT_THAT(verdict.broken_how, HasSubstr("changed"));
        if (engine() == sql::Engine::sqlite) {
            close();
            std::filesystem::remove(folder() / "pulse.db");
        }
    }
}

TEST_P(AuditTest, FindsARowThatIsMissing) {
    append(3, session());
    without_triggers("DELETE FROM audit_log WHERE seq = 2");

    EXPECT_EQ(verified().broken_seq, 2);
    EXPECT_THAT(verified().broken_how, HasSubstr("missing"));
}

TEST_P(AuditTest, FindsACutEndByTheHashThatIsExpected) {
    append(3, session());
    const std::string noted = verified().last_hash;
    append(1, session());
    EXPECT_EQ(verified(noted).broken_seq, 0) << "the chain may have grown";
    without_triggers("DELETE FROM audit_log WHERE seq >= 3");

    EXPECT_EQ(verified().broken_seq, 0);
    EXPECT_EQ(verified(noted).broken_seq, 3);
    EXPECT_THAT(verified(noted).broken_how, HasSubstr("cut off"));
}

TEST_P(AuditTest, WalksMoreThanOnePage) {
    auto transaction = sql::Transaction::begin(session());
    ASSERT_TRUE(transaction);
    for (int i = 0; i < 2'050; ++i) {
        ASSERT_TRUE(append_audit(session(), sample_entry()));
    }
    ASSERT_TRUE(transaction->commit());

    EXPECT_EQ(verified().rows, 2'050);
}

PULSE_ON_BOTH_ENGINES(AuditTest);

}  // namespace
}  // namespace pulse::storage::tests
