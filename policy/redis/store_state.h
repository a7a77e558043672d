#pragma once

#include "base/assert.h"
#include "base/log.h"
#include "policy/allotment/allotment_pool.h"
#include "policy/embedded/detail/reservation_table.h"
#include "policy/redis/organisation.h"
#include "policy/redis/redis_store.h"
#include "policy/redis/scope_arguments.h"
#include "policy/redis/scripts.h"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// The store in Redis from inside: what its files share; nobody else includes it.
namespace pulse::policy {

namespace redis {

// What scripts answer first.
inline constexpr std::int64_t kOtherEpoch = -1;
inline constexpr std::int64_t kOtherWindows = -2;
inline constexpr std::int64_t kHeldAlready = -3;
inline constexpr std::int64_t kYes = 1;

/// How often a call is sent again because the store's counters or windows are others.
inline constexpr int kTriesMax = 3;
/// A row is in the ledger within that of its call's end, where the ledger is well.
inline constexpr std::chrono::seconds kRowPatience{10};
/// For how long what was charged can be corrected, and what was spent is not counted twice.
inline constexpr std::int64_t kChargedKeptSeconds = std::int64_t{7} * 24 * 3'600;

struct IdHash {
    std::size_t operator()(const Uuid& id) const { return detail::hash_of(id); }
};

[[nodiscard]] inline std::string_view bytes_of(const Uuid& id) {
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace redis

struct RedisQuotaStore::Impl {
    /// The calls of one set of scopes.
    struct Pool {
        Pool(redis::Organisation& its_org, std::span<const ScopeLimits* const> scopes)
            : org(&its_org), calls(scopes) {}
        redis::Organisation* org;
        AllotmentPool calls;
        std::size_t uses = 0;  ///< what points at it: questions, settlements, closed allotments
    };

    /// What a settlement ends.
    struct Held {
        Pool* pool = nullptr;  ///< null: of an earlier life, or not known to be held
        TimePoint admitted;
        bool is_allotment = false;
    };

    /// What a new budget begins with, until the server has confirmed it.
    struct Beginning {
        redis::Organisation* org = nullptr;
        SpentBefore spent;
        TimePoint now;
        bool is_sent = false;
        bool is_done = false;
    };

    /// An end that the server has confirmed, and the ledger may not have yet.
    struct Confirmed {
        Settlement settlement;
        Held held;
        SteadyTime at;
    };

    /// A request that waits for its verdict.
    struct AdmitCall final : net::redis::ReplyHandler {
        explicit AdmitCall(Impl& owner) : store(owner) {}
        void on_reply(const net::redis::Reply& reply) override {
            store.on_admit_reply(*this, reply);
        }
        void on_failure(const net::redis::Failure& failure) override {
            store.on_admit_failure(*this, failure);
        }

        Impl& store;
        redis::Organisation* org = nullptr;
        Pool* pool = nullptr;
        Ask ask;  ///< its scopes are the pool's
        VerdictHandler* handler = nullptr;
        int tries = 0;
        bool has_waited = false;  ///< for what is held ahead of calls to come back
        SteadyTime next_try;      ///< then
    };

    /// An admitted call.
    struct OpenCall {
        Pool* pool = nullptr;
        Allotment* from = nullptr;  ///< null: the store holds it under its own id
        Need need;
    };

    /// A part of the limits on its way to a pool.
    struct AllotCall final : net::redis::ReplyHandler {
        explicit AllotCall(Impl& owner) : store(owner) {}
        void on_reply(const net::redis::Reply& reply) override {
            store.on_allot_reply(*this, reply);
        }
        void on_failure(const net::redis::Failure& failure) override {
            store.on_allot_failure(*this, failure);
        }

        Impl& store;
        Pool* pool = nullptr;
        AllotmentPool::Kind kind = AllotmentPool::Kind::chunk;
        Uuid id;
        TimePoint now;
    };

    /// An allotment from which nothing is drawn any more, and some of whose calls may be open.
    struct Closed {
        Pool* pool = nullptr;
        std::unique_ptr<Allotment> allotment;
        Amounts shrunk_to;
        TimePoint next_shrink;
    };

    /// The end of a hold, until the server has confirmed it.
    struct SettleCall final : net::redis::ReplyHandler {
        explicit SettleCall(Impl& owner) : store(owner) {}
        void on_reply(const net::redis::Reply& reply) override {
            store.on_settle_reply(*this, reply);
        }
        void on_failure(const net::redis::Failure& /*failure*/) override {
            store.settle_again(*this);
        }

        Impl& store;
        redis::Organisation* org = nullptr;
        std::string holder;
        Settlement settlement;
        bool is_release = false;  ///< of what may be admitted later, by a call without an answer
        Held held;
        std::size_t place = 0;  ///< in `settling`
    };

    /// A cost without a hold, until the server has confirmed it.
    struct SpendCall final : net::redis::ReplyHandler {
        explicit SpendCall(Impl& owner) : store(owner) {}
        void on_reply(const net::redis::Reply& reply) override {
            store.on_spend_reply(*this, reply);
        }
        void on_failure(const net::redis::Failure& /*failure*/) override { is_sent = false; }

        Impl& store;
        redis::Organisation* org = nullptr;
        Uuid id;
        std::vector<ScopeLimits> scopes;  ///< its own: directories come and go
        Money cost;
        TimePoint now;
        SteadyTime queued_at;
        bool is_sent = false;
    };

    struct StandingCall final : net::redis::ReplyHandler {
        explicit StandingCall(Impl& owner) : store(owner) {}
        void on_reply(const net::redis::Reply& reply) override {
            store.on_standing_reply(*this, reply);
        }
        void on_failure(const net::redis::Failure& failure) override {
            store.end_standing(*this, Error{Errc::policy_unavailable, failure.text});
        }

        Impl& store;
        redis::Organisation* org = nullptr;
        std::vector<const ScopeLimits*> scopes;
        TimePoint now;
        StandingHandler* handler = nullptr;
        int tries = 0;
    };

    /// A call whose answer is a function's business.
    struct Once final : net::redis::ReplyHandler {
        std::function<void(const net::redis::Reply*)> then;  ///< null: no answer
        Impl* store = nullptr;
        void on_reply(const net::redis::Reply& reply) override { end(&reply); }
        void on_failure(const net::redis::Failure& /*failure*/) override { end(nullptr); }
        void end(const net::redis::Reply* reply) {
            const auto run = std::move(then);
            Impl& owner = *store;
            owner.drop_once(*this);
            run(reply);
        }
    };

    Impl(
        net::Loop& its_loop,
        const Clock& its_clock,
        RedisStoreSettings its_settings,
        SpentSource& source,
        net::redis::NodeObserver* observer)
        : loop(its_loop),
          clock(its_clock),
          settings(std::move(its_settings)),
          spent(source),
          client(its_loop, its_clock, settings.client, observer),
          tick(
              its_loop, [](void* self) { static_cast<Impl*>(self)->on_tick(); }, this) {
        tick.arm(kTick);
    }

    [[nodiscard]] redis::Organisation& organisation(const std::string& name);
    [[nodiscard]] const WindowCalendar& calendar_of(
        std::span<const ScopeLimits* const> scopes) const;
    [[nodiscard]] double time_sent(TimePoint now) const;
    template <class Call>
    [[nodiscard]] std::unique_ptr<Call> take_from(std::vector<std::unique_ptr<Call>>& spare);

    // Admission.
    void send(AdmitCall& call);
    void on_admit_reply(AdmitCall& call, const net::redis::Reply& reply);
    void on_admit_failure(AdmitCall& call, const net::redis::Failure& failure);
    [[nodiscard]] bool try_later(AdmitCall& call);
    void send_delayed(SteadyTime now);
    void end(AdmitCall& call, const Verdict& verdict);
    void refuse_unanswered(AdmitCall& call, std::string_view reason);

    // The end of holds.
    void settle(
        redis::Organisation& org,
        const std::string& holder,
        const Settlement& settlement,
        const Held& held);
    void release(redis::Organisation& org, const Uuid& id, TimePoint now);
    void begin_settlement(std::unique_ptr<SettleCall> call);
    void forget_confirmed(SteadyTime now);
    void send(SettleCall& call);
    void on_settle_reply(SettleCall& call, const net::redis::Reply& reply);
    void begin(std::unique_ptr<SettleCall> call);
    [[nodiscard]] std::unique_ptr<SettleCall> take_out(SettleCall& call);
    void settle_again(SettleCall& call);

    // What is held ahead of calls.
    [[nodiscard]] Pool& pool_of(std::span<const ScopeLimits* const> scopes);
    [[nodiscard]] std::optional<Verdict> draw(Pool& pool, const Ask& ask, bool is_store_away);
    void begin_held(Pool& pool, const Ask& ask);
    void tend(Pool& pool, TimePoint now);
    void tend_all(TimePoint now);
    void on_allot_reply(AllotCall& call, const net::redis::Reply& reply);
    void on_allot_failure(AllotCall& call, const net::redis::Failure& failure);
    void drop(AllotCall& call);
    void take_closed(Pool& pool);
    void end_closed(TimePoint now);
    void shrink(redis::Organisation& org, const Uuid& id, const Amounts& needed, TimePoint now);
    void give_back(redis::Organisation& org, TimePoint now);
    void look_for_want(redis::Organisation& org);

    // What was not held.
    void send(SpendCall& call);
    void on_spend_reply(SpendCall& call, const net::redis::Reply& reply);

    // Standings.
    void send(StandingCall& call);
    void on_standing_reply(StandingCall& call, const net::redis::Reply& reply);
    void end_standing(StandingCall& call, const Result<Standing>& standing);

    // Counters that begin, or begin again (opening.cpp, posting.cpp).
    struct Gathered;
    void open(redis::Organisation& org);
    void open_at(redis::Organisation& org, SteadyTime now);
    void claim(redis::Organisation& org);
    void gather(redis::Organisation& org);
    void gather_next(const std::shared_ptr<Gathered>& gathered);
    void on_spent(const std::shared_ptr<Gathered>& gathered, const SpentSource::Spent& spent);
    void on_epoch(redis::Organisation& org, const std::string& epoch);
    void end_opening(redis::Organisation& org, const std::string& epoch);
    void lose_epoch(redis::Organisation& org);
    void post(redis::Organisation& org);
    void post_next(
        redis::Organisation& org,
        const std::shared_ptr<std::deque<std::vector<std::string>>>& commands);
    void settle_confirmed_again(redis::Organisation& org);
    void adopt(redis::Organisation& org, const std::string& epoch);

    void send_beginnings();

    // Leases.
    void load(const redis::Organisation& org, const net::redis::Script& script);
    void beat(redis::Organisation& org);
    void charge(redis::Organisation& org, const std::string& holder);
    void recover(
        redis::Organisation& org, const std::string& holder, std::function<void(bool)> done);
    void settle_left(
        redis::Organisation& org,
        const std::string& holder,
        const std::vector<Uuid>& ids,
        std::function<void(bool)> done);
    void on_tick();
    void ask_for_fields(const std::string& key, std::function<void(const net::redis::Reply*)> then);
    void command(
        const redis::Organisation& org,
        std::span<const std::string_view> words,
        std::function<void(const net::redis::Reply*)> then);
    void ask(
        const net::redis::Script& script,
        std::span<const std::string_view> keys,
        std::span<const std::string_view> args,
        std::function<void(const net::redis::Reply*)> then);
    void drop_once(Once& call);

    static constexpr std::chrono::milliseconds kTick{100};

    net::Loop& loop;
    const Clock& clock;
    RedisStoreSettings settings;
    SpentSource& spent;
    std::unordered_map<std::string, std::unique_ptr<redis::Organisation>> organisations;
    std::unordered_map<Uuid, std::unique_ptr<AdmitCall>, redis::IdHash> admitting;
    std::unordered_multimap<std::size_t, std::unique_ptr<Pool>> pools;  ///< by their scopes' hash
    std::unordered_map<Uuid, OpenCall, redis::IdHash> open_calls;
    std::vector<std::unique_ptr<AllotCall>> allotting;
    std::vector<Closed> closed;
    std::vector<std::unique_ptr<AdmitCall>> spare_admits;
    std::vector<std::unique_ptr<SettleCall>> settling;
    std::vector<std::unique_ptr<SettleCall>> spare_settles;
    std::deque<std::unique_ptr<SettleCall>> unsettled;  ///< to be sent again
    std::deque<Confirmed> confirmed;
    std::deque<Beginning> beginnings;
    std::vector<std::unique_ptr<SpendCall>> spends;
    std::vector<std::unique_ptr<StandingCall>> standings;
    std::vector<std::unique_ptr<Once>> onces;
    std::vector<AdmitCall*> waiting;  ///< for their organisation to be opened
    std::vector<AdmitCall*> delayed;  ///< for what is held ahead of calls to come back
    UuidGenerator allotment_ids;
    redis::ScopeArguments arguments;
    redis::NumberText amounts;
    SteadyTime next_beat;
    SteadyTime next_look;  ///< for who wants what is held ahead
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    net::redis::Client client;  ///< behind all handlers: it is destroyed first
    net::Timer tick;
};

template <class Call>
std::unique_ptr<Call> RedisQuotaStore::Impl::take_from(std::vector<std::unique_ptr<Call>>& spare) {
    if (spare.empty()) {
        return std::make_unique<Call>(*this);
    }
    std::unique_ptr<Call> taken = std::move(spare.back());
    spare.pop_back();
    return taken;
}

}  // namespace pulse::policy
