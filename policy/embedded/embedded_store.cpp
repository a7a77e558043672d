#include "policy/embedded/embedded_store.h"

#include "base/assert.h"
#include "policy/embedded/detail/reservation_table.h"
#include "policy/limits/admission.h"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace pulse::policy {
namespace {

using detail::AccountHold;
using detail::ReservationTable;

constexpr std::size_t kShards = 64;
constexpr std::size_t kSweepMin = 64;
constexpr std::size_t kCacheLine = 64;

/// Names a scope's counters.
struct ScopeKey {
    std::string_view org;
    Scope scope = Scope::key;
    std::string_view id;

    explicit ScopeKey(const ScopeLimits& limits)
        : org(limits.org), scope(limits.scope), id(limits.id) {}
    explicit ScopeKey(const SpentBefore& before)
        : org(before.org), scope(before.scope), id(before.id) {}
};

struct OwnedScopeKey {
    std::string org;
    Scope scope = Scope::key;
    std::string id;
};

struct ScopeHash {
    using is_transparent = void;
    template <class Key>
    std::size_t operator()(const Key& key) const {
        const std::hash<std::string_view> text;
        return text(key.id) ^ (text(key.org) * 31) ^ static_cast<std::size_t>(key.scope);
    }
};

struct ScopeEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        return a.scope == b.scope && std::string_view{a.id} == std::string_view{b.id} &&
               std::string_view{a.org} == std::string_view{b.org};
    }
};

}  // namespace

namespace detail {

/// One scope's counters and the lock they are under: its organisation's.
struct Account {
    explicit Account(std::mutex& guard) : mutex(guard) {}
    std::mutex& mutex;
    ScopeCounters counters PULSE_GUARDED_BY(mutex);
};

}  // namespace detail

struct EmbeddedQuotaStore::State {
    using Accounts = std::unordered_map<OwnedScopeKey, detail::Account, ScopeHash, ScopeEqual>;

    /// Accounts never move, and one with a running request is never dropped: a reservation may
    /// point to it.
    struct alignas(kCacheLine) AccountShard {
        std::mutex mutex;
        Accounts accounts PULSE_GUARDED_BY(mutex);
        std::vector<CountedScope> scopes PULSE_GUARDED_BY(mutex);  ///< of the request at hand
        std::vector<ScopeHold> holds PULSE_GUARDED_BY(mutex);
        std::size_t sweep_at PULSE_GUARDED_BY(mutex) = kSweepMin;
    };
    /// settle() knows the request's id and not its scopes, so that reservations are spread by their
    /// own id. Its lock and an account's are never held together.
    struct alignas(kCacheLine) ReservationShard {
        std::mutex mutex;
        ReservationTable table PULSE_GUARDED_BY(mutex);
    };

    explicit State(WindowCalendar zone) : calendar(std::move(zone)) {}

    AccountShard& shard_of(std::string_view org) {
        return accounts[std::hash<std::string_view>{}(org) % kShards];
    }
    ReservationShard& shard_of(const Uuid& id) {
        // The table uses the low bits.
        return reservations[(detail::hash_of(id) >> 24U) % kShards];
    }

    /// Drops what is idle when there is much. The shard is locked by the caller, here and below.
    static void make_room(AccountShard& shard, TimePoint now);
    /// The scope's account, a new one if there is none.
    static detail::Account& account(AccountShard& shard, const ScopeKey& key);
    [[nodiscard]] Verdict admit(const Ask& ask, ReservationTable::Reservation& reservation);
    [[nodiscard]] std::optional<ReservationTable::Reservation> take(const Uuid& id);
    static void settle(
        ReservationTable::Reservation& reservation, Money cost, std::int64_t tokens, TimePoint now);

    const WindowCalendar calendar;
    std::array<AccountShard, kShards> accounts;
    std::array<ReservationShard, kShards> reservations;
};

void EmbeddedQuotaStore::State::make_room(AccountShard& shard, TimePoint now) {
    // Looking at all when their number has doubled costs each new one a look or two.
    if (shard.accounts.size() >= shard.sweep_at) {
        std::erase_if(
            shard.accounts, [&](const auto& known) { return known.second.counters.is_idle(now); });
        shard.sweep_at = std::max(kSweepMin, 2 * shard.accounts.size());
    }
}

detail::Account& EmbeddedQuotaStore::State::account(AccountShard& shard, const ScopeKey& key) {
    const auto found = shard.accounts.find(key);
    if (found != shard.accounts.end()) {
        return found->second;
    }
    return shard.accounts
        .try_emplace(
            OwnedScopeKey{std::string{key.org}, key.scope, std::string{key.id}}, shard.mutex)
        .first->second;
}

Verdict EmbeddedQuotaStore::State::admit(
    const Ask& ask, ReservationTable::Reservation& reservation) {
    AccountShard& shard = shard_of(ask.scopes.front()->org);
    const std::lock_guard lock{shard.mutex};
    reservation.scopes = ask.scopes.size();
    if (reservation.scopes > reservation.first.size()) {
        reservation.more.resize(reservation.scopes);
    }
    const std::span<AccountHold> places = reservation.holds();
    shard.scopes.clear();
    shard.holds.assign(reservation.scopes, {});
    make_room(shard, ask.now);
    for (std::size_t i = 0; i < reservation.scopes; ++i) {
        places[i].account = &account(shard, ScopeKey{*ask.scopes[i]});
        shard.scopes.push_back({ask.scopes[i], &places[i].account->counters});
    }
    const Verdict verdict = policy::admit(
        shard.scopes,
        {.ceiling = reservation.ceiling, .tokens = reservation.tokens, .now = ask.now},
        calendar,
        shard.holds);
    for (std::size_t i = 0; i < reservation.scopes; ++i) {
        places[i].hold = shard.holds[i];
    }
    return verdict;
}

std::optional<ReservationTable::Reservation> EmbeddedQuotaStore::State::take(const Uuid& id) {
    ReservationShard& shard = shard_of(id);
    const std::lock_guard lock{shard.mutex};
    return shard.table.take(id);
}

void EmbeddedQuotaStore::State::settle(
    ReservationTable::Reservation& reservation, Money cost, std::int64_t tokens, TimePoint now) {
    const std::lock_guard lock{reservation.holds().front().account->mutex};
    for (const AccountHold& place : reservation.holds()) {
        place.account->counters.settle(
            place.hold,
            {.ceiling = reservation.ceiling, .tokens = reservation.tokens, .now = now},
            cost,
            tokens,
            now);
    }
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
        State::AccountShard& shard = state_->shard_of(before.org);
        const std::lock_guard lock{shard.mutex};
        State::account(shard, ScopeKey{before})
            .counters.restore(
                before.period,
                before.spent,
                now,
                before.calendar ? *before.calendar : state_->calendar);
    }
}

void EmbeddedQuotaStore::drop_gone(std::span<const ScopeLimits* const> limited) {
    std::unordered_set<ScopeKey, ScopeHash, ScopeEqual> known;
    known.reserve(limited.size());
    for (const ScopeLimits* limits : limited) {
        known.insert(ScopeKey{*limits});
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
    if (ask.scopes.empty()) {
        handler.on_verdict(verdict);
        return;
    }
    ReservationTable::Reservation reservation;
    reservation.id = ask.id;
    reservation.ceiling = ask.ceiling;
    reservation.tokens = bounded_tokens(ask.tokens);
    verdict = state_->admit(ask, reservation);
    if (verdict.admitted) {
        bool is_new = false;
        {
            State::ReservationShard& shard = state_->shard_of(ask.id);
            const std::lock_guard lock{shard.mutex};
            is_new = shard.table.insert(std::move(reservation));
        }
        if (!is_new) {
            State::settle(reservation, {}, 0, ask.now);
            verdict = Verdict{};
            verdict.message = "request id " + ask.id.to_string() + " holds a reservation already";
        }
    }
    handler.on_verdict(verdict);
}

void EmbeddedQuotaStore::abandon(const Uuid& id, VerdictHandler& /*handler*/) {
    if (auto reservation = state_->take(id)) {
        State::settle(*reservation, {}, 0, TimePoint{});
    }
}

void EmbeddedQuotaStore::settle(const Settlement& settlement) {
    if (auto reservation = state_->take(settlement.id)) {
        State::settle(
            *reservation, settlement.cost, bounded_tokens(settlement.tokens), settlement.now);
    }
}

void EmbeddedQuotaStore::charge(
    std::span<const ScopeLimits* const> scopes, Money cost, TimePoint now) {
    for (const ScopeLimits* limits : scopes) {
        State::AccountShard& shard = state_->shard_of(limits->org);
        const std::lock_guard lock{shard.mutex};
        ScopeCounters& counters = State::account(shard, ScopeKey{*limits}).counters;
        counters.advance(*limits, now, limits->calendar ? *limits->calendar : state_->calendar);
        counters.charge(cost);
    }
}

void EmbeddedQuotaStore::ask_standing(
    std::span<const ScopeLimits* const> scopes, TimePoint now, StandingHandler& handler) {
    handler.on_standing(standing(scopes, now));
}

void EmbeddedQuotaStore::forget(StandingHandler& /*handler*/) {}

Standing EmbeddedQuotaStore::standing(std::span<const ScopeLimits* const> scopes, TimePoint now) {
    if (scopes.empty()) {
        return {};
    }
    State::AccountShard& shard = state_->shard_of(scopes.front()->org);
    const std::lock_guard lock{shard.mutex};
    std::vector<ScopeCounters> untouched(scopes.size());
    shard.scopes.clear();
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const auto found = shard.accounts.find(ScopeKey{*scopes[i]});
        shard.scopes.push_back(
            {scopes[i], found == shard.accounts.end() ? &untouched[i] : &found->second.counters});
    }
    return standing_of(shard.scopes, now, state_->calendar);
}

std::size_t EmbeddedQuotaStore::reservations_open() const {
    std::size_t open = 0;
    for (State::ReservationShard& shard : state_->reservations) {
        const std::lock_guard lock{shard.mutex};
        open += shard.table.size();
    }
    return open;
}

std::size_t EmbeddedQuotaStore::scopes_counted() const {
    std::size_t counted = 0;
    for (State::AccountShard& shard : state_->accounts) {
        const std::lock_guard lock{shard.mutex};
        counted += shard.accounts.size();
    }
    return counted;
}

}  // namespace pulse::policy
