#include "app/serve/price_learning.h"

#include "app/serve/rerate.h"
#include "base/log.h"
#include "storage/tables/rerating.h"

#include <pthread.h>

namespace pulse::app {

namespace {

constexpr std::chrono::minutes kEvery{1};
constexpr std::chrono::hours kNamedAgain{1};
constexpr std::size_t kNamedMax = 100;  // models a look
constexpr std::size_t kRememberedMax = 10'000;
/// A call that began before newer prices is rated by the older ones, and its row comes when it
/// ends.
constexpr std::chrono::hours kLongestCall{1};
/// Between the publishing of newer prices and the last call that begins with the older ones.
constexpr std::chrono::seconds kPublishing{10};

}  // namespace

PriceLearning::PriceLearning(
    std::unique_ptr<storage::Database> database, std::shared_ptr<const gateway::Routes> routes)
    : database_(std::move(database)),
      named_until_(system_clock().now() - kEvery),
      routes_(std::move(routes)),
      adopted_at_(system_clock().now()) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "learning");
        run();
    });
}

PriceLearning::~PriceLearning() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void PriceLearning::adopt(std::shared_ptr<const gateway::Routes> routes) {
    {
        const std::scoped_lock lock(mutex_);
        routes_ = std::move(routes);
        adopted_at_ = system_clock().now();
        is_adopted_ = true;
    }
    changed_.notify_all();
}

void PriceLearning::run() {
    while (!stopping_) {
        learn();
        name_unpriced();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kEvery, [&] { return stopping_ || is_adopted_; });
    }
}

void PriceLearning::learn() {
    std::shared_ptr<const gateway::Routes> routes;
    TimePoint adopted_at;
    {
        const std::scoped_lock lock(mutex_);
        routes = routes_;
        adopted_at = adopted_at_;
        is_adopted_ = false;
    }
    if (routes != learned_) {
        if (rate_again(*routes, TimePoint{}, TimePoint::max())) {
            learned_ = routes;
            learned_at_ = adopted_at;
        }
        return;
    }
    if (system_clock().now() < learned_at_ + kLongestCall) {
        static_cast<void>(
            rate_again(*routes, learned_at_ - kLongestCall, learned_at_ + kPublishing));
    }
}

bool PriceLearning::rate_again(const gateway::Routes& routes, TimePoint from, TimePoint to) {
    const auto report = rerate(
        *database_,
        routes,
        {.period = {from, to}, .kind = storage::BilledKind::price_missing},
        stopping_);
    if (!report) {
        log_warn(
            "requests without a price cannot be rated again now",
            {{"error", report.error().detail()}});
        return false;
    }
    RerateChanges all;
    for (const auto& [model, changes] : report->models) {
        all.before += changes.before;
        all.after += changes.after;
    }
    if (report->changed > 0) {
        log_info(
            "requests were rated again: the catalogue knows their prices now",
            {{"requests", std::to_string(report->changed)},
             {"cost_before", all.before.to_string()},
             {"cost_after", all.after.to_string()},
             {"version", report->price_version}});
    }
    return !stopping_;
}

void PriceLearning::name_unpriced() {
    const TimePoint now = system_clock().now();
    const auto models = storage::unpriced_models(database_->session(), named_until_ - kEvery, kNamedMax);
    if (!models) {
        return;
    }
    named_until_ = now;
    if (named_.size() > kRememberedMax) {
        named_.clear();
    }
    for (const storage::UnpricedModel& model : *models) {
        TimePoint& named = named_[{model.provider, model.model}];
        if (now < named + kNamedAgain) {
            continue;
        }
        named = now;
        log_warn(
            "a model has no price, its calls are estimated; give it one in pricing.catalog or in "
            "the provider's prices",
            {{"provider", model.provider}, {"model", model.model}});
    }
}

}  // namespace pulse::app
