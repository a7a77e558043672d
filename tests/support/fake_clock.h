#pragma once

#include "base/clock.h"

namespace pulse::tests {

/// A clock that moves when a test says so.
class FakeClock final : public Clock {
public:
    explicit FakeClock(TimePoint start = TimePoint{std::chrono::seconds{1'767'225'600}}) : now_(start) {}
    [[nodiscard]] TimePoint now() const override { return now_; }
    [[nodiscard]] SteadyTime steady_now() const override { return steady_; }
    void advance(std::chrono::microseconds by) {
        now_ += by;
        steady_ += by;
    }
    void set(TimePoint now) { now_ = now; }

private:
    TimePoint now_;
    SteadyTime steady_{};
};

}  // namespace pulse::tests
