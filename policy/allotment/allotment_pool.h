#pragma once

#include "base/clock.h"
#include "policy/allotment/allotment.h"
#include "policy/allotment/recent_use.h"
#include "policy/limits/scope_limits.h"
#include "policy/quota_store.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace pulse::policy {

/// The calls of one set of scopes on one worker, and what the store holds for them ahead: a chunk,
/// from which calls are admitted while they come fast, and a reserve, for times in which the store
/// cannot be asked. It says what should be taken and given back; somebody else asks the store.
/// Pure; not thread-safe.
class AllotmentPool {
public:
    /// Of limits that may not be taken ahead, nothing is: `max_parallel_requests` is one, for a
    /// slot that a gateway keeps is one that a call of another waits for.
    explicit AllotmentPool(std::span<const ScopeLimits* const> scopes);

    [[nodiscard]] bool is_of(std::span<const ScopeLimits* const> scopes) const;
    [[nodiscard]] const std::vector<const ScopeLimits*>& scopes() const { return pointers_; }
    [[nodiscard]] const LimitedAmounts& limited() const { return limited_; }

    // Calls, however they were admitted.
    void begin(const Need& need);
    /// `from` is what it was drawn from; null: the store held it for itself.
    void end(const Need& need, Allotment* from, Money cost, std::int64_t tokens, TimePoint now);
    /// What can be drawn from without asking: the chunk, then, while the store cannot be asked, the
    /// reserve. Null: nothing fits.
    [[nodiscard]] Allotment* find(const Need& need, bool is_store_away);
    /// The verdict on a call that was drawn.
    [[nodiscard]] Verdict verdict() const;

    // What is ahead. One question at a time: none is wanted while one is asked.
    enum class Kind : std::uint8_t { chunk, reserve };
    struct Wanted {
        Kind kind = Kind::chunk;
        Amounts amounts;
    };
    [[nodiscard]] std::optional<Wanted> wants(TimePoint now);
    void asked() { is_asking_ = true; }
    /// `state` is the store's word on what was taken: what is left, rates; `now` is when it was
    /// asked.
    void put(Kind kind, std::unique_ptr<Allotment> taken, const Verdict& state, TimePoint now);
    /// The store has none to give, or did not answer.
    void put_nothing(TimePoint now);

    /// Closes what is old, idle or, after the store was away, begun.
    void close_old(TimePoint now);
    /// Somebody needs it more: closes everything, and takes nothing for a while.
    void close_all(TimePoint now);

    /// Closed ones, until whoever asks the store has taken them out: without open calls they are
    /// settled, with some they are made smaller.
    [[nodiscard]] std::vector<std::unique_ptr<Allotment>>& closed() { return closed_; }
    /// No call is open, nothing is held, none came lately.
    [[nodiscard]] bool is_idle(TimePoint now);
    [[nodiscard]] bool holds_any() const { return chunk_ != nullptr || reserve_ != nullptr; }

private:
    [[nodiscard]] std::optional<Amounts> chunk_wanted(TimePoint now);
    [[nodiscard]] std::optional<Amounts> reserve_wanted(TimePoint now);
    void close(std::unique_ptr<Allotment>& one);

    std::vector<ScopeLimits> scopes_;
    std::vector<const ScopeLimits*> pointers_;
    LimitedAmounts limited_;
    bool can_hold_ahead_ = true;
    /// A hundredth of each limit; of what is not limited, all there is.
    Amounts hundredth_;
    RecentUse use_;
    std::size_t open_calls_ = 0;
    std::unique_ptr<Allotment> chunk_;
    std::unique_ptr<Allotment> reserve_;
    std::vector<std::unique_ptr<Allotment>> closed_;
    Verdict state_;
    bool is_asking_ = false;
    TimePoint next_ask_;
    TimePoint last_draw_;
    TimePoint last_call_;
};

}  // namespace pulse::policy
