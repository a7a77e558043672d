#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "policy/limits/period_counter.h"
#include "policy/limits/sliding_rate.h"
#include "policy/limits/window.h"
#include "policy/quota_store.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace pulse::policy {

/// What one admitted request holds of its key's counters, and what it must give back or pay. Value.
struct Hold {
    static constexpr std::int64_t kNotCounted = -1;

    Money ceiling;
    std::int64_t tokens = 0;
    std::int64_t token_bucket = kNotCounted;  ///< of tokens per minute
    std::array<std::uint32_t, kPeriodCount>
        windows{};  ///< serial of the window per period; 0: none
};

/// The counters of one key and the whole rule of admission on them: pure, time is a parameter. The
/// embedded store puts a lock around it. In every window and at every moment spent + reserved <=
/// limit, as long as no request costs more than its ceiling. Value; not thread-safe.
class KeyCounters {
public:
    /// Checks every limit of the key's policy, the one with the longest wait first, then applies
    /// all of them. A refusal counts nothing. `hold` is written when the verdict is yes.
    [[nodiscard]] Verdict admit(const Ask& ask, const WindowCalendar& calendar, Hold& hold);

    /// The end of what was admitted with `hold`: each hold is settled once. Money and tokens go to
    /// the windows of admission; those that have ended are no longer counted anywhere.
    void settle(const Hold& hold, Money cost, std::int64_t tokens, TimePoint now);
    /// The end of what was never sent.
    void release(const Hold& hold);

    /// Adds what was spent before this process began.
    void restore(Period period, Money spent, TimePoint now, const WindowCalendar& calendar);

    [[nodiscard]] Standing standing(
        const Policy& policy, TimePoint now, const WindowCalendar& calendar);

    /// Nothing runs and nothing that is counted matters any more.
    [[nodiscard]] bool is_idle(TimePoint now) const;
    [[nodiscard]] std::int64_t running() const { return running_; }

private:
    void advance(const Policy& policy, TimePoint now, const WindowCalendar& calendar);
    [[nodiscard]] std::optional<Verdict> find_refusal(const Ask& ask, std::int64_t tokens) const;
    [[nodiscard]] std::optional<Verdict> find_rate_refusal(
        const Ask& ask, std::int64_t tokens) const;
    [[nodiscard]] Hold apply(const Ask& ask, std::int64_t tokens);
    [[nodiscard]] RateState rates(const Policy& policy, TimePoint now) const;
    [[nodiscard]] PeriodCounter& counter(Period period);
    [[nodiscard]] const PeriodCounter& counter(Period period) const;

    std::int64_t running_ = 0;
    std::unique_ptr<SlidingRate> requests_;  ///< where the policy has, or had, a limit per minute
    std::unique_ptr<SlidingRate> tokens_;
    std::vector<PeriodCounter> periods_;  ///< of what the policy limits, or did
};

}  // namespace pulse::policy
