#include "net/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace pulse::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A timer that calls a function.
struct TestTimer {
    TestTimer(Loop& loop, std::function<void()> action_)
        : action(std::move(action_)),
          timer(
              loop, [](void* self) { static_cast<TestTimer*>(self)->action(); }, this) {}
    std::function<void()> action;
    Timer timer;
};

TEST(Loop, RunsPostedTasksInOrderAlsoFromAnotherThread) {
    Loop loop;
    std::vector<int> order;
    loop.post([&] { order.push_back(1); });

    std::thread other{[&] {
        loop.post([&] { order.push_back(2); });
        loop.post([&] { loop.stop(); });
    }};
    other.join();
    loop.run();

    EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(Timer, FiresNeverEarlyAndWithinTwoTicks) {
    Loop loop;
    const auto start = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration waited{};
    TestTimer timer{loop, [&] {
                        waited = std::chrono::steady_clock::now() - start;
                        loop.stop();
                    }};

    timer.timer.arm(70ms);
    loop.run();

    EXPECT_GE(waited, 70ms);
    EXPECT_LT(waited, 70ms + 100ms + 400ms);  // two ticks, and a busy machine
    EXPECT_FALSE(timer.timer.is_armed());
}

TEST(Timer, FiresInTheOrderOfDeadlinesNotOfArming) {
    Loop loop;
    std::vector<int> order;
    TestTimer late{loop, [&] {
                       order.push_back(2);
                       loop.stop();
                   }};
    TestTimer early{loop, [&] {
                        order.push_back(1);
                    }};

    late.timer.arm(160ms);
    early.timer.arm(40ms);
    loop.run();

    EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(Timer, DoesNotFireWhenCancelledOrDestroyed) {
    Loop loop;
    std::vector<int> order;
    TestTimer cancelled{loop, [&] {
                            order.push_back(1);
                        }};
    auto destroyed = std::make_unique<TestTimer>(loop, [&] { order.push_back(2); });
    TestTimer last{loop, [&] {
                       loop.stop();
                   }};

    cancelled.timer.arm(10ms);
    destroyed->timer.arm(10ms);
    last.timer.arm(100ms);
    cancelled.timer.cancel();
    destroyed.reset();
    loop.run();

    EXPECT_THAT(order, IsEmpty());
}

TEST(Timer, MayBeMovedToANewDeadlineWhileItIsArmed) {
    Loop loop;
    const auto start = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration waited{};
    TestTimer timer{loop, [&] {
                        waited = std::chrono::steady_clock::now() - start;
                        loop.stop();
                    }};

    timer.timer.arm(60s);
    timer.timer.arm(20ms);
    loop.run();

    EXPECT_LT(waited, 10s);
}

TEST(Timer, CallbackMayArmItselfAndDestroyAnotherOfTheSameTick) {
    Loop loop;
    std::vector<int> order;
    std::unique_ptr<TestTimer> victim;
    TestTimer killer{loop, [&] {
                         order.push_back(1);
                         victim.reset();
                         if (order.size() == 1) {
                             killer.timer.arm(10ms);
                         } else {
                             loop.stop();
                         }
                     }};
    victim = std::make_unique<TestTimer>(loop, [&] { order.push_back(9); });

    killer.timer.arm(10ms);
    victim->timer.arm(10ms);
    loop.run();

    EXPECT_THAT(order, ElementsAre(1, 1));
}

TEST(Timer, KeepsDeadlinesBeyondOneTurnOfTheWheel) {
    Loop loop;
    bool fired = false;
    TestTimer far{loop, [&] {
                      fired = true;
                  }};
    TestTimer near{loop, [&] {
                       loop.stop();
                   }};

    // Two turns of the wheel and 50 ms: the same slot as a deadline in 50 ms.
    far.timer.arm(2 * 1024 * 50ms + 50ms);
    near.timer.arm(150ms);
    loop.run();

    EXPECT_FALSE(fired);
    EXPECT_TRUE(far.timer.is_armed());
}

}  // namespace
}  // namespace pulse::net
