#include "policy/allotment/allotment_pool.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace pulse::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kChunkOf{2};     // recent use that a chunk is for
constexpr seconds kReserveOf{30};  // recent use that the reserve is for
/// Slower calls are asked for one by one: nothing would be saved.
constexpr std::int64_t kChunkCalls = 20 * RecentUse::kSpan.count();
/// Slower still: a reserve would hold more than it is worth.
constexpr std::int64_t kReserveCalls = 1 * RecentUse::kSpan.count();
/// A chunk that takes fewer calls is not worth its asking.
constexpr std::int64_t kCallsMin = 8;
constexpr milliseconds kChunkAge{2'000};
constexpr milliseconds kReserveAge{10'000};
constexpr milliseconds kReserveAgeMax{300'000};
constexpr milliseconds kIdle{1'000};
constexpr milliseconds kReserveIdle{5'000};
constexpr milliseconds kPauseAfterNothing{1'000};
constexpr milliseconds kPauseAfterGivingBack{5'000};
constexpr std::int64_t kEverything = std::numeric_limits<std::int64_t>::max();
const Money kAllMoney = Money::from_pico(Int128{kEverything} * 1'000'000);

void take_less(std::int64_t& least, const std::optional<std::int64_t>& limit) {
    if (limit) {
        least = std::min(least, *limit / 100);
    }
}

/// Is `a` within a quarter of `b`?
[[nodiscard]] bool is_near(const Amounts& a, const Amounts& b, const LimitedAmounts& limited) {
    const auto near = [](auto one, auto other) {
        const auto apart = one > other ? one - other : other - one;
        return apart <= other / 4;
    };
    return (!limited.cost || near(a.cost.pico(), b.cost.pico())) &&
           (!limited.tokens || near(a.tokens, b.tokens)) &&
           (!limited.requests || near(a.requests, b.requests));
}

}  // namespace

AllotmentPool::AllotmentPool(std::span<const ScopeLimits* const> scopes)
    : hundredth_{kAllMoney, kEverything, kEverything} {
    scopes_.reserve(scopes.size());
    for (const ScopeLimits* one : scopes) {
        scopes_.push_back(*one);
        can_hold_ahead_ = can_hold_ahead_ && !one->max_parallel_requests;
        take_less(hundredth_.requests, one->requests_per_minute);
        take_less(hundredth_.requests, one->requests_per_day);
        take_less(hundredth_.tokens, one->tokens_per_minute);
        take_less(hundredth_.tokens, one->tokens_per_day);
        for (const Budget& budget : one->budgets) {
            if (!budget.soft) {
                hundredth_.cost =
                    std::min(hundredth_.cost, Money::from_pico(budget.limit.pico() / 100));
            }
        }
    }
    for (const ScopeLimits& one : scopes_) {
        pointers_.push_back(&one);
    }
    limited_ = {
        .cost = hundredth_.cost != kAllMoney,
        .tokens = hundredth_.tokens != kEverything,
        .requests = hundredth_.requests != kEverything};
}

bool AllotmentPool::is_of(std::span<const ScopeLimits* const> scopes) const {
    return std::equal(
        scopes.begin(),
        scopes.end(),
        pointers_.begin(),
        pointers_.end(),
        [](const ScopeLimits* a, const ScopeLimits* b) { return *a == *b; });
}

void AllotmentPool::begin(const Need& need) {
    use_.begin(need);
    open_calls_ += 1;
    last_call_ = std::max(last_call_, need.now);
}

void AllotmentPool::end(
    const Need& need, Allotment* from, Money cost, std::int64_t tokens, TimePoint now) {
    use_.end(need, cost, tokens, now);
    open_calls_ -= 1;
    if (from != nullptr) {
        from->end(need, cost, tokens);
    }
}

Allotment* AllotmentPool::find(const Need& need, bool is_store_away) {
    Allotment* found = nullptr;
    if (chunk_ != nullptr && chunk_->fits(need)) {
        found = chunk_.get();
    } else if (is_store_away && reserve_ != nullptr && reserve_->fits(need)) {
        found = reserve_.get();
    }
    if (found != nullptr) {
        last_draw_ = std::max(last_draw_, need.now);
    }
    return found;
}

Verdict AllotmentPool::verdict() const {
    Verdict verdict = state_;
    if (chunk_ != nullptr) {
        // The store counts them when the chunk is closed.
        const Amounts drawn = chunk_->needed();
        verdict.rates.requests_remaining =
            std::max<std::int64_t>(0, verdict.rates.requests_remaining - drawn.requests);
        verdict.rates.tokens_remaining =
            std::max<std::int64_t>(0, verdict.rates.tokens_remaining - drawn.tokens);
    }
    return verdict;
}

std::optional<AllotmentPool::Wanted> AllotmentPool::wants(TimePoint now) {
    if (!can_hold_ahead_ || is_asking_ || now < next_ask_) {
        return std::nullopt;
    }
    if (const auto chunk = chunk_wanted(now)) {
        return Wanted{Kind::chunk, *chunk};
    }
    if (const auto reserve = reserve_wanted(now)) {
        return Wanted{Kind::reserve, *reserve};
    }
    return std::nullopt;
}

std::optional<Amounts> AllotmentPool::chunk_wanted(TimePoint now) {
    if (use_.calls(now) < kChunkCalls) {
        return std::nullopt;
    }
    if (chunk_ != nullptr && chunk_->is_open() && now - chunk_->begins() < kChunkAge) {
        const Amounts left = chunk_->left();
        const Amounts& held = chunk_->held();
        const bool has_much = (!limited_.cost || left.cost.pico() > held.cost.pico() / 4) &&
                              (!limited_.tokens || left.tokens > held.tokens / 4) &&
                              (!limited_.requests || left.requests > held.requests / 4);
        if (has_much) {
            return std::nullopt;
        }
    }
    const Amounts recent = use_.of(kChunkOf, now);
    const Amounts open = use_.peak_open(now);
    const Amounts most = use_.largest(now);
    const Amounts chunk{
        std::min(recent.cost + open.cost, hundredth_.cost),
        std::min(recent.tokens + open.tokens, hundredth_.tokens),
        std::min(recent.requests, hundredth_.requests)};
    const bool is_worth_it =
        (!limited_.cost || chunk.cost.pico() >= most.cost.pico() * kCallsMin) &&
        (!limited_.tokens || chunk.tokens >= most.tokens * kCallsMin) &&
        (!limited_.requests || chunk.requests >= kCallsMin);
    return is_worth_it ? std::optional{chunk} : std::nullopt;
}

std::optional<Amounts> AllotmentPool::reserve_wanted(TimePoint now) {
    if (use_.calls(now) < kReserveCalls) {
        return std::nullopt;
    }
    const Amounts recent = use_.of(kReserveOf, now);
    const Amounts open = use_.peak_open(now);
    const Amounts reserve{recent.cost + open.cost, recent.tokens + open.tokens, recent.requests};
    if (reserve_ != nullptr && now < reserve_->ends()) {
        const auto age = now - reserve_->begins();
        const bool is_good = age < kReserveAge ||
                             (age < kReserveAgeMax && is_near(reserve_->held(), reserve, limited_));
        if (is_good) {
            return std::nullopt;
        }
    }
    return reserve;
}

void AllotmentPool::put(
    Kind kind, std::unique_ptr<Allotment> taken, const Verdict& state, TimePoint now) {
    is_asking_ = false;
    state_ = state;
    state_.admitted = true;
    if (kind == Kind::chunk) {
        close(chunk_);
        chunk_ = std::move(taken);
        last_draw_ = std::max(last_draw_, now);
    } else {
        close(reserve_);
        reserve_ = std::move(taken);
    }
    if (now < next_ask_) {  // everything was given back since it was asked for
        close(chunk_);
        close(reserve_);
    }
}

void AllotmentPool::put_nothing(TimePoint now) {
    is_asking_ = false;
    next_ask_ = now + kPauseAfterNothing;
}

void AllotmentPool::close_old(TimePoint now) {
    if (chunk_ != nullptr && !is_asking_ &&
        (now - last_draw_ >= kIdle || now - chunk_->begins() >= 2 * kChunkAge)) {
        close(chunk_);
    }
    if (reserve_ != nullptr &&
        (now - last_call_ >= kReserveIdle || reserve_->used().requests > 0)) {
        close(reserve_);
    }
}

void AllotmentPool::close_all(TimePoint now) {
    close(chunk_);
    close(reserve_);
    next_ask_ = now + kPauseAfterGivingBack;
}

bool AllotmentPool::is_idle(TimePoint now) {
    return open_calls_ == 0 && !is_asking_ && !holds_any() && closed_.empty() &&
           now - last_call_ > RecentUse::kSpan;
}

void AllotmentPool::close(std::unique_ptr<Allotment>& one) {
    if (one == nullptr) {
        return;
    }
    one->close();
    closed_.push_back(std::move(one));
}

}  // namespace pulse::policy
