#pragma once

#include "base/clock.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::console {

/// Slows down who guesses passwords: after a few wrong ones of an account, or of an address, each
/// further one costs a wait that doubles. An account's wait stays short, so that a stranger cannot
/// lock its owner out; an address's grows to a quarter of an hour. In this process's memory;
/// bounded: the entry that is idle longest goes. Thread-safe.
class LoginThrottle {
public:
    struct Settings {
        int free_tries = 5;
        std::chrono::seconds first_wait{1};
        std::chrono::seconds account_wait_max{60};
        std::chrono::seconds address_wait_max{900};
        std::chrono::seconds forget_after{3600};  ///< without a wrong one
        std::size_t entries_max = 20'000;
    };
    LoginThrottle() : LoginThrottle(Settings{}) {}
    explicit LoginThrottle(Settings settings) : settings_(settings) {}

    /// Counts a try as wrong until succeeded() says otherwise, so that tries at the same time count
    /// too. How long to wait instead, where this is one too many.
    [[nodiscard]] std::optional<std::chrono::seconds> begin(
        std::string_view account, std::string_view address, SteadyTime now);
    /// The password was right: the account starts anew, the address has one wrong try less.
    void succeeded(std::string_view account, std::string_view address);

private:
    struct Tries {
        int wrong = 0;
        SteadyTime last;
        SteadyTime open_at;  ///< the next try's earliest time
    };
    using Entries = std::map<std::string, Tries, std::less<>>;
    void forget(SteadyTime now);
    void count(std::string key, std::chrono::seconds wait_max, SteadyTime now);

    Settings settings_;
    std::mutex mutex_;
    Entries entries_;
};

/// What an address is counted as: an IPv4 address, the /64 of an IPv6 one.
[[nodiscard]] std::string throttled_address(std::string_view address);

}  // namespace pulse::console
