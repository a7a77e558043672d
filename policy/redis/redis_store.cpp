#include "policy/redis/redis_store.h"

#include "policy/limits/admission.h"
#include "policy/redis/store_state.h"
#include "policy/redis/verdicts.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberReader;
using redis::Organisation;

}  // namespace

Organisation& RedisQuotaStore::Impl::organisation(const std::string& name) {
    std::unique_ptr<Organisation>& place = organisations[name];
    if (place == nullptr) {
        place = std::make_unique<Organisation>(name);
    }
    return *place;
}

const WindowCalendar& RedisQuotaStore::Impl::calendar_of(
    std::span<const ScopeLimits* const> scopes) const {
    return scopes.front()->calendar ? *scopes.front()->calendar : settings.calendar;
}

/// The callers' time where it counts; the server takes its own for a negative one.
double RedisQuotaStore::Impl::time_sent(TimePoint now) const {
    return settings.uses_callers_time
               ? static_cast<double>(
                     std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch())
                         .count())
               : -1;
}

void RedisQuotaStore::Impl::send(StandingCall& call) {
    Organisation& org = *call.org;
    const auto args = arguments.write(
        org.epoch,
        org.windows(calendar_of(call.scopes), call.now + org.ahead),
        {call.scopes, time_sent(call.now), {}, 0, {}});
    const std::array<std::string_view, 1> keys{org.counters()};
    client.eval(redis::standing_script(), keys, args, call);
}

void RedisQuotaStore::Impl::on_standing_reply(StandingCall& call, const Reply& reply) {
    NumberReader answer{reply.text()};
    const std::int64_t status = reply.is_error() ? 0 : answer.whole();
    const TimePoint store_now = answer.time();
    if (status == redis::kYes) {
        return end_standing(call, redis::read_standing(call.scopes, answer));
    }
    if (status == redis::kOtherWindows && ++call.tries < redis::kTriesMax) {
        call.org->ahead = store_now - call.now;
        return send(call);
    }
    if (status == redis::kOtherEpoch) {
        lose_epoch(*call.org);
        open(*call.org);
    }
    end_standing(
        call, Error{Errc::policy_unavailable, "the policy store's counters are being restored"});
}

void RedisQuotaStore::Impl::end_standing(StandingCall& call, const Result<Standing>& standing) {
    StandingHandler& handler = *call.handler;
    std::erase_if(standings, [&](const auto& one) { return one.get() == &call; });
    handler.on_standing(standing);
}

RedisQuotaStore::RedisQuotaStore(
    net::Loop& loop,
    const Clock& clock,
    RedisStoreSettings settings,
    SpentSource& spent,
    net::redis::NodeObserver* observer)
    : impl_(std::make_unique<Impl>(loop, clock, std::move(settings), spent, observer)) {}

RedisQuotaStore::~RedisQuotaStore() = default;

void RedisQuotaStore::admit(const Ask& ask, VerdictHandler& handler) {
    if (ask.scopes.empty()) {
        Verdict verdict;
        verdict.admitted = true;
        return handler.on_verdict(verdict);
    }
    Impl& store = *impl_;
    if (store.admitting.contains(ask.id) || store.open_calls.contains(ask.id)) {
        Verdict verdict;
        verdict.message = "request id " + ask.id.to_string() + " holds a reservation already";
        return handler.on_verdict(verdict);
    }
    Impl::Pool& pool = store.pool_of(ask.scopes);
    if (const auto verdict =
            store.draw(pool, ask, !store.client.is_available(pool.org->counters()))) {
        return handler.on_verdict(*verdict);
    }
    auto call = store.take_from(store.spare_admits);
    call->org = pool.org;
    call->pool = &pool;
    call->ask = ask;
    call->ask.scopes = pool.calls.scopes();
    call->handler = &handler;
    call->tries = 0;
    call->has_waited = false;
    pool.uses += 1;
    Impl::AdmitCall& sent = *call;
    store.admitting.emplace(ask.id, std::move(call));
    store.send(sent);
}

void RedisQuotaStore::abandon(const Uuid& id, VerdictHandler& /*handler*/) {
    Impl& store = *impl_;
    const auto found = store.admitting.find(id);
    if (found == store.admitting.end()) {
        settle({id, {}, 0, store.clock.now()});
        return;
    }
    Impl::AdmitCall& call = *found->second;
    const bool was_sent = call.is_waiting();
    call.forget();
    std::erase(store.waiting, &call);
    std::erase(store.delayed, &call);
    call.pool->uses -= 1;
    if (was_sent) {
        store.release(*call.org, id, call.ask.now);
    }
    store.spare_admits.push_back(std::move(found->second));
    store.admitting.erase(found);
}

void RedisQuotaStore::settle(const Settlement& settlement) {
    const auto found = impl_->open_calls.find(settlement.id);
    if (found == impl_->open_calls.end()) {
        return;
    }
    const Impl::OpenCall call = found->second;
    impl_->open_calls.erase(found);
    call.pool->calls.end(
        call.need, call.from, settlement.cost, bounded_tokens(settlement.tokens), settlement.now);
    if (call.from == nullptr) {
        impl_->settle(
            *call.pool->org, impl_->settings.holder, settlement, {call.pool, call.need.now, false});
    }
}

void RedisQuotaStore::give_back() {
    impl_->settings.holds_ahead = false;
    for (const auto& [name, org] : impl_->organisations) {
        impl_->give_back(*org, impl_->clock.now());
    }
}

void RedisQuotaStore::restore(const std::vector<SpentBefore>& spent, TimePoint now) {
    for (const SpentBefore& row : spent) {
        impl_->beginnings.push_back({&impl_->organisation(row.org), row, now});
    }
    impl_->send_beginnings();
}

void RedisQuotaStore::prepare(const std::string& org) {
    redis::Organisation& its = impl_->organisation(org);
    if (its.epoch.empty()) {
        impl_->open(its);
    }
}

void RedisQuotaStore::recover(
    const std::string& holder, const std::string& org, std::function<void(bool)> done) {
    impl_->recover(impl_->organisation(org), holder, std::move(done));
}

void RedisQuotaStore::charge(
    std::span<const ScopeLimits* const> scopes, Money cost, TimePoint now) {
    if (scopes.empty()) {
        return;
    }
    auto call = std::make_unique<Impl::SpendCall>(*impl_);
    call->org = &impl_->organisation(scopes.front()->org);
    call->id = UuidGenerator{}.next(now);
    for (const ScopeLimits* limits : scopes) {
        call->scopes.push_back(*limits);
    }
    call->cost = cost;
    call->now = now;
    call->queued_at = impl_->clock.steady_now();
    impl_->spends.push_back(std::move(call));
    impl_->send(*impl_->spends.back());
}

void RedisQuotaStore::ask_standing(
    std::span<const ScopeLimits* const> scopes, TimePoint now, StandingHandler& handler) {
    if (scopes.empty()) {
        return handler.on_standing(Standing{});
    }
    Organisation& org = impl_->organisation(scopes.front()->org);
    if (org.epoch.empty()) {
        impl_->open(org);
        return handler.on_standing(Error{
            Errc::policy_unavailable, "the policy store's counters are being restored; ask again"});
    }
    auto call = std::make_unique<Impl::StandingCall>(*impl_);
    call->org = &org;
    call->scopes.assign(scopes.begin(), scopes.end());
    call->now = now;
    call->handler = &handler;
    impl_->standings.push_back(std::move(call));
    impl_->send(*impl_->standings.back());
}

void RedisQuotaStore::forget(StandingHandler& handler) {
    std::erase_if(impl_->standings, [&](const auto& call) { return call->handler == &handler; });
}

net::redis::NodeState RedisQuotaStore::state() const {
    return impl_->client.state();
}

std::size_t RedisQuotaStore::reservations_open() const {
    return impl_->open_calls.size();
}

std::size_t RedisQuotaStore::settlements_waiting() const {
    return impl_->settling.size() + impl_->unsettled.size() + impl_->spends.size() +
           impl_->allotting.size() + impl_->closed.size();
}

}  // namespace pulse::policy
