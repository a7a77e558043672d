#include "console/access/login_throttle.h"

#include "base/hex.h"
#include "policy/access/cidr.h"

#include <algorithm>
#include <span>

namespace pulse::console {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // a subscriber has a /64 at least

[[nodiscard]] std::string account_key(std::string_view account) {
    return std::string{"account "}.append(account);
}

[[nodiscard]] std::string address_key(std::string_view address) {
    return std::string{"address "}.append(throttled_address(address));
}

}  // namespace

std::string throttled_address(std::string_view address) {
    const auto parsed = policy::parse_address(address);
    if (!parsed || parsed->is_v4) {
        return std::string{address};
    }
    return to_hex(std::span{parsed->bytes}.first(kNetworkBytes));
}

std::optional<std::chrono::seconds> LoginThrottle::begin(
    std::string_view account, std::string_view address, SteadyTime now) {
    const std::scoped_lock lock(mutex_);
    forget(now);
    SteadyTime open_at = now;
    for (const std::string& key : {account_key(account), address_key(address)}) {
        if (const auto found = entries_.find(key); found != entries_.end()) {
            open_at = std::max(open_at, found->second.open_at);
        }
    }
    if (open_at > now) {
        return std::chrono::ceil<std::chrono::seconds>(open_at - now);
    }
    count(account_key(account), settings_.account_wait_max, now);
    count(address_key(address), settings_.address_wait_max, now);
    return std::nullopt;
}

void LoginThrottle::succeeded(std::string_view account, std::string_view address) {
    const std::scoped_lock lock(mutex_);
    entries_.erase(account_key(account));
    // Only this try: else a login of one's own would pay for guesses at another's account.
    if (const auto found = entries_.find(address_key(address)); found != entries_.end()) {
        found->second.wrong = std::max(found->second.wrong - 1, 0);
        found->second.open_at = found->second.last;
    }
}

void LoginThrottle::count(std::string key, std::chrono::seconds wait_max, SteadyTime now) {
    Tries& tries = entries_[std::move(key)];
    if (now - tries.last >= settings_.forget_after) {
        tries.wrong = 0;
    }
    tries.wrong = std::min(tries.wrong + 1, 1'000);
    tries.last = now;
    const int doublings = tries.wrong - settings_.free_tries;
    if (doublings < 0) {
        tries.open_at = now;
        return;
    }
    const auto wait = doublings > 20 ? wait_max : settings_.first_wait * (1 << doublings);
    tries.open_at = now + std::min(wait, wait_max);
}

void LoginThrottle::forget(SteadyTime now) {
    // A walk over all entries, only when the table is full.
    if (entries_.size() + 2 <= settings_.entries_max) {
        return;
    }
    std::erase_if(entries_, [&](const auto& entry) {
        return now - entry.second.last >= settings_.forget_after;
    });
    while (entries_.size() + 2 > settings_.entries_max) {
        entries_.erase(
            std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
                return a.second.last < b.second.last;
            }));
    }
}

}  // namespace pulse::console
