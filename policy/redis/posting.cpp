// What is held here, said again to a server that has lost its counters.
#include "policy/redis/store_state.h"

#include <algorithm>
#include <deque>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberText;
using redis::Organisation;

constexpr std::size_t kPostedAtOnce = 200;
/// By this machine's clock, which may be wrong: until the first beat under the new counters.
constexpr std::chrono::minutes kPostedLease{2};
constexpr std::chrono::seconds kPostedKept{600};
// What a hold is, as scripts/counters.lua says it.
constexpr std::int64_t kOwn = 0;
constexpr std::int64_t kClosed = 2;

[[nodiscard]] std::int64_t micros_of(TimePoint at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

/// Open calls, allotments, and ends that may not be in the ledger yet: those are held at their real
/// cost, and settled once again.
void RedisQuotaStore::Impl::post(Organisation& org) {
    // What is on its way was said before this loss: it is said again behind it.
    org.must_post = org.posts_waiting > 0;
    if (org.must_post) {
        return;
    }
    const std::string place = org.posted_of(settings.holder);
    const std::string lease_end = std::to_string(micros_of(clock.now() + kPostedLease));
    const auto commands = std::make_shared<std::deque<std::vector<std::string>>>();
    commands->push_back({"DEL", place});
    commands->push_back({"ZADD", org.leases(), lease_end, settings.holder});
    const auto add = [&](const Uuid& id,
                         const Pool& pool,
                         Money cost,
                         std::int64_t tokens,
                         TimePoint admitted,
                         std::int64_t what) {
        const redis::OpenWindows kind{{}, TimePoint{std::chrono::microseconds{what}}, {}};
        static_cast<void>(arguments.write(
            {},
            kind,
            {pool.calls.scopes(), static_cast<double>(micros_of(admitted)), cost, tokens, {}}));
        if (commands->back().front() != "HSET" || commands->back().size() >= 2 * kPostedAtOnce) {
            commands->push_back({"HSET", place});
        }
        commands->back().emplace_back(redis::bytes_of(id));
        commands->back().push_back(arguments.posted());
    };
    settle_confirmed_again(org);
    const auto add_end = [&](const std::unique_ptr<SettleCall>& call) {
        if (call->org == &org && call->held.pool != nullptr &&
            !open_calls.contains(call->settlement.id)) {
            add(call->settlement.id,
                *call->held.pool,
                call->settlement.cost,
                call->settlement.tokens,
                call->held.admitted,
                call->held.is_allotment ? kClosed : kOwn);
        }
    };
    std::for_each(settling.begin(), settling.end(), add_end);
    std::for_each(unsettled.begin(), unsettled.end(), add_end);
    for (const auto& [id, call] : open_calls) {
        if (call.pool->org == &org && call.from == nullptr) {
            add(id, *call.pool, call.need.ceiling, call.need.tokens, call.need.now, kOwn);
        }
    }
    for (const Closed& one : closed) {
        if (one.pool->org == &org) {
            const Amounts needed = one.allotment->needed();
            add(one.allotment->id(),
                *one.pool,
                needed.cost,
                needed.tokens,
                one.allotment->begins(),
                kClosed);
        }
    }
    commands->push_back({"EXPIRE", place, std::to_string(kPostedKept.count())});
    org.posts_waiting = 1;
    post_next(org, commands);
}

/// One after the other: a server that has just come is not met with all at once.
void RedisQuotaStore::Impl::post_next(
    Organisation& org, const std::shared_ptr<std::deque<std::vector<std::string>>>& commands) {
    if (commands->empty()) {
        org.posts_waiting = 0;
        return;
    }
    const std::vector<std::string_view> words(commands->front().begin(), commands->front().end());
    command(org, words, [this, &org, commands](const Reply* reply) {
        if (reply == nullptr || reply->is_error()) {
            org.posts_waiting = 0;
            org.must_post = true;
            return;
        }
        commands->pop_front();
        post_next(org, commands);
    });
}

/// What the server had confirmed is lost, unless its rows are in the ledger, which is found out
/// then.
void RedisQuotaStore::Impl::settle_confirmed_again(Organisation& org) {
    std::erase_if(confirmed, [&](const Confirmed& one) {
        const bool is_mine = one.held.pool->org == &org;
        if (is_mine) {
            settle(org, settings.holder, one.settlement, one.held);
            one.held.pool->uses -= 1;
        }
        return is_mine;
    });
    // Their rows were there when they were queued: the ledger's sums have them.
    const SteadyTime now = clock.steady_now();
    std::erase_if(spends, [&](const std::unique_ptr<SpendCall>& call) {
        return call->org == &org && now - call->queued_at > redis::kRowPatience;
    });
}

/// What was said here and came too late for those who restored the counters is counted now.
void RedisQuotaStore::Impl::adopt(Organisation& org, const std::string& epoch) {
    if (org.must_post || org.posts_waiting > 0) {
        // The next opening finds it said.
        return end_opening(org, {});
    }
    NumberText now;
    now.add(time_sent(clock.now()));
    const std::string posted = org.posted_of(settings.holder);
    const std::string holds = org.holds_of(settings.holder);
    const std::array<std::string_view, 3> keys{org.counters(), posted, holds};
    const auto pool = std::find_if(
        pools.begin(), pools.end(), [&](const auto& one) { return one.second->org == &org; });
    const WindowCalendar& calendar =
        pool == pools.end() ? settings.calendar : calendar_of(pool->second->calls.scopes());
    const auto& windows = org.windows(calendar, clock.now() + org.ahead);
    const std::array<std::string_view, 3> values{epoch, now.text(), windows.text.text()};
    ask(redis::adopt_script(), keys, values, [this, &org, epoch](const Reply* reply) {
        const bool is_done = reply != nullptr && reply->kind() == Reply::Kind::string &&
                             redis::NumberReader{reply->text()}.whole() == redis::kYes;
        end_opening(org, is_done ? epoch : std::string{});
    });
}

}  // namespace pulse::policy
