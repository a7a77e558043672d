#include "policy/allotment/allotment.h"

#include <algorithm>

namespace pulse::policy {

Allotment::Allotment(
    const Uuid& id,
    const Amounts& held,
    const LimitedAmounts& limited,
    TimePoint begins,
    TimePoint ends)
    : id_(id), held_(held), limited_(limited), begins_(begins), ends_(ends) {}

bool Allotment::fits(const Need& need) const {
    if (!is_open_ || need.now >= ends_) {
        return false;
    }
    const Amounts rest = left();
    return (!limited_.cost || need.ceiling <= rest.cost) &&
           (!limited_.tokens || need.tokens <= rest.tokens) &&
           (!limited_.requests || rest.requests >= 1);
}

void Allotment::draw(const Need& need) {
    open_cost_ += need.ceiling;
    open_tokens_ += need.tokens;
    used_.requests += 1;
    open_calls_ += 1;
}

void Allotment::end(const Need& need, Money cost, std::int64_t tokens) {
    open_cost_ -= need.ceiling;
    open_tokens_ -= need.tokens;
    open_calls_ -= 1;
    used_.cost += cost;
    used_.tokens += tokens;
}

Amounts Allotment::left() const {
    const Amounts taken = needed();
    return {
        std::max(Money{}, held_.cost - taken.cost),
        std::max<std::int64_t>(0, held_.tokens - taken.tokens),
        std::max<std::int64_t>(0, held_.requests - taken.requests)};
}

Amounts Allotment::needed() const {
    return {used_.cost + open_cost_, used_.tokens + open_tokens_, used_.requests};
}

}  // namespace pulse::policy
