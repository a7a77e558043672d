// The policy store's side of the exchange: what it is asked, and what callers are told when it is
// away or slow.
#include "tests/unit/gateway/exchange_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <ostream>

namespace pulse::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Answers what it is told to, and keeps what it was asked.
class FakeStore final : public policy::QuotaStore {
public:
    explicit FakeStore(policy::Verdict verdict) : verdict_(std::move(verdict)) {}

    void admit(const policy::Ask& ask, policy::VerdictHandler& handler) override {
        {
            const std::scoped_lock lock(mutex_);
            asked_.push_back(ask.on_store_failure);
            scopes_ = ask.scopes.size();
            ++asks_;
            changed_.notify_all();
        }
        if (answers) {
            handler.on_verdict(verdict_);
        }
    }
    void abandon(const Uuid&, policy::VerdictHandler&) override { ++abandoned; }
    void settle(const policy::Settlement&) override { ++settled; }
    void charge(std::span<const policy::ScopeLimits* const>, Money, TimePoint) override {}
    void ask_standing(
        std::span<const policy::ScopeLimits* const>,
        TimePoint,
        policy::StandingHandler& handler) override {
        {
            const std::scoped_lock lock(mutex_);
            ++asks_;
            changed_.notify_all();
        }
        if (answers) {
            handler.on_standing(Error(Errc::policy_unavailable, "The policy store is away."));
        }
    }
    void forget(policy::StandingHandler&) override { ++forgotten; }

    [[nodiscard]] policy::OnStoreFailure last_rule() const {
        const std::scoped_lock lock(mutex_);
        return asked_.back();
    }
    [[nodiscard]] std::size_t scopes() const {
        const std::scoped_lock lock(mutex_);
        return scopes_;
    }

    void await_asks(int count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(
            changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return asks_ >= count; }));
    }

    bool answers = true;
    std::atomic<int> abandoned{0};
    std::atomic<int> settled{0};
    std::atomic<int> forgotten{0};

private:
    policy::Verdict verdict_;
    mutable std::mutex mutex_;
    std::vector<policy::OnStoreFailure> asked_;
    std::size_t scopes_ = 0;
    int asks_ = 0;
    std::condition_variable changed_;
};

[[nodiscard]] policy::Verdict away() {
    policy::Verdict verdict;
    verdict.code = Errc::policy_unavailable;
    verdict.message = "The policy store is away.";
    return verdict;
}

[[nodiscard]] Attribution of_team(std::string team) {
    Attribution attribution;
    attribution.team = std::move(team);
    return attribution;
}

[[nodiscard]] std::string ask(GatewayBench& bench, std::string_view request) {
    ScriptedCaller caller(bench.port());
    caller.send(request);
    return caller.read_answer();
}

struct AwayCase {
    const char* kind;
    const char* path;
    const char* body;
    const char* in_answer;
};

void PrintTo(const AwayCase& away, std::ostream* out) {
    *out << away.kind;
}

class StoreIsAway : public testing::TestWithParam<AwayCase> {};

TEST_P(StoreIsAway, CallersAreToldInTheirDialectWhenToComeBack) {
    FakeStore store(away());
    GatewayBench bench({.provider_kind = GetParam().kind, .store = &store}, {});

    const std::string answer = ask(bench, GatewayBench::post(GetParam().path, GetParam().body));
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("\r\nretry-after: 1\r\n"));
    EXPECT_THAT(answer, HasSubstr(GetParam().in_answer));
    EXPECT_THAT(answer, Not(HasSubstr("x-should-retry")));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().error_code, "policy_unavailable");
    EXPECT_EQ(row->record().outcome, storage::Outcome::refused);
}

INSTANTIATE_TEST_SUITE_P(
    Dialects,
    StoreIsAway,
    testing::Values(
        AwayCase{
            "openai",
            "/v1/chat/completions",
            R"({"model":"m","messages":[]})",
            R"("code":"policy_unavailable")"},
        AwayCase{
            "anthropic",
            "/v1/messages",
            R"({"model":"m","max_tokens":5,"messages":[]})",
            R"("type":"api_error")"},
        AwayCase{
            "gemini",
            "/v1beta/models/m:generateContent",
            R"({"contents":[]})",
            R"("status":"UNAVAILABLE")"},
        AwayCase{"cohere", "/v2/chat", R"({"model":"m","messages":[]})", R"({"message":")"}),
    [](const auto& one) { return std::string(one.param.kind); });

TEST(StoreIsAwayToo, ForTheStandingOfAKey) {
    FakeStore store(away());
    GatewayBench bench({.store = &store}, {});

    const std::string answer = ask(bench, GatewayBench::get("/v1/pulse/key"));

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("retry-after: 1"));
}

TEST(StoreIsAwayToo, AndACallerWhoLeavesIsNoLongerWaitedFor) {
    FakeStore store(away());
    store.answers = false;
    {
        GatewayBench bench({.store = &store}, {});
        ScriptedCaller caller(bench.port());
        caller.send(GatewayBench::get("/v1/pulse/key"));
        ScriptedCaller other(bench.port());
        other.send(GatewayBench::plain_chat());
        store.await_asks(2);
        caller.hang_up();
        other.hang_up();
        // Whatever still waits is ended with the gateway.
    }
    EXPECT_EQ(store.forgotten, 1);
    EXPECT_EQ(store.abandoned, 1);
}

TEST(StoreIsAsked, ByTheStrictestRule) {
    using policy::OnStoreFailure;
    FakeStore store(away());
    const auto rule_of = [&](GatewayBench::Options options) {
        options.store = &store;
        GatewayBench bench(std::move(options), {});
        static_cast<void>(ask(bench, GatewayBench::plain_chat()));
        return store.last_rule();
    };
    const std::string hard = R"({"budgets":[{"period":"day","limit":"1"}]})";

    EXPECT_EQ(rule_of({}), OnStoreFailure::lease);
    EXPECT_EQ(rule_of({.on_store_failure = OnStoreFailure::closed}), OnStoreFailure::closed);
    EXPECT_EQ(
        rule_of(
            {.policy = R"({"on_store_failure":"open"})",
             .on_store_failure = OnStoreFailure::closed}),
        OnStoreFailure::open);
    EXPECT_EQ(
        rule_of({.policy = hard, .on_store_failure = OnStoreFailure::open}), OnStoreFailure::lease)
        << "nothing passes a hard budget uncounted";
}

TEST(StoreIsAsked, ForNoScopeWhereNothingLimits) {
    FakeStore store(away());
    GatewayBench bench({.attribution = of_team("search"), .store = &store}, {});

    static_cast<void>(ask(bench, GatewayBench::plain_chat()));

    EXPECT_EQ(store.scopes(), 0U);
}

TEST(RateFields, StandOnRefusalsToo) {
    policy::Verdict verdict;
    verdict.code = Errc::rate_limited;
    verdict.message = "no";
    verdict.retry_after = std::chrono::milliseconds{1'200};
    verdict.rates = {
        .requests_limit = 10,
        .requests_remaining = 0,
        .requests_reset = std::chrono::milliseconds{1'200},
        .tokens_limit = 500,
        .tokens_remaining = 7};
    FakeStore store(verdict);
    GatewayBench bench({.store = &store}, {});

    const std::string answer = ask(bench, GatewayBench::plain_chat());

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 429"));
    EXPECT_THAT(answer, HasSubstr("\r\nretry-after: 2\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nretry-after-ms: 1200\r\n"));
    EXPECT_THAT(answer, HasSubstr("x-ratelimit-limit-requests: 10"));
    EXPECT_THAT(answer, HasSubstr("x-ratelimit-remaining-requests: 0"));
    EXPECT_THAT(answer, HasSubstr("x-ratelimit-reset-requests: 2s"));
    EXPECT_THAT(answer, HasSubstr("x-ratelimit-limit-tokens: 500"));
    EXPECT_THAT(answer, HasSubstr("x-ratelimit-remaining-tokens: 7"));
}

TEST(RateFields, NameALongWaitWithoutRetryAfter) {
    policy::Verdict verdict;
    verdict.code = Errc::budget_exhausted;
    verdict.message = "no";
    verdict.resets_at = TimePoint{std::chrono::seconds{1'800'000'000}};
    FakeStore store(verdict);
    GatewayBench bench({.store = &store}, {});

    const std::string answer = ask(bench, GatewayBench::plain_chat());

    EXPECT_THAT(answer, HasSubstr("x-pulse-reset-at: 2027-01-15T08:00:00Z"));
    EXPECT_THAT(answer, HasSubstr("x-should-retry: false"));
    EXPECT_THAT(answer, Not(HasSubstr("retry-after")));
}

}  // namespace
}  // namespace pulse::tests
