#include "app/serve/gateway_claim.h"

#include "base/log.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace pulse::app {

namespace {

using std::chrono::steady_clock;

/// How long a gateway that has ended may take to let go.
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kBetweenTries{200};
constexpr std::chrono::seconds kBetweenLooks{5};
constexpr std::chrono::seconds kUntilReclaimed{1};
constexpr std::chrono::minutes kBetweenComplaints{1};

[[nodiscard]] Error refusal(const std::string& holder) {
    return Error(
        Errc::configuration,
        "policy.store: another gateway runs on this database (" + holder +
            "), and with `policy.store: embedded` each would count limits and budgets for itself: "
            "together they would spend more than the budgets. Let all of them count in one Redis, "
            "`policy: { store: redis://host:6379/0 }`, or stop the other one.");
}

}  // namespace

GatewayClaim::GatewayClaim(std::unique_ptr<storage::SoleGateway> sole) : sole_(std::move(sole)) {}

Result<std::unique_ptr<GatewayClaim>> GatewayClaim::make(std::string_view store_url) {
    auto sole = storage::open_sole_gateway(store_url);
    if (!sole) {
        return sole.error();
    }
    std::unique_ptr<GatewayClaim> claim(new GatewayClaim(*std::move(sole)));
    if (auto taken = claim->take(); !taken) {
        return taken.error();
    }
    claim->thread_ = std::thread([one = claim.get()] {
        pthread_setname_np(pthread_self(), "claim");
        one->run();
    });
    return claim;
}

GatewayClaim::~GatewayClaim() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    stop_asked_.notify_all();
    sole_->give_up();
    if (thread_.joinable()) {
        thread_.join();
    }
}

Result<void> GatewayClaim::take() {
    const auto until = steady_clock::now() + kPatience;
    for (;;) {
        const auto standing = sole_->hold();
        if (standing && *standing == Standing::unknowable) {
            log_warn(
                "behind a pooler it cannot be seen whether other gateways run on this database; "
                "with `policy.store: embedded` there may be one only");
        }
        if (standing && *standing != Standing::taken) {
            last_ = *standing;
            return {};
        }
        if (steady_clock::now() >= until) {
            return standing ? refusal(sole_->holder()) : standing.error();
        }
        std::this_thread::sleep_for(kBetweenTries);
    }
}

void GatewayClaim::run() {
    std::unique_lock lock(mutex_);
    std::chrono::seconds wait = kBetweenLooks;
    while (!stop_asked_.wait_for(lock, wait, [this] { return stopping_; })) {
        lock.unlock();
        wait = look() ? kBetweenLooks : kUntilReclaimed;
        lock.lock();
    }
}

/// False while nothing is known: the database is away, which the ledger says, or a session was
/// lost.
bool GatewayClaim::look() {
    const auto standing = sole_->hold();
    if (!standing) {
        return false;
    }
    const Standing before = std::exchange(last_, *standing);
    const auto now = steady_clock::now();
    if (*standing == Standing::taken &&
        (before != Standing::taken || now - complained_at_ >= kBetweenComplaints)) {
        complained_at_ = now;
        log_error(
            "another gateway runs on this database, and both count limits and budgets for "
            "themselves: budgets can be overspent. Set `policy.store` to one Redis for all, or "
            "stop one of them",
            {{"other", sole_->holder()}});
    } else if (*standing == Standing::held && before == Standing::taken) {
        log_info("the other gateway on this database is gone");
    }
    return true;
}

}  // namespace pulse::app
