#include "policy/embedded/embedded_store.h"

#include "base/assert.h"
#include "policy/embedded/detail/reservation_table.h"
#include "policy/limits/key_counters.h"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace pulse::policy {
namespace {

using detail::ReservationTable;

constexpr std::size_t kShards = 64;
constexpr std::size_t kSweepMin = 64;
constexpr std::size_t kCacheLine = 64;

/// A key's id with its hash: computed once for the shard and the map.
struct HashedId {
    const KeyId& id;
    std::size_t hash = std::hash<KeyId>{}(id);
};

struct IdHash {
    using is_transparent = void;
    std::size_t operator()(const KeyId& id) const { return std::hash<KeyId>{}(id); }
    std::size_t operator()(const HashedId& id) const { return id.hash; }
};

struct IdEqual {
    using is_transparent = void;
    bool operator()(const KeyId& a, const KeyId& b) const { return a == b; }
    bool operator()(const HashedId& a, const KeyId& b) const { return a.id == b; }
    bool operator()(const KeyId& a, const HashedId& b) const { return a == b.id; }
};

}  // namespace

namespace detail {

/// One key's counters and the lock they are under.
struct Account {
    explicit Account(std::mutex& guard) : mutex(guard) {}
    std::mutex& mutex;
    KeyCounters counters PULSE_GUARDED_BY(mutex);
};

}  // namespace detail

struct EmbeddedQuotaStore::State {
    using Accounts = std::unordered_map<KeyId, detail::Account, IdHash, IdEqual>;

    /// Accounts never move, and one with a running request is never dropped: a reservation may
    /// point to it.
    struct alignas(kCacheLine) AccountShard {
        std::mutex mutex;
        Accounts accounts PULSE_GUARDED_BY(mutex);
        std::size_t sweep_at PULSE_GUARDED_BY(mutex) = kSweepMin;
    };
    /// settle() knows the request's id and not its key, so that reservations are spread by their
    /// own id. Its lock and an account's are never held together.
    struct alignas(kCacheLine) ReservationShard {
        std::mutex mutex;
        ReservationTable table PULSE_GUARDED_BY(mutex);
    };

    explicit State(WindowCalendar zone) : calendar(std::move(zone)) {}

    AccountShard& shard_of(const HashedId& id) { return accounts[id.hash / 7 % kShards]; }
    ReservationShard& shard_of(const Uuid& id) {
        // The table uses the low bits.
        return reservations[(detail::hash_of(id) >> 24U) % kShards];
    }

    /// The key's account, a new one if there is none. The shard is locked by the caller.
    static detail::Account& account(AccountShard& shard, const HashedId& id, TimePoint now);
    [[nodiscard]] std::optional<ReservationTable::Reservation> take(const Uuid& id);

    const WindowCalendar calendar;
    std::array<AccountShard, kShards> accounts;
    std::array<ReservationShard, kShards> reservations;
};

detail::Account& EmbeddedQuotaStore::State::account(
    AccountShard& shard, const HashedId& id, TimePoint now) {
    const auto found = shard.accounts.find(id);
    if (found != shard.accounts.end()) {
        return found->second;
    }
    // Looking at all when their number has doubled costs each new one a look or two.
    if (shard.accounts.size() >= shard.sweep_at) {
        std::erase_if(
            shard.accounts, [&](const auto& known) { return known.second.counters.is_idle(now); });
        shard.sweep_at = std::max(kSweepMin, 2 * shard.accounts.size());
    }
    return shard.accounts.try_emplace(id.id, shard.mutex).first->second;
}

std::optional<ReservationTable::Reservation> EmbeddedQuotaStore::State::take(const Uuid& id) {
    ReservationShard& shard = shard_of(id);
    const std::lock_guard lock{shard.mutex};
    return shard.table.take(id);
}

EmbeddedQuotaStore::EmbeddedQuotaStore(WindowCalendar calendar)
    : state_(std::make_unique<State>(std::move(calendar))) {}

EmbeddedQuotaStore::EmbeddedQuotaStore(std::string_view time_zone) {
    Result<WindowCalendar> calendar = WindowCalendar::open(time_zone);
    PULSE_ASSERT(calendar.has_value());
    state_ = std::make_unique<State>(std::move(*calendar));
}

EmbeddedQuotaStore::~EmbeddedQuotaStore() = default;

void EmbeddedQuotaStore::restore(const std::vector<SpentBefore>& spent, TimePoint now) {
    for (const SpentBefore& before : spent) {
        const HashedId id{before.key};
        State::AccountShard& shard = state_->shard_of(id);
        const std::lock_guard lock{shard.mutex};
        State::account(shard, id, now)
            .counters.restore(before.period, before.spent, now, state_->calendar);
    }
}

void EmbeddedQuotaStore::drop_gone(const KeyDirectory& keys) {
    std::unordered_set<KeyId> known;
    known.reserve(keys.keys().size());
    for (const KeyRecord& key : keys.keys()) {
        known.insert(key.id);
    }
    for (State::AccountShard& shard : state_->accounts) {
        const std::lock_guard lock{shard.mutex};
        std::erase_if(shard.accounts, [&](const auto& entry) {
            return entry.second.counters.running() == 0 && !known.contains(entry.first);
        });
    }
}

void EmbeddedQuotaStore::admit(const Ask& ask, VerdictHandler& handler) {
    Verdict verdict;
    verdict.admitted = true;
    if (!ask.key->policy.has_limits()) {
        handler.on_verdict(verdict);
        return;
    }
    ReservationTable::Reservation reservation{ask.id, nullptr, {}};
    {
        const HashedId id{ask.key->id};
        State::AccountShard& shard = state_->shard_of(id);
        const std::lock_guard lock{shard.mutex};
        detail::Account& account = State::account(shard, id, ask.now);
        verdict = account.counters.admit(ask, state_->calendar, reservation.hold);
        reservation.account = &account;
    }
    if (verdict.admitted) {
        bool is_new = false;
        {
            State::ReservationShard& shard = state_->shard_of(ask.id);
            const std::lock_guard lock{shard.mutex};
            is_new = shard.table.insert(reservation);
        }
        if (!is_new) {
            const std::lock_guard lock{reservation.account->mutex};
            reservation.account->counters.release(reservation.hold);
            verdict = Verdict{};
            verdict.message = "request id " + ask.id.to_string() + " holds a reservation already";
        }
    }
    handler.on_verdict(verdict);
}

void EmbeddedQuotaStore::abandon(const Uuid& id, VerdictHandler& /*handler*/) {
    if (const auto reservation = state_->take(id)) {
        const std::lock_guard lock{reservation->account->mutex};
        reservation->account->counters.release(reservation->hold);
    }
}

void EmbeddedQuotaStore::settle(const Settlement& settlement) {
    if (const auto reservation = state_->take(settlement.id)) {
        const std::lock_guard lock{reservation->account->mutex};
        reservation->account->counters.settle(
            reservation->hold, settlement.cost, settlement.tokens, settlement.now);
    }
}

Standing EmbeddedQuotaStore::standing(const KeyRecord& key, TimePoint now) {
    const HashedId id{key.id};
    State::AccountShard& shard = state_->shard_of(id);
    const std::lock_guard lock{shard.mutex};
    const auto found = shard.accounts.find(id);
    if (found == shard.accounts.end()) {
        return KeyCounters{}.standing(key.policy, now, state_->calendar);
    }
    return found->second.counters.standing(key.policy, now, state_->calendar);
}

std::size_t EmbeddedQuotaStore::reservations_open() const {
    std::size_t open = 0;
    for (State::ReservationShard& shard : state_->reservations) {
        const std::lock_guard lock{shard.mutex};
        open += shard.table.size();
    }
    return open;
}

std::size_t EmbeddedQuotaStore::keys_counted() const {
    std::size_t counted = 0;
    for (State::AccountShard& shard : state_->accounts) {
        const std::lock_guard lock{shard.mutex};
        counted += shard.accounts.size();
    }
    return counted;
}

}  // namespace pulse::policy
