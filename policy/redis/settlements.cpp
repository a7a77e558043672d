// The ends of what was held, and costs that were not: they are sent until the server has confirmed
// them.
#include "policy/limits/admission.h"
#include "policy/redis/store_state.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberReader;
using redis::Organisation;

constexpr std::size_t kConfirmedMax = 50'000;
constexpr std::size_t kSettlementsMax = 1'000'000;  // that the server has not confirmed

}  // namespace

void RedisQuotaStore::Impl::settle(
    Organisation& org, const std::string& holder, const Settlement& settlement, const Held& held) {
    std::unique_ptr<SettleCall> call = take_from(spare_settles);
    call->org = &org;
    call->holder = holder;
    call->settlement = settlement;
    call->is_release = false;
    call->held = held;
    begin_settlement(std::move(call));
}

/// Of what may be admitted later, by a call without an answer.
void RedisQuotaStore::Impl::release(Organisation& org, const Uuid& id, TimePoint now) {
    std::unique_ptr<SettleCall> call = take_from(spare_settles);
    call->org = &org;
    call->holder = settings.holder;
    call->settlement = {id, {}, 0, now, 0};
    call->is_release = true;
    call->held = {};
    begin_settlement(std::move(call));
}

void RedisQuotaStore::Impl::begin_settlement(std::unique_ptr<SettleCall> call) {
    if (settling.size() + unsettled.size() >= kSettlementsMax) {
        log_error(
            "a settlement is given up: its hold is charged when the worker's lease ends",
            {{"request", call->settlement.id.to_string()}});
        return;
    }
    if (call->held.pool != nullptr) {
        call->held.pool->uses += 1;
    }
    if (!client.is_available(call->org->counters()) || call->org->epoch.empty()) {
        unsettled.push_back(std::move(call));
        return;
    }
    begin(std::move(call));
}

void RedisQuotaStore::Impl::begin(std::unique_ptr<SettleCall> call) {
    call->place = settling.size();
    settling.push_back(std::move(call));
    send(*settling.back());
}

std::unique_ptr<RedisQuotaStore::Impl::SettleCall> RedisQuotaStore::Impl::take_out(
    SettleCall& call) {
    std::unique_ptr<SettleCall> taken = std::move(settling[call.place]);
    if (call.place + 1 != settling.size()) {
        settling[call.place] = std::move(settling.back());
        settling[call.place]->place = call.place;
    }
    settling.pop_back();
    return taken;
}

void RedisQuotaStore::Impl::send(SettleCall& call) {
    Organisation& org = *call.org;
    amounts.clear();
    amounts.add(call.settlement.cost);
    amounts.add(bounded_tokens(call.settlement.tokens));
    amounts.add(time_sent(call.settlement.now));
    amounts.add(std::int64_t{call.is_release ? 1 : 0});
    amounts.add(call.settlement.requests);
    const std::string holds = org.holds_of(call.holder);
    const std::string charged = org.charged_of(call.holder);
    const std::array<std::string_view, 3> keys{org.counters(), holds, charged};
    const std::array<std::string_view, 3> values{
        org.epoch, redis::bytes_of(call.settlement.id), amounts.text()};
    client.eval(redis::settle_script(), keys, values, call);
}

void RedisQuotaStore::Impl::on_settle_reply(SettleCall& call, const Reply& reply) {
    if (reply.is_error()) {
        log_error("the policy store refused a script", {{"error", std::string{reply.text()}}});
        return settle_again(call);
    }
    NumberReader answer{reply.text()};
    if (answer.whole() == redis::kOtherEpoch) {
        lose_epoch(*call.org);
        return settle_again(call);
    }
    // Its row may not be in the ledger yet, from which the counters would be restored.
    if (call.held.pool != nullptr) {
        confirmed.push_back({call.settlement, call.held, clock.steady_now()});
    }
    spare_settles.push_back(take_out(call));
}

void RedisQuotaStore::Impl::forget_confirmed(SteadyTime now) {
    while (!confirmed.empty() &&
           (now - confirmed.front().at > redis::kRowPatience || confirmed.size() > kConfirmedMax)) {
        confirmed.front().held.pool->uses -= 1;
        confirmed.pop_front();
    }
}

void RedisQuotaStore::Impl::settle_again(SettleCall& call) {
    call.org->is_unsure = true;
    unsettled.push_back(take_out(call));
}

void RedisQuotaStore::Impl::send(SpendCall& call) {
    Organisation& org = *call.org;
    if (org.epoch.empty()) {
        return open(org);
    }
    call.is_sent = true;
    const std::string kept = std::to_string(redis::kChargedKeptSeconds);
    std::vector<const ScopeLimits*> scopes;
    for (const ScopeLimits& limits : call.scopes) {
        scopes.push_back(&limits);
    }
    const auto args = arguments.write(
        org.epoch,
        org.windows(calendar_of(scopes), call.now + org.ahead),
        {scopes, time_sent(call.now), call.cost, 0, kept});
    const std::string place = org.spend_of(call.id.to_string());
    const std::array<std::string_view, 2> keys{org.counters(), place};
    client.eval(redis::spend_script(), keys, args, call);
}

void RedisQuotaStore::Impl::on_spend_reply(SpendCall& call, const Reply& reply) {
    call.is_sent = false;  // on_tick() sends it again
    NumberReader answer{reply.text()};
    const std::int64_t status = reply.is_error() ? redis::kOtherWindows : answer.whole();
    const TimePoint store_now = answer.time();
    if (reply.is_error()) {
        log_error("the policy store refused a script", {{"error", std::string{reply.text()}}});
    } else if (status == redis::kOtherEpoch) {
        lose_epoch(*call.org);
    } else if (status == redis::kOtherWindows) {
        call.org->ahead = store_now - call.now;
    } else {
        std::erase_if(spends, [&](const auto& one) { return one.get() == &call; });
    }
}

}  // namespace pulse::policy
