#pragma once

#include "base/clock.h"
#include "policy/limits/window.h"
#include "policy/redis/numbers.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::policy::redis {

/// The windows of all periods at some moment.
struct OpenWindows {
    NumberText text;  ///< begin and end of hour, day, week, month and total
    TimePoint from;   ///< for all moments from this one ...
    TimePoint to;     ///< ... until before this one they are the same
};

/// One organisation's keys in the server, and what a worker knows of it. Lives on one worker.
class Organisation {
public:
    explicit Organisation(const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }
    /// pulse:{NAME}:counters, and so on: one hash tag, one slot.
    [[nodiscard]] const std::string& counters() const { return counters_; }
    [[nodiscard]] const std::string& leases() const { return leases_; }
    [[nodiscard]] std::string holds_of(std::string_view holder) const;
    [[nodiscard]] std::string charged_of(std::string_view holder) const;
    /// Of the one that restores the counters.
    [[nodiscard]] std::string opening() const { return prefix_ + "opening"; }
    [[nodiscard]] std::string posted_of(std::string_view holder) const;
    [[nodiscard]] std::string spend_of(std::string_view id) const;

    /// The open windows at `at`; computed once an hour.
    [[nodiscard]] const OpenWindows& windows(const WindowCalendar& calendar, TimePoint at);

    /// Of the counters, as far as this worker knows: they were made or restored under it. Empty:
    /// not known yet, or lost.
    std::string epoch;
    bool is_opening = false;
    /// It had an epoch, and the server has another one or none.
    bool is_lost = false;
    /// What is held here has been, or is to be, said to the server for counters to come.
    bool must_post = false;
    std::size_t posts_waiting = 0;
    /// Until then every gateway can say what it holds; before that nobody restores the counters.
    SteadyTime gather_until;
    bool is_gathering = false;
    /// When somebody last needed what is held ahead of calls, as far as was heard: the server's
    /// time in microseconds.
    std::int64_t wanted = 0;
    /// Waiting for what is held ahead did not help: not again before then.
    SteadyTime no_waiting_until;
    /// Calls have failed: whether it is the same server that answers is asked before the next one.
    bool is_unsure = false;
    bool is_in_use = false;  ///< calls came lately
    /// The server's time less the callers'.
    TimePoint::duration ahead{0};

private:
    std::string name_;
    std::string prefix_;
    std::string counters_;
    std::string leases_;
    OpenWindows windows_;
    Window hour_;
    const WindowCalendar* calendar_ = nullptr;
};

}  // namespace pulse::policy::redis
