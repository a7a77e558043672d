#include "app/serve/deferred_work.h"

#include "app/serve/provider_fetch.h"
#include "base/log.h"
#include "storage/tables/deferred.h"
#include "storage/tables/requests.h"

#include <pthread.h>

#include <algorithm>

namespace pulse::app {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kTick{1};
constexpr std::size_t kDueMax = 50;
/// Nobody else asks meanwhile; longer than an object's question takes.
constexpr std::chrono::seconds kLease{60};
constexpr std::chrono::seconds kLongestWait{900};
constexpr std::chrono::hours kGivenUpAfter{48};
constexpr std::size_t kBilledMax = 10'000;

[[nodiscard]] std::string age_text(std::chrono::microseconds age) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count()) + " s";
}

}  // namespace

std::chrono::microseconds deferred_wait(Api api, std::chrono::microseconds age) {
    const std::chrono::microseconds first = storage::first_wait(api);
    return std::clamp<std::chrono::microseconds>(age / 4, first, kLongestWait);
}

DeferredWorkPoller::DeferredWorkPoller(Parts parts)
    : database_(std::move(parts.database)),
      spool_(parts.spool),
      charge_(std::move(parts.charge)),
      routes_(std::move(parts.routes)) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "deferred");
        run();
    });
}

DeferredWorkPoller::~DeferredWorkPoller() {
    stop();
}

void DeferredWorkPoller::adopt(std::shared_ptr<const gateway::Routes> routes) {
    const std::scoped_lock lock(mutex_);
    routes_ = std::move(routes);
}

void DeferredWorkPoller::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void DeferredWorkPoller::run() {
    while (!stopping_) {
        std::shared_ptr<const gateway::Routes> routes;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, kTick, [&] { return stopping_.load(); });
            routes = routes_;
        }
        if (!stopping_) {
            look_at_due(*routes);
        }
    }
}

void DeferredWorkPoller::look_at_due(const gateway::Routes& routes) {
    if (const auto open = storage::open_deferred(database_->session())) {
        metrics_.open = *open;
    }
    // A database that is away is asked again with the next tick; the ledger says that it is.
    const auto due = storage::due_deferred(database_->session(), system_clock().now(), kDueMax);
    if (!due) {
        return;
    }
    for (const storage::DeferredWork& work : *due) {
        if (stopping_) {
            return;
        }
        const auto claimed =
            storage::claim_deferred(database_->session(), work, system_clock().now() + kLease);
        if (claimed && *claimed) {
            look(routes, work);
        }
    }
}

void DeferredWorkPoller::look(const gateway::Routes& routes, const storage::DeferredWork& work) {
    const TimePoint now = system_clock().now();
    const auto age = now - work.created_at;
    const auto wait = [&] {
        static_cast<void>(storage::postpone_deferred(
            database_->session(), work, now + deferred_wait(work.api, age)));
    };
    if (work.billed_id && billed_.contains(*work.billed_id)) {
        return wait();  // its row is on its way
    }
    const auto stored = storage::request(database_->session(), work.request_id);
    if (!stored || *stored == nullptr) {
        return wait();
    }
    const storage::RequestRecord& maker = (*stored)->decoded.record;
    const gateway::Provider* const provider = routes.provider_named(work.provider);
    std::optional<DeferredEnd> end;
    if (provider != nullptr) {
        end = find_end(*provider, work, maker);
    } else {
        log_warn(
            "deferred work cannot be billed: its provider is not configured any more",
            {{"provider", work.provider}, {"object", work.object_id}});
    }
    if (!end && age >= kGivenUpAfter && !stopping_) {
        end = DeferredEnd{};
        end->outcome = storage::Outcome::upstream_failed;
        end->error_code = "deferred_given_up";
    }
    if (!end) {
        return wait();
    }
    bill(routes, provider, work, maker, *end);
}

bool DeferredWorkPoller::reserve(std::size_t rows) {
    for (std::size_t i = 0; i < rows; ++i) {
        if (!spool_.reserve()) {
            for (; i > 0; --i) {
                spool_.release();
            }
            return false;
        }
    }
    return true;
}

/// Its id is in the database before its row is in the spool, so that a process that dies in between
/// leaves the work to be billed with the same id.
void DeferredWorkPoller::bill(
    const gateway::Routes& routes,
    const gateway::Provider* provider,
    const storage::DeferredWork& work,
    const storage::RequestRecord& maker,
    const DeferredEnd& end) {
    const TimePoint now = system_clock().now();
    const auto id = storage::name_deferred_bill(database_->session(), work, ids_.next(now));
    if (!id) {
        return;  // asked again when the claim ends
    }
    const DeferredBill bill{routes, provider, work, maker, *id, end};
    if (!reserve(bill.rows().size())) {
        return;
    }
    for (const storage::RequestRecord& row : bill.rows()) {
        spool_.append(row);
    }
    billed_.insert(*id);
    if (billed_.size() > kBilledMax) {
        billed_.erase(billed_.begin());
    }
    charge_(maker.key_id, bill.cost(), now);
    count(routes, provider, bill);
    const std::string age = age_text(now - work.created_at);
    if (end.outcome == storage::Outcome::upstream_failed) {
        metrics_.given_up.fetch_add(1);
        log_error(
            "deferred work is given up: nobody knows what it used",
            {{"provider", work.provider},
             {"object", work.object_id},
             {"reason", end.error_code},
             {"age", age}});
    } else if (end.models.empty()) {
        metrics_.failed.fetch_add(1);
    } else {
        metrics_.billed.fetch_add(1);
    }
    log_info(
        "deferred work has ended",
        {{"provider", work.provider},
         {"object", work.object_id},
         {"row", id->to_string()},
         {"cost", bill.cost().to_string()},
         {"age", age}});
}

void DeferredWorkPoller::count(
    const gateway::Routes& routes, const gateway::Provider* provider, const DeferredBill& bill) {
    if (provider == nullptr) {
        return;
    }
    for (const BilledModel& billed : bill.models()) {
        const pricing::Found found = routes.price(*provider, billed.model);
        gateway::ModelCells& cells = metrics_.usage.model(
            provider->name, found.model != nullptr ? std::string_view{found.model->id} : "other");
        metrics_.usage.add_usage(cells, billed.usage, billed.cost);
    }
}

}  // namespace pulse::app
