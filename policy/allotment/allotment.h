#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/uuid.h"
#include "policy/limits/scope_counters.h"

#include <cstddef>
#include <cstdint>

namespace pulse::policy {

/// What is taken of limits at once.
struct Amounts {
    Money cost;
    std::int64_t tokens = 0;
    std::int64_t requests = 0;
};

/// Which amounts the scopes limit: the others are not held.
struct LimitedAmounts {
    bool cost = false;      ///< a hard budget
    bool tokens = false;    ///< per minute or per day
    bool requests = false;  ///< per minute or per day
};

/// A part of the limits of one set of scopes which the store holds for this worker under one id, so
/// that calls are admitted from it without asking. What its calls may cost never exceeds what is
/// held. Pure; not thread-safe.
class Allotment {
public:
    /// Nothing is drawn from `ends` on: the first of its calendar windows ends then.
    Allotment(
        const Uuid& id,
        const Amounts& held,
        const LimitedAmounts& limited,
        TimePoint begins,
        TimePoint ends);

    [[nodiscard]] bool fits(const Need& need) const;
    void draw(const Need& need);
    /// The end of a call that was drawn: what it did not use can be drawn again.
    void end(const Need& need, Money cost, std::int64_t tokens);
    /// Nothing is drawn any more.
    void close() { is_open_ = false; }

    [[nodiscard]] const Uuid& id() const { return id_; }
    [[nodiscard]] bool is_open() const { return is_open_; }
    [[nodiscard]] TimePoint begins() const { return begins_; }
    [[nodiscard]] TimePoint ends() const { return ends_; }
    [[nodiscard]] std::size_t open_calls() const { return open_calls_; }
    [[nodiscard]] const Amounts& held() const { return held_; }
    /// What can still be drawn, of what is limited.
    [[nodiscard]] Amounts left() const;
    /// What must stay held when it is closed: what its calls have cost, and may still cost.
    [[nodiscard]] Amounts needed() const;
    /// What its calls have cost, when none is open any more the whole truth.
    [[nodiscard]] const Amounts& used() const { return used_; }

private:
    Uuid id_;
    Amounts held_;
    LimitedAmounts limited_;
    TimePoint begins_;
    TimePoint ends_;
    Amounts used_;  ///< cost and tokens of calls that have ended; every request drawn
    Money open_cost_;
    std::int64_t open_tokens_ = 0;
    std::size_t open_calls_ = 0;
    bool is_open_ = true;
};

}  // namespace pulse::policy
