#include "app/serve/quota_stores.h"

#include "app/serve/embedded_quotas.h"
#include "app/serve/redis_quotas.h"

#include <utility>

namespace pulse::app {

Result<std::unique_ptr<QuotaStores>> open_quota_stores(
    const Config& config,
    std::shared_ptr<const policy::KeyDirectory> keys,
    storage::Database& database,
    LookupThread& lookups) {
    const auto calendar = policy::WindowCalendar::open(config.policy.time_zone);
    if (!calendar) {
        return Error(Errc::configuration, "policy.time_zone: " + calendar.error().detail());
    }
    if (config.policy.store == kEmbeddedStore) {
        auto stores = std::make_unique<EmbeddedQuotas>(*calendar);
        if (auto restored = stores->restore(std::move(keys), database); !restored) {
            return restored.error();
        }
        return std::unique_ptr<QuotaStores>(std::move(stores));
    }
    auto opened = RedisQuotas::open(config, *calendar, std::move(keys), lookups);
    if (!opened) {
        return opened.error();
    }
    return std::unique_ptr<QuotaStores>(*std::move(opened));
}

}  // namespace pulse::app
