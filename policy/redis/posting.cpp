// What is held here, said again to a server that has lost its counters.
#include "policy/redis/store_state.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberText;
using redis::Organisation;

constexpr std::size_t kPostedAtOnce = 200;
/// By this machine's clock, which may be wrong: until the first beat under the new counters.
constexpr std::chrono::minutes kPostedLease{2};
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
    org.must_post = false;
    const auto then = [this, &org](const Reply* reply) {
        org.posts_waiting -= 1;
        org.must_post = org.must_post || reply == nullptr || reply->is_error();
    };
    const auto send = [&](std::span<const std::string> texts) {
        const std::vector<std::string_view> words(texts.begin(), texts.end());
        org.posts_waiting += 1;
        command(org, words, then);
    };
    const std::string place = org.posted_of(settings.holder);
    const std::string lease_end = std::to_string(micros_of(clock.now() + kPostedLease));
    send(std::vector<std::string>{"DEL", place});
    send(std::vector<std::string>{"ZADD", org.leases(), lease_end, settings.holder});

    std::vector<std::string> entries{"HSET", place};
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
        entries.emplace_back(redis::bytes_of(id));
        entries.push_back(arguments.posted());
        if (entries.size() >= 2 * kPostedAtOnce) {
            send(entries);
            entries.resize(2);
        }
    };
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
    std::erase_if(confirmed, [&](const Confirmed& one) {
        const bool is_mine = one.held.pool->org == &org;
        if (is_mine) {
            settle(org, settings.holder, one.settlement, one.held);
            one.held.pool->uses -= 1;
        }
        return is_mine;
    });
    const auto add_end = [&](const std::unique_ptr<SettleCall>& call) {
        if (call->org == &org && call->held.pool != nullptr) {
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
    if (entries.size() > 2) {
        send(entries);
    }
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
