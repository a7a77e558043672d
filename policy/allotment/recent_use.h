#pragma once

#include "base/clock.h"
#include "policy/allotment/allotment.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pulse::policy {

/// What the calls of one set of scopes used in the last ten seconds, in steps of one. Pure; not
/// thread-safe.
class RecentUse {
public:
    static constexpr std::chrono::seconds kSpan{10};

    void begin(const Need& need);
    void end(const Need& need, Money cost, std::int64_t tokens, TimePoint now);

    /// What `span` takes at the pace of the last ten seconds, without what calls hold meanwhile.
    [[nodiscard]] Amounts of(std::chrono::seconds span, TimePoint now);
    /// The most that calls held at once: their worst cases.
    [[nodiscard]] Amounts peak_open(TimePoint now);
    /// The largest worst case of one call.
    [[nodiscard]] Amounts largest(TimePoint now);
    [[nodiscard]] std::int64_t calls(TimePoint now);

private:
    struct Second {
        std::int64_t at = -1;  ///< seconds since the epoch
        Amounts used;
        Amounts peak;
        Amounts largest;
    };
    [[nodiscard]] Second& second(TimePoint now);
    template <class Visit>
    void visit_recent(TimePoint now, Visit visit) const;

    std::array<Second, 10> ring_{};
    Amounts open_;
    std::int64_t since_ = -1;  ///< second of the first call
};

}  // namespace pulse::policy
