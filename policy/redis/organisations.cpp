// Counters that begin or are restored, leases, what is sent again.
#include "policy/redis/store_state.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberReader;
using redis::NumberText;
using redis::Organisation;

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

void RedisQuotaStore::Impl::drop_once(Once& call) {
    std::erase_if(onces, [&](const auto& one) { return one.get() == &call; });
}

void RedisQuotaStore::Impl::lose_epoch(Organisation& org) {
    if (!std::exchange(org.epoch, {}).empty()) {
        log_warn(
            "the policy store has lost an organisation's counters: they are restored from the "
            "ledger",
            {{"organisation", org.name()}});
    }
}

void RedisQuotaStore::Impl::open(Organisation& org) {
    if (std::exchange(org.is_opening, true)) {
        return;
    }
    const TimePoint now =
        settings.uses_callers_time && !waiting.empty() ? waiting.back()->ask.now : clock.now();
    spent.find_spent(
        org.name(), now, loop, [this, &org, now, still = std::weak_ptr<bool>(alive)](auto rows) {
            if (!still.expired()) {
                on_spent(org, now, std::move(rows));
            }
        });
}

void RedisQuotaStore::Impl::on_spent(
    Organisation& org, TimePoint now, Result<std::vector<SpentBefore>> rows) {
    if (!rows) {
        log_error("the ledger cannot say what is spent", {{"error", rows.error().detail()}});
        return on_opened(org, nullptr);
    }
    const WindowCalendar& calendar =
        !rows->empty() && rows->front().calendar ? *rows->front().calendar : settings.calendar;
    std::vector<std::string> texts;
    texts.reserve(2 * rows->size());
    ScopeLimits scope;
    for (const SpentBefore& row : *rows) {
        scope.scope = row.scope;
        scope.id = row.id;
        texts.emplace_back();
        redis::write_field(texts.back(), scope);
        NumberText numbers;
        numbers.add(std::int64_t{static_cast<std::int64_t>(row.period) + 1});
        numbers.add(row.spent);
        texts.emplace_back(numbers.text());
    }
    NumberText times;
    times.add(time_sent(now));
    const std::string epoch = UuidGenerator{}.next(clock.now()).to_string();
    std::vector<std::string_view> values{
        epoch, times.text(), org.windows(calendar, now + org.ahead).text.text()};
    values.insert(values.end(), texts.begin(), texts.end());
    const std::array<std::string_view, 1> keys{org.counters()};
    ask(redis::open_script(), keys, values, [this, &org](const Reply* reply) {
        on_opened(org, reply);
    });
}

void RedisQuotaStore::Impl::on_opened(Organisation& org, const Reply* reply) {
    org.is_opening = false;
    const bool is_open = reply != nullptr && reply->kind() == Reply::Kind::string;
    if (is_open) {
        org.epoch = reply->text();
        // So that no call has to be sent again, behind those that came after it.
        load(org, redis::admit_script());
        load(org, redis::settle_script());
        beat(org);
    }
    std::vector<AdmitCall*> mine;
    std::erase_if(waiting, [&](AdmitCall* call) {
        if (call->org == &org) {
            mine.push_back(call);
        }
        return call->org == &org;
    });
    for (AdmitCall* call : mine) {
        if (is_open) {
            send(*call);
        } else {
            refuse_unanswered(*call, "its counters cannot be restored");
        }
    }
}

void RedisQuotaStore::Impl::load(const Organisation& org, const net::redis::Script& script) {
    onces.push_back(std::make_unique<Once>());
    onces.back()->then = [](const Reply*) {
    };
    onces.back()->store = this;
    const std::array<std::string_view, 3> words{"SCRIPT", "LOAD", script.text()};
    client.command(org.counters(), words, *onces.back());
}

void RedisQuotaStore::Impl::beat(Organisation& org) {
    NumberText times;
    times.add(time_sent(clock.now()));
    times.add(std::int64_t{std::chrono::microseconds{settings.lease}.count()});
    times.add(std::int64_t{std::chrono::microseconds{settings.beat + settings.beat / 2}.count()});
    const std::array<std::string_view, 2> keys{org.counters(), org.leases()};
    const std::array<std::string_view, 3> values{org.epoch, settings.holder, times.text()};
    ask(redis::beat_script(), keys, values, [this, &org](const Reply* reply) {
        if (reply == nullptr || reply->kind() != Reply::Kind::array) {
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
    for (const auto& [name, org] : organisations) {
        if (!client.is_available(org->counters())) {
            continue;
        }
        if (org->epoch.empty() && (!unsettled.empty() || !spends.empty())) {
            open(*org);
        } else if (is_time && !org->epoch.empty()) {
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
