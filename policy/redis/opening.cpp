// Counters that begin, or begin again after a loss: from the ledger, and from what gateways say
// that they hold.
#include "policy/redis/store_state.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::NumberText;
using redis::Organisation;

/// Holders may say more while it is read what they said.
constexpr int kGatherTriesMax = 20;
/// Should the one that restores the counters die, another one does.
constexpr std::chrono::milliseconds kOpeningTerm{3'000};
constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

/// What holders have said, and what the ledger knows.
struct RedisQuotaStore::Impl::Gathered {
    Organisation* org = nullptr;
    TimePoint now;
    std::vector<std::string> holders;
    std::vector<std::size_t> said;  ///< of each holder asked so far, how much
    std::vector<Uuid> ids;
    int tries = 0;
};

void RedisQuotaStore::Impl::lose_epoch(Organisation& org) {
    if (std::exchange(org.epoch, {}).empty()) {
        return;
    }
    log_warn(
        "the policy store has lost an organisation's counters: they are restored from the ledger",
        {{"organisation", org.name()}});
    org.is_lost = true;
    org.gather_until = clock.steady_now() + settings.gather;
    give_back(org, clock.now());
    post(org);
    open(org);
}

void RedisQuotaStore::Impl::open(Organisation& org) {
    if (std::exchange(org.is_opening, true)) {
        return;
    }
    const std::array<std::string_view, 3> words{"HGET", org.counters(), "epoch"};
    command(org, words, [this, &org](const Reply* reply) {
        if (reply == nullptr || reply->is_error()) {
            return end_opening(org, {});
        }
        if (reply->kind() == Reply::Kind::string) {
            return on_epoch(org, std::string{reply->text()});
        }
        const SteadyTime now = clock.steady_now();
        if (org.gather_until == SteadyTime{}) {
            org.gather_until = now + settings.gather;
        }
        org.is_gathering = true;
        open_at(org, now);
    });
}

/// Goes on when everybody had the time to say what is held.
void RedisQuotaStore::Impl::open_at(Organisation& org, SteadyTime now) {
    if (org.must_post) {
        post(org);
    }
    if (org.is_gathering && now >= org.gather_until && org.posts_waiting == 0) {
        org.is_gathering = false;
        claim(org);
    }
}

/// One of all workers reads the ledger; the others look again for its epoch.
void RedisQuotaStore::Impl::claim(Organisation& org) {
    const std::string place = org.opening();
    const std::string term = std::to_string(kOpeningTerm.count());
    const std::array<std::string_view, 6> words{"SET", place, settings.holder, "NX", "PX", term};
    command(org, words, [this, &org](const Reply* reply) {
        if (reply == nullptr || reply->is_error()) {
            return end_opening(org, {});
        }
        if (reply->kind() == Reply::Kind::string) {
            return gather(org);
        }
        org.gather_until = clock.steady_now() + kLookAgain;
        org.is_opening = false;
        open(org);
    });
}

void RedisQuotaStore::Impl::gather(Organisation& org) {
    const auto gathered = std::make_shared<Gathered>();
    gathered->org = &org;
    gathered->now =
        settings.uses_callers_time && !waiting.empty() ? waiting.back()->ask.now : clock.now();
    const std::array<std::string_view, 4> words{"ZRANGE", org.leases(), "0", "-1"};
    command(org, words, [this, gathered](const Reply* reply) {
        if (reply == nullptr || reply->kind() != Reply::Kind::array) {
            return end_opening(*gathered->org, {});
        }
        for (const Reply& holder : reply->elements()) {
            gathered->holders.emplace_back(holder.text());
        }
        gather_next(gathered);
    });
}

void RedisQuotaStore::Impl::gather_next(const std::shared_ptr<Gathered>& gathered) {
    Organisation& org = *gathered->org;
    const std::size_t next = gathered->said.size();
    if (next < gathered->holders.size()) {
        return ask_for_fields(
            org.posted_of(gathered->holders[next]), [this, gathered](const Reply* reply) {
                if (reply == nullptr || reply->kind() != Reply::Kind::array) {
                    return end_opening(*gathered->org, {});
                }
                gathered->said.push_back(reply->elements().size());
                for (const Reply& field : reply->elements()) {
                    Uuid id;
                    if (field.text().size() == id.bytes.size()) {
                        std::copy(field.text().begin(), field.text().end(), id.bytes.begin());
                        gathered->ids.push_back(id);
                    }
                }
                gather_next(gathered);
            });
    }
    spent.find_spent(
        org.name(),
        gathered->now,
        gathered->ids,
        loop,
        [this, gathered, still = std::weak_ptr<bool>(alive)](
            const Result<SpentSource::Spent>& found) {
            if (still.expired()) {
                return;
            }
            if (!found) {
                log_error(
                    "the ledger cannot say what is spent", {{"error", found.error().detail()}});
                return end_opening(*gathered->org, {});
            }
            on_spent(gathered, *found);
        });
}

void RedisQuotaStore::Impl::on_spent(
    const std::shared_ptr<Gathered>& gathered, const SpentSource::Spent& found) {
    Organisation& org = *gathered->org;
    const WindowCalendar& calendar = !found.before.empty() && found.before.front().calendar
                                         ? *found.before.front().calendar
                                         : settings.calendar;
    std::vector<std::string> texts;
    texts.reserve(2 * (found.before.size() + found.known.size()));
    ScopeLimits scope;
    for (const SpentBefore& row : found.before) {
        scope.scope = row.scope;
        scope.id = row.id;
        redis::write_field(texts.emplace_back(), scope);
        NumberText numbers;
        numbers.add(std::int64_t{static_cast<std::int64_t>(row.period) + 1});
        numbers.add(row.spent);
        texts.emplace_back(numbers.text());
    }
    for (const Settlement& known : found.known) {
        NumberText cost;
        cost.add(known.cost);
        texts.emplace_back(redis::bytes_of(known.id));
        texts.emplace_back(cost.text());
    }
    NumberText counts;
    counts.add(time_sent(gathered->now));
    counts.add(static_cast<std::int64_t>(found.before.size()));
    std::vector<std::string> names{org.counters()};
    for (std::size_t i = 0; i < gathered->holders.size(); ++i) {
        counts.add(static_cast<std::int64_t>(gathered->said[i]));
        names.push_back(org.posted_of(gathered->holders[i]));
        names.push_back(org.holds_of(gathered->holders[i]));
    }
    const std::string epoch = UuidGenerator{}.next(clock.now()).to_string();
    const auto& windows = org.windows(calendar, gathered->now + org.ahead);
    std::vector<std::string_view> values{epoch, counts.text(), windows.text.text()};
    values.insert(values.end(), texts.begin(), texts.end());
    const std::vector<std::string_view> keys(names.begin(), names.end());
    ask(redis::open_script(), keys, values, [this, gathered](const Reply* reply) {
        Organisation& its = *gathered->org;
        if (reply == nullptr || reply->kind() != Reply::Kind::string) {
            if (reply != nullptr && reply->is_error()) {
                log_error(
                    "the policy store refused a script", {{"error", std::string{reply->text()}}});
            }
            return end_opening(its, {});
        }
        if (!reply->text().empty()) {
            return on_epoch(its, std::string{reply->text()});
        }
        if (++gathered->tries > kGatherTriesMax) {
            return end_opening(its, {});
        }
        gathered->said.clear();
        gathered->ids.clear();
        gather_next(gathered);
    });
}

/// Of budgets that are new while the counters go on. Once, whichever gateway is the first.
void RedisQuotaStore::Impl::send_beginnings() {
    for (Beginning& one : beginnings) {
        Organisation& org = *one.org;
        if (one.is_sent || one.is_done || org.epoch.empty() ||
            !client.is_available(org.counters())) {
            continue;
        }
        one.is_sent = true;
        ScopeLimits scope;
        scope.scope = one.spent.scope;
        scope.id = one.spent.id;
        std::string field;
        redis::write_field(field, scope);
        NumberText numbers;
        numbers.add(time_sent(one.now));
        numbers.add(std::int64_t{static_cast<std::int64_t>(one.spent.period) + 1});
        numbers.add(one.spent.spent);
        const WindowCalendar& calendar =
            one.spent.calendar ? *one.spent.calendar : settings.calendar;
        const auto& windows = org.windows(calendar, one.now + org.ahead);
        const std::array<std::string_view, 1> keys{org.counters()};
        const std::array<std::string_view, 4> values{
            org.epoch, numbers.text(), windows.text.text(), field};
        ask(redis::begin_script(), keys, values, [this, &one](const Reply* reply) {
            one.is_sent = false;
            one.is_done = reply != nullptr && reply->kind() == Reply::Kind::string &&
                          redis::NumberReader{reply->text()}.whole() >= 0;
            if (reply != nullptr && reply->is_error()) {
                log_error(
                    "the policy store refused a script", {{"error", std::string{reply->text()}}});
            }
            while (!beginnings.empty() && beginnings.front().is_done) {
                beginnings.pop_front();
            }
        });
    }
}

void RedisQuotaStore::Impl::on_epoch(Organisation& org, const std::string& epoch) {
    if (org.is_lost) {
        return adopt(org, epoch);
    }
    end_opening(org, epoch);
}

/// Without an epoch: it is tried again when it is needed.
void RedisQuotaStore::Impl::end_opening(Organisation& org, const std::string& epoch) {
    org.is_opening = false;
    if (!epoch.empty()) {
        org.epoch = epoch;
        org.is_lost = false;
        org.gather_until = {};
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
        if (!epoch.empty()) {
            send(*call);
        } else {
            refuse_unanswered(*call, "its counters cannot be restored");
        }
    }
}

}  // namespace pulse::policy
