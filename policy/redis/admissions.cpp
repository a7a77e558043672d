// A request on its way to its verdict.
#include "policy/limits/admission.h"
#include "policy/redis/store_state.h"
#include "policy/redis/verdicts.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Failure;
using net::redis::Reply;
using redis::NumberReader;
using redis::Organisation;

constexpr std::chrono::milliseconds kUnavailableRetry{1'000};
/// A gateway hears within a quarter of a second that it is to give back what it holds ahead.
constexpr std::chrono::milliseconds kGivingBack{450};
constexpr std::chrono::milliseconds kNoWaiting{5'000};
constexpr std::size_t kWaitingMax = 10'000;  // while an organisation is opened

[[nodiscard]] Verdict unavailable(std::string_view reason) {
    Verdict verdict;
    verdict.code = Errc::policy_unavailable;
    verdict.message = "the policy store cannot be asked just now (" + std::string{reason} +
                      "): the request was not counted and not sent";
    verdict.retry_after = kUnavailableRetry;
    return verdict;
}

}  // namespace

void RedisQuotaStore::Impl::send(AdmitCall& call) {
    Organisation& org = *call.org;
    if (org.epoch.empty()) {
        if (org.is_lost) {
            open(org);
            return refuse_unanswered(call, "its counters are being restored");
        }
        if (waiting.size() >= kWaitingMax) {
            return refuse_unanswered(call, "too many requests wait for it");
        }
        waiting.push_back(&call);
        return open(org);
    }
    if (org.is_unsure) {
        beat(org);
    }
    const auto args = arguments.write(
        org.epoch,
        org.windows(calendar_of(call.pool->calls.scopes()), call.ask.now + org.ahead),
        {call.pool->calls.scopes(),
         time_sent(call.ask.now),
         call.ask.ceiling,
         bounded_tokens(call.ask.tokens),
         redis::bytes_of(call.ask.id)});
    const std::string holds = org.holds_of(settings.holder);
    const std::array<std::string_view, 2> keys{org.counters(), holds};
    client.eval(redis::admit_script(), keys, args, call);
}

void RedisQuotaStore::Impl::on_admit_reply(AdmitCall& call, const Reply& reply) {
    if (reply.is_error()) {
        log_error("the policy store refused a script", {{"error", std::string{reply.text()}}});
        return refuse_unanswered(call, "it answered with an error");
    }
    NumberReader answer{reply.text()};
    const std::int64_t status = answer.whole();
    const TimePoint store_now = answer.time();
    if (status == redis::kOtherEpoch || status == redis::kOtherWindows) {
        if (++call.tries >= redis::kTriesMax) {
            return refuse_unanswered(call, "its counters are being restored");
        }
        if (status == redis::kOtherEpoch) {
            lose_epoch(*call.org);
        } else {
            call.org->ahead = store_now - call.ask.now;
        }
        return send(call);
    }
    if (status == redis::kHeldAlready) {
        Verdict verdict;
        verdict.message = "request id " + call.ask.id.to_string() + " holds a reservation already";
        return end(call, verdict);
    }
    if (status == redis::kYes) {
        begin_held(*call.pool, call.ask);
        return end(call, redis::read_admitted(answer));
    }
    const redis::Refused refused = redis::read_refused(call.ask, answer);
    if (!refused.is_held_ahead || !try_later(call)) {
        end(call, refused.verdict);
    }
}

/// What is held ahead of calls, here or by another gateway, comes back within moments: a call is
/// not refused for it, unless that did not help lately.
bool RedisQuotaStore::Impl::try_later(AdmitCall& call) {
    const SteadyTime now = clock.steady_now();
    if (call.has_waited) {
        call.org->no_waiting_until = now + kNoWaiting;
    }
    if (now < call.org->no_waiting_until || delayed.size() >= kWaitingMax) {
        return false;
    }
    call.has_waited = true;
    call.next_try = now + kGivingBack;
    delayed.push_back(&call);
    give_back(*call.org, call.ask.now);
    return true;
}

void RedisQuotaStore::Impl::send_delayed(SteadyTime now) {
    std::vector<AdmitCall*> due;
    std::erase_if(delayed, [&](AdmitCall* call) {
        if (now >= call->next_try) {
            due.push_back(call);
        }
        return now >= call->next_try;
    });
    for (AdmitCall* call : due) {
        send(*call);
    }
}

void RedisQuotaStore::Impl::on_admit_failure(AdmitCall& call, const Failure& failure) {
    call.org->is_unsure = true;
    if (net::redis::may_have_executed(failure.kind)) {
        release(*call.org, call.ask.id, call.ask.now);
    }
    refuse_unanswered(call, to_string(failure.kind));
}

void RedisQuotaStore::Impl::refuse_unanswered(AdmitCall& call, std::string_view reason) {
    if (const auto drawn = draw(*call.pool, call.ask, true)) {
        return end(call, *drawn);
    }
    if (call.ask.on_store_failure == OnStoreFailure::open) {
        Verdict verdict;
        verdict.admitted = true;
        return end(call, verdict);
    }
    end(call, unavailable(reason));
}

void RedisQuotaStore::Impl::end(AdmitCall& call, const Verdict& verdict) {
    VerdictHandler& handler = *call.handler;
    const auto place = admitting.find(call.ask.id);
    PULSE_ASSERT(place != admitting.end());
    call.pool->uses -= 1;
    spare_admits.push_back(std::move(place->second));
    admitting.erase(place);
    handler.on_verdict(verdict);
}

}  // namespace pulse::policy
