// What a process that is gone had admitted, settled by its successor.
#include "policy/redis/store_state.h"

#include <algorithm>

namespace pulse::policy {
namespace {

using net::redis::Reply;
using redis::Organisation;

/// The ids that are fields of a hash.
[[nodiscard]] std::vector<Uuid> ids_in(const Reply* fields) {
    std::vector<Uuid> ids;
    if (fields == nullptr) {
        return ids;
    }
    for (const Reply& field : fields->elements()) {
        Uuid id;
        if (field.text().size() == id.bytes.size()) {
            std::copy(field.text().begin(), field.text().end(), id.bytes.begin());
            ids.push_back(id);
        }
    }
    return ids;
}

}  // namespace

void RedisQuotaStore::Impl::recover(
    Organisation& org, const std::string& holder, std::function<void(bool)> done) {
    if (org.epoch.empty()) {
        open(org);
        return done(false);
    }
    ask_for_fields(org.holds_of(holder), [this, &org, holder, done](const Reply* held) {
        std::vector<Uuid> ids = ids_in(held);
        const bool is_known = held != nullptr && held->kind() == Reply::Kind::array;
        ask_for_fields(
            org.charged_of(holder),
            [this, &org, holder, done, ids = std::move(ids), is_known](
                const Reply* charged) mutable {
                if (!is_known || charged == nullptr || charged->kind() != Reply::Kind::array) {
                    return done(false);
                }
                const std::vector<Uuid> more = ids_in(charged);
                ids.insert(ids.end(), more.begin(), more.end());
                settle_left(org, holder, ids, std::move(done));
            });
    });
}

void RedisQuotaStore::Impl::settle_left(
    Organisation& org,
    const std::string& holder,
    const std::vector<Uuid>& ids,
    std::function<void(bool)> done) {
    if (ids.empty()) {
        return done(true);
    }
    spent.find_ends(
        ids,
        loop,
        [this, &org, holder, done = std::move(done), still = std::weak_ptr<bool>(alive)](
            const Result<std::vector<Settlement>>& ends) {
            if (still.expired()) {
                return;
            }
            if (ends) {
                for (const Settlement& end : *ends) {
                    settle(org, holder, end, {});
                }
            }
            done(false);  // until the server has confirmed them
        });
}

}  // namespace pulse::policy
