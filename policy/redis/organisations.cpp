// Counters that begin or are restored, leases, what is sent again.
#include "policy/redis/store_state.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberReader;
using redis::NumberText;
using redis::Organisation;

constexpr std::chrono::milliseconds kLookInterval{200};
constexpr std::size_t kSettlementsAtOnce = 512;
constexpr std::int64_t kChargedAtOnce = 1'000;

}  // namespace

void RedisQuotaStore::Impl::ask(
    const net::redis::Script& script,
    std::span<const std::string_view> keys,
    std::span<const std::string_view> values,
    std::function<void(const Reply*)> then) {
    onces.push_back(std::make_unique<Once>());
    onces.back()->then = std::move(then);
    onces.back()->store = this;
    client.eval(script, keys, values, *onces.back());
}

void RedisQuotaStore::Impl::ask_for_fields(
    const std::string& key, std::function<void(const Reply*)> then) {
    onces.push_back(std::make_unique<Once>());
    onces.back()->then = std::move(then);
    onces.back()->store = this;
    const std::array<std::string_view, 2> words{"HKEYS", key};
    client.command(key, words, *onces.back());
}

void RedisQuotaStore::Impl::command(
    const Organisation& org,
    std::span<const std::string_view> words,
    std::function<void(const Reply*)> then) {
    onces.push_back(std::make_unique<Once>());
    onces.back()->then = std::move(then);
    onces.back()->store = this;
    client.command(org.counters(), words, *onces.back());
}

void RedisQuotaStore::Impl::drop_once(Once& call) {
    std::erase_if(onces, [&](const auto& one) { return one.get() == &call; });
}

void RedisQuotaStore::Impl::load(const Organisation& org, const net::redis::Script& script) {
    const std::array<std::string_view, 3> words{"SCRIPT", "LOAD", script.text()};
    command(org, words, [](const Reply*) {});
}

void RedisQuotaStore::Impl::beat(Organisation& org) {
    org.is_unsure = false;
    NumberText times;
    times.add(time_sent(clock.now()));
    times.add(std::int64_t{std::chrono::microseconds{settings.lease}.count()});
    times.add(std::int64_t{std::chrono::microseconds{settings.beat + settings.beat / 2}.count()});
    const std::array<std::string_view, 2> keys{org.counters(), org.leases()};
    const std::array<std::string_view, 3> values{org.epoch, settings.holder, times.text()};
    ask(redis::beat_script(), keys, values, [this, &org](const Reply* reply) {
        if (reply == nullptr || reply->kind() != Reply::Kind::array) {
            org.is_unsure = true;
            return;
        }
        NumberReader answer{reply->at(0).text()};
        if (answer.whole() == redis::kOtherEpoch) {
            return lose_epoch(org);
        }
        for (std::size_t i = 1; i < reply->elements().size(); ++i) {
            charge(org, std::string{reply->at(i).text()});
        }
    });
}

void RedisQuotaStore::Impl::charge(Organisation& org, const std::string& holder) {
    NumberText times;
    times.add(time_sent(clock.now()));
    times.add(kChargedAtOnce);
    times.add(redis::kChargedKeptSeconds);
    const std::string holds = org.holds_of(holder);
    const std::string charged = org.charged_of(holder);
    const std::array<std::string_view, 4> keys{org.counters(), holds, charged, org.leases()};
    const std::array<std::string_view, 3> values{org.epoch, holder, times.text()};
    ask(redis::charge_script(), keys, values, [this, &org, holder](const Reply* reply) {
        if (reply == nullptr || reply->kind() != Reply::Kind::string) {
            return;
        }
        NumberReader answer{reply->text()};
        const std::int64_t status = answer.whole();
        answer.skip(1);
        const std::int64_t count = answer.whole();
        const std::int64_t left = answer.whole();
        if (status == redis::kYes && count > 0) {
            log_warn(
                "requests of a gateway that is gone are charged as reserved",
                {{"organisation", org.name()},
                 {"holder", holder},
                 {"requests", std::to_string(count)}});
        }
        if (status == redis::kYes && left > 0) {
            charge(org, holder);
        }
    });
}

void RedisQuotaStore::Impl::on_tick() {
    tick.arm(kTick);
    const SteadyTime now = clock.steady_now();
    const bool is_time = now >= next_beat;
    if (is_time) {
        next_beat = now + settings.beat;
    }
    send_delayed(now);
    forget_confirmed(now);
    send_beginnings();
    tend_all(clock.now());
    if (now >= next_look) {
        next_look = now + kLookInterval;
        for (const auto& [name, org] : organisations) {
            if (std::exchange(org->is_in_use, false)) {
                look_for_want(*org);
            }
        }
    }
    for (const auto& [name, org] : organisations) {
        if (!client.is_available(org->counters())) {
            org->is_unsure = true;
            continue;
        }
        open_at(*org, now);
        if (org->epoch.empty() && (org->is_lost || !unsettled.empty() || !spends.empty())) {
            open(*org);
        } else if ((is_time || org->is_unsure) && !org->epoch.empty()) {
            beat(*org);
        }
    }
    for (const auto& call : spends) {
        if (!call->is_sent && client.is_available(call->org->counters())) {
            call->now = clock.now();
            send(*call);
        }
    }
    for (std::size_t left = std::min(unsettled.size(), kSettlementsAtOnce); left > 0; --left) {
        std::unique_ptr<SettleCall> call = std::move(unsettled.front());
        unsettled.pop_front();
        if (call->org->epoch.empty() || !client.is_available(call->org->counters())) {
            unsettled.push_back(std::move(call));
        } else {
            begin(std::move(call));
        }
    }
}

}  // namespace pulse::policy
