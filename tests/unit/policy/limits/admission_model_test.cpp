#include "policy/limits/admission.h"
#include "tests/unit/policy/support.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::kStart;

constexpr std::int64_t kBuckets = 21;

/// The rule of a minute with debts, one bucket after the other and without any short cut.
class PlainRate {
public:
    explicit PlainRate(std::int64_t limit) : limit_(limit) {}

    void advance(TimePoint now) {
        for (const std::int64_t bucket = (now - kStart) / 3s; now_ < bucket;) {
            ++now_;
            pay();
        }
    }
    [[nodiscard]] std::int64_t used() const {
        std::int64_t sum = debt_;
        for (const auto& [bucket, amount] : counted_) {
            sum += bucket > now_ - kBuckets ? amount : 0;
        }
        return sum;
    }
    std::int64_t add(std::int64_t amount) {
        counted_[now_] += amount;
        return now_;
    }
    void correct(std::int64_t bucket, std::int64_t by) {
        if (by < 0) {
            counted_[bucket] += by;
        } else {
            debt_ += by;
        }
        pay();
    }

private:
    void pay() {
        const std::int64_t free = std::max<std::int64_t>(0, limit_ - (used() - debt_));
        const std::int64_t paid = std::min(free, debt_);
        counted_[now_] += paid;
        debt_ -= paid;
        std::erase_if(
            counted_, [&](const auto& entry) { return entry.first < now_ - 2 * kBuckets; });
    }

    std::int64_t limit_;
    std::int64_t now_ = 0;
    std::int64_t debt_ = 0;
    std::map<std::int64_t, std::int64_t> counted_;
};

struct Running {
    ScopeHold hold;
    Need need;
    std::int64_t day = 0;
    std::int64_t hour = 0;
    std::int64_t bucket = 0;
    std::int64_t tokens = 0;
    Int128 ceiling = 0;
};

/// Everything one scope is allowed, counted in the plainest way: a map per window.
class PlainCounters {
public:
    static constexpr std::int64_t kRequestsPerMinute = 25;
    static constexpr std::int64_t kTokensPerMinute = 3'000;
    static constexpr std::int64_t kRequestsPerDay = 4'000;
    static constexpr std::int64_t kTokensPerDay = 400'000;
    static constexpr std::int64_t kParallel = 8;
    static constexpr Int128 kPerHour = 9'000;
    static constexpr Int128 kPerDay = 100'000;

    [[nodiscard]] static Policy policy() {
        Policy policy;
        policy.requests_per_minute = kRequestsPerMinute;
        policy.tokens_per_minute = kTokensPerMinute;
        policy.requests_per_day = kRequestsPerDay;
        policy.tokens_per_day = kTokensPerDay;
        policy.max_parallel_requests = kParallel;
        policy.budgets = {
            Budget{Scope::key, Period::hour, Money::from_pico(kPerHour), "USD", false},
            Budget{Scope::key, Period::day, Money::from_pico(kPerDay), "USD", false}};
        return policy;
    }

    [[nodiscard]] bool admit(TimePoint now, std::int64_t tokens, Int128 ceiling, Running& out) {
        requests_.advance(now);
        tokens_.advance(now);
        const std::int64_t day = (now - kStart) / 24h;
        const std::int64_t hour = (now - kStart) / 1h;
        const bool fits =
            requests_.used() < kRequestsPerMinute && tokens_.used() + tokens <= kTokensPerMinute &&
            day_requests_[day] < kRequestsPerDay && day_tokens_[day] + tokens <= kTokensPerDay &&
            running_ < kParallel && spent_[hour] + held_[hour] + ceiling <= kPerHour &&
            day_spent_[day] + day_held_[day] + ceiling <= kPerDay;
        if (fits) {
            ++running_;
            requests_.add(1);
            out.bucket = tokens_.add(tokens);
            ++day_requests_[day];
            day_tokens_[day] += tokens;
            held_[hour] += ceiling;
            day_held_[day] += ceiling;
            out.day = day;
            out.hour = hour;
            out.tokens = tokens;
            out.ceiling = ceiling;
        }
        return fits;
    }
    void settle(const Running& run, Int128 cost, std::int64_t tokens, TimePoint now) {
        --running_;
        day_tokens_[run.day] += tokens - run.tokens;
        held_[run.hour] -= run.ceiling;
        spent_[run.hour] += cost;
        day_held_[run.day] -= run.ceiling;
        day_spent_[run.day] += cost;
        tokens_.advance(now);
        tokens_.correct(run.bucket, tokens - run.tokens);
    }
    [[nodiscard]] Int128 spent(TimePoint now) { return spent_[(now - kStart) / 1h]; }
    [[nodiscard]] Int128 held(TimePoint now) { return held_[(now - kStart) / 1h]; }

private:
    std::int64_t running_ = 0;
    PlainRate requests_{kRequestsPerMinute};
    PlainRate tokens_{kTokensPerMinute};
    std::map<std::int64_t, std::int64_t> day_requests_;
    std::map<std::int64_t, std::int64_t> day_tokens_;
    std::map<std::int64_t, Int128> spent_;
    std::map<std::int64_t, Int128> held_;
    std::map<std::int64_t, Int128> day_spent_;
    std::map<std::int64_t, Int128> day_held_;
};

class AdmissionModel : public testing::TestWithParam<std::uint64_t> {};

/// Every verdict is compared: none is admitted that does not fit, none is refused that does.
TEST_P(AdmissionModel, AnswersAsThePlainCountersDo) {
    std::mt19937_64 random{GetParam()};
    const auto below = [&](std::int64_t bound) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
    };
    ScopeLimits limits;
    limits.id = "key-1";
    limits.add(PlainCounters::policy());
    const WindowCalendar calendar = WindowCalendar::utc();
    ScopeCounters counters;
    const std::array<CountedScope, 1> scopes{{{&limits, &counters}}};
    PlainCounters plain;
    std::vector<Running> running;
    TimePoint now = kStart;
    std::int64_t admitted = 0;
    std::set<std::string> limits_met;

    for (int i = 0; i < 8'000; ++i) {
        now += std::chrono::milliseconds{below(40) == 0 ? below(400'000) : below(3'000)};
        if (!running.empty() && below(2) == 0) {
            const auto at =
                static_cast<std::size_t>(below(static_cast<std::int64_t>(running.size())));
            const Running run = running[at];
            running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
            const Int128 cost = below(static_cast<std::int64_t>(run.ceiling) + 1);
            const std::int64_t tokens = below(50) == 0 ? below(20'000) : below(run.tokens + 30);
            counters.settle(run.hold, run.need, Money::from_pico(cost), tokens, now);
            plain.settle(run, cost, tokens, now);
        } else {
            Running run;
            const Int128 ceiling = below(400);
            run.need = {Money::from_pico(ceiling), below(500), now};
            const Verdict verdict = admit(scopes, run.need, calendar, {&run.hold, 1});
            ASSERT_EQ(verdict.admitted, plain.admit(now, run.need.tokens, ceiling, run))
                << "step " << i << ": " << verdict.message;
            if (verdict.admitted) {
                running.push_back(run);
                ++admitted;
            } else {
                limits_met.insert(verdict.message.substr(0, verdict.message.find(" reached")));
            }
        }
        const Standing standing = standing_of(scopes, now, calendar);
        ASSERT_TRUE(standing.budgets[0].spent.pico() == plain.spent(now));
        ASSERT_TRUE(standing.budgets[0].reserved.pico() == plain.held(now));
        ASSERT_EQ(standing.parallel_requests, static_cast<std::int64_t>(running.size()));
    }
    EXPECT_GT(admitted, 500);
    EXPECT_GE(limits_met.size(), 6U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AdmissionModel, testing::Values(1U, 2U, 3U, 4U));

}  // namespace
}  // namespace pulse::policy
