#include "console/api/store_pool.h"

namespace pulse::console {

Result<StorePool::Lease> StorePool::lease() {
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            Lease lease{*this, std::move(idle_.back())};
            idle_.pop_back();
            return lease;
        }
    }
    auto opened = open_();
    if (!opened) {
        return opened.error();
    }
    return Lease{*this, *std::move(opened)};
}

StorePool::Lease::~Lease() {
    if (database_ != nullptr) {
        const std::scoped_lock lock(owner_->mutex_);
        owner_->idle_.push_back(std::move(database_));
    }
}

}  // namespace pulse::console
