#pragma once

#include "base/error.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace pulse::console {

inline constexpr std::size_t kPasswordBytesMin = 10;
inline constexpr std::size_t kPasswordBytesMax = 1024;

/// Errors: invalid_request that says the rule.
[[nodiscard]] Result<void> check_password_rules(std::string_view password);

/// 24 letters and digits without those that look alike: 137 bits from the system's generator.
[[nodiscard]] std::string generate_password();

/// What a hash costs.
struct PasswordCost {
    unsigned long long operations = 3;
    std::size_t memory_bytes = std::size_t{64} << 20;
    std::size_t at_once = 2;      ///< hashes that are computed at the same time
    std::size_t waiting_max = 2;  ///< callers that wait meanwhile; others are refused
    std::chrono::milliseconds patience{5'000};
};

/// Argon2id of passwords by libsodium, in its PHC text. Logins take no more than at_once ×
/// memory_bytes, and no more threads than at_once + waiting_max. Thread-safe.
class PasswordHasher {
public:
    explicit PasswordHasher(PasswordCost cost = {});

    /// Errors: overloaded, internal (no memory).
    [[nodiscard]] Result<std::string> hash(std::string_view password);
    /// Is this the password of `hash`? An empty hash costs as much as another and is nobody's.
    /// Errors: overloaded.
    [[nodiscard]] Result<bool> verify(std::string_view hash, std::string_view password);

private:
    class Place;
    PasswordCost cost_;
    std::string nobodys_hash_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t busy_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace pulse::console
