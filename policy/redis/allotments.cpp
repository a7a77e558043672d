// What is held ahead of calls: taken, drawn from, given back.
#include "policy/limits/admission.h"
#include "policy/redis/store_state.h"
#include "policy/redis/verdicts.h"

#include <algorithm>
#include <charconv>

namespace pulse::policy {
namespace {

using net::redis::Failure;
using net::redis::Reply;
using redis::NumberReader;
using redis::NumberText;

/// A closed allotment is made smaller no more often, as its calls end.
constexpr std::chrono::seconds kShrinkInterval{1};
/// Of one scope's set, so that it does not grow with the length of its texts.
constexpr std::size_t kHashSeed = 14'695'981'039'346'656'037U;
constexpr std::size_t kHashFactor = 1'099'511'628'211U;

[[nodiscard]] std::size_t hash_of(std::span<const ScopeLimits* const> scopes) {
    std::size_t sum = kHashSeed;
    for (const ScopeLimits* one : scopes) {
        sum = (sum ^ std::hash<std::string_view>{}(one->id)) * kHashFactor;
        sum = (sum ^ static_cast<std::size_t>(one->scope)) * kHashFactor;
    }
    return (sum ^ std::hash<std::string_view>{}(scopes.front()->org)) * kHashFactor;
}

[[nodiscard]] Need need_of(const Ask& ask) {
    return {ask.ceiling, bounded_tokens(ask.tokens), ask.now};
}

}  // namespace

RedisQuotaStore::Impl::Pool& RedisQuotaStore::Impl::pool_of(
    std::span<const ScopeLimits* const> scopes) {
    const std::size_t hash = hash_of(scopes);
    const auto [first, last] = pools.equal_range(hash);
    for (auto place = first; place != last; ++place) {
        if (place->second->calls.is_of(scopes)) {
            return *place->second;
        }
    }
    auto made = std::make_unique<Pool>(organisation(scopes.front()->org), scopes);
    return *pools.emplace(hash, std::move(made))->second;
}

std::optional<Verdict> RedisQuotaStore::Impl::draw(Pool& pool, const Ask& ask, bool is_store_away) {
    if (is_store_away && ask.on_store_failure != OnStoreFailure::lease) {
        return std::nullopt;
    }
    const Need need = need_of(ask);
    Allotment* const from = pool.calls.find(need, is_store_away);
    if (from == nullptr) {
        return std::nullopt;
    }
    Verdict verdict = pool.calls.verdict();
    from->draw(need);
    pool.calls.begin(need);
    open_calls.emplace(ask.id, OpenCall{&pool, from, need});
    verdict.drawn_from = from->id();
    return verdict;
}

/// The store holds it under its own id.
void RedisQuotaStore::Impl::begin_held(Pool& pool, const Ask& ask) {
    const Need need = need_of(ask);
    pool.calls.begin(need);
    open_calls.emplace(ask.id, OpenCall{&pool, nullptr, need});
    tend(pool, ask.now);
}

void RedisQuotaStore::Impl::tend(Pool& pool, TimePoint now) {
    const auto wanted = pool.calls.wants(now);
    if (!wanted || !settings.holds_ahead || pool.org->epoch.empty() ||
        !client.is_available(pool.org->counters())) {
        return;
    }
    pool.calls.asked();
    allotting.push_back(std::make_unique<AllotCall>(*this));
    AllotCall& call = *allotting.back();
    call.pool = &pool;
    call.kind = wanted->kind;
    call.id = allotment_ids.next(now);
    call.now = now;
    // What no scope limits is not held.
    const LimitedAmounts& limited = pool.calls.limited();
    amounts.clear();
    amounts.add(limited.requests ? wanted->amounts.requests : 0);
    std::string word{redis::bytes_of(call.id)};
    word += amounts.text();
    const auto args = arguments.write(
        pool.org->epoch,
        pool.org->windows(calendar_of(pool.calls.scopes()), now + pool.org->ahead),
        {pool.calls.scopes(),
         time_sent(now),
         limited.cost ? wanted->amounts.cost : Money{},
         limited.tokens ? bounded_tokens(wanted->amounts.tokens) : 0,
         word});
    const std::string holds = pool.org->holds_of(settings.holder);
    const std::array<std::string_view, 2> keys{pool.org->counters(), holds};
    client.eval(redis::allot_script(), keys, args, call);
}

void RedisQuotaStore::Impl::on_allot_reply(AllotCall& call, const Reply& reply) {
    Pool& pool = *call.pool;
    NumberReader answer{reply.text()};
    const std::int64_t status = reply.is_error() ? 0 : answer.whole();
    const TimePoint store_now = answer.time();
    if (reply.is_error()) {
        log_error("the policy store refused a script", {{"error", std::string{reply.text()}}});
    }
    if (status == redis::kYes) {
        Amounts held;
        held.cost = answer.money();
        held.tokens = answer.whole();
        held.requests = answer.whole();
        const TimePoint ends = answer.time();
        pool.calls.put(
            call.kind,
            std::make_unique<Allotment>(
                call.id,
                held,
                pool.calls.limited(),
                call.now,
                ends == TimePoint::max() ? ends : ends - (store_now - call.now)),
            redis::read_admitted(answer),
            call.now);
    } else {
        if (status == redis::kOtherEpoch) {
            lose_epoch(*pool.org);
        } else if (status == redis::kOtherWindows) {
            pool.org->ahead = store_now - call.now;
        }
        pool.calls.put_nothing(call.now);
    }
    drop(call);
    take_closed(pool);
    end_closed(clock.now());
}

void RedisQuotaStore::Impl::on_allot_failure(AllotCall& call, const Failure& failure) {
    if (net::redis::may_have_executed(failure.kind)) {
        release(*call.pool->org, call.id, call.now);
    }
    call.pool->calls.put_nothing(call.now);
    drop(call);
}

void RedisQuotaStore::Impl::drop(AllotCall& call) {
    std::erase_if(allotting, [&](const auto& one) { return one.get() == &call; });
}

void RedisQuotaStore::Impl::take_closed(Pool& pool) {
    for (std::unique_ptr<Allotment>& one : pool.calls.closed()) {
        closed.push_back({&pool, std::move(one), {}, {}});
        pool.uses += 1;
    }
    pool.calls.closed().clear();
}

/// Closed ones are settled when their last call has ended; until then they are made smaller.
void RedisQuotaStore::Impl::end_closed(TimePoint now) {
    std::erase_if(closed, [&](Closed& one) {
        redis::Organisation& org = *one.pool->org;
        const Amounts needed = one.allotment->needed();
        if (one.allotment->open_calls() == 0) {
            settle(
                org,
                settings.holder,
                {one.allotment->id(), needed.cost, needed.tokens, now, needed.requests},
                {one.pool, one.allotment->begins(), true});
            one.pool->uses -= 1;
            return true;
        }
        const bool is_smaller =
            needed.cost != one.shrunk_to.cost || needed.tokens != one.shrunk_to.tokens;
        if ((one.next_shrink == TimePoint{} || is_smaller) && now >= one.next_shrink &&
            !org.epoch.empty() && client.is_available(org.counters())) {
            one.shrunk_to = needed;
            one.next_shrink = now + kShrinkInterval;
            shrink(org, one.allotment->id(), needed, now);
        }
        return false;
    });
}

void RedisQuotaStore::Impl::shrink(
    redis::Organisation& org, const Uuid& id, const Amounts& needed, TimePoint now) {
    NumberText numbers;
    numbers.add(needed.cost);
    numbers.add(bounded_tokens(needed.tokens));
    numbers.add(needed.requests);
    numbers.add(time_sent(now));
    const std::string holds = org.holds_of(settings.holder);
    const std::array<std::string_view, 2> keys{org.counters(), holds};
    const std::array<std::string_view, 3> values{org.epoch, redis::bytes_of(id), numbers.text()};
    // Without an answer the next one, or the settlement, says the same.
    ask(redis::shrink_script(), keys, values, [](const Reply*) {});
}

void RedisQuotaStore::Impl::give_back(redis::Organisation& org, TimePoint now) {
    for (const auto& [hash, pool] : pools) {
        if (pool->org == &org) {
            pool->calls.close_all(now);
            take_closed(*pool);
        }
    }
    end_closed(now);
}

void RedisQuotaStore::Impl::tend_all(TimePoint now) {
    std::erase_if(pools, [&](const auto& place) {
        Pool& pool = *place.second;
        if (client.is_available(pool.org->counters()) && !pool.org->epoch.empty()) {
            pool.calls.close_old(now);
            take_closed(pool);
            tend(pool, now);
        }
        pool.org->is_in_use = true;
        return pool.uses == 0 && pool.calls.is_idle(now);
    });
    end_closed(now);
}

/// Has anybody been refused for what is held ahead here?
void RedisQuotaStore::Impl::look_for_want(redis::Organisation& org) {
    if (org.epoch.empty() || !client.is_available(org.counters())) {
        return;
    }
    const std::array<std::string_view, 4> words{"HMGET", org.counters(), "epoch", "wanted"};
    command(org, words, [this, &org](const Reply* reply) {
        if (reply == nullptr || reply->kind() != Reply::Kind::array ||
            reply->elements().size() != 2) {
            return;
        }
        if (reply->at(0).text() != org.epoch) {
            return lose_epoch(org);
        }
        const std::string_view text = reply->at(1).text();
        std::int64_t wanted = 0;
        std::from_chars(text.data(), text.data() + text.size(), wanted);
        if (wanted > std::exchange(org.wanted, std::max(org.wanted, wanted))) {
            give_back(org, clock.now());
        }
    });
}

}  // namespace pulse::policy
