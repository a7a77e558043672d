#include "app/serve/embedded_quotas.h"

#include "app/serve/spent_before.h"
#include "base/log.h"

#include <algorithm>
#include <utility>

namespace pulse::app {

EmbeddedQuotas::EmbeddedQuotas(policy::WindowCalendar calendar)
    : calendar_(calendar),
      store_(std::make_shared<policy::EmbeddedQuotaStore>(std::move(calendar))) {}

Result<void> EmbeddedQuotas::restore(
    std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) {
    const TimePoint now = system_clock().now();
    const auto spent = spent_before(database.session(), keys->limits(), calendar_, now);
    if (!spent) {
        return spent.error();
    }
    store_->restore(*spent, now);
    const std::scoped_lock lock(mutex_);
    keys_ = std::move(keys);
    return {};
}

std::shared_ptr<policy::QuotaStore> EmbeddedQuotas::of_worker(
    net::Loop& /*loop*/, std::size_t /*worker*/) {
    return store_;
}

void EmbeddedQuotas::adopt(
    std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) {
    std::shared_ptr<const policy::KeyDirectory> before;
    {
        const std::scoped_lock lock(mutex_);
        before = keys_;
    }
    const TimePoint now = system_clock().now();
    const auto spent = spent_by_new_budgets(database.session(), *before, *keys, calendar_, now);
    if (spent) {
        store_->restore(*spent, now);
    } else {
        log_error(
            "the ledger cannot say what new budgets have spent: they count from now on",
            {{"error", spent.error().detail()}});
    }
    store_->drop_gone(keys->limits());
    const std::scoped_lock lock(mutex_);
    keys_ = std::move(keys);
}

void EmbeddedQuotas::start(gateway::Gateway& /*gateway*/) {}

void EmbeddedQuotas::charge(std::string_view key_id, Money cost, TimePoint now) {
    std::shared_ptr<const policy::KeyDirectory> keys;
    {
        const std::scoped_lock lock(mutex_);
        keys = keys_;
    }
    store_->charge(limits_of_key(*keys, key_id), cost, now);
}

std::size_t EmbeddedQuotas::reservations_open() const {
    return store_->reservations_open();
}

std::vector<const policy::ScopeLimits*> limits_of_key(
    const policy::KeyDirectory& keys, std::string_view key_id) {
    std::vector<const policy::ScopeLimits*> limits;
    const auto key = std::find_if(keys.keys().begin(), keys.keys().end(), [&](const auto& one) {
        return one.id.value() == key_id;
    });
    if (key != keys.keys().end()) {
        keys.limits_on(*key, key->attribution, {}, {}, limits);
    }
    return limits;
}

}  // namespace pulse::app
