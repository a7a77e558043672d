#pragma once

#include "base/attribution.h"
#include "base/clock.h"
#include "base/strong_id.h"
#include "policy/access/policy.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy {

/// SHA-256 of a key's text.
using KeyHash = std::array<std::uint8_t, 32>;

/// A virtual key as the gateway knows it. Immutable.
struct KeyRecord {
    KeyId id;
    KeyHash hash{};
    std::string label;
    std::string prefix;  ///< first characters, for people: "sk-pulse-ab12"
    Attribution attribution;
    Policy policy;
    std::optional<TimePoint> expires_at;
    bool revoked = false;
    std::int64_t version = 0;
};

/// All keys by hash: a snapshot. Immutable, shared by pointer and swapped whole.
class KeyDirectory {
public:
    explicit KeyDirectory(std::vector<KeyRecord> keys, std::int64_t version = 0);

    /// The key with that hash that may be used at `now`; null for unknown, revoked and expired ones
    /// alike, so that a caller cannot tell them apart. The whole hash is compared in constant time.
    [[nodiscard]] const KeyRecord* find_usable(const KeyHash& hash, TimePoint now) const;

    [[nodiscard]] std::int64_t version() const { return version_; }
    [[nodiscard]] const std::vector<KeyRecord>& keys() const { return keys_; }

private:
    std::vector<KeyRecord> keys_;
    std::vector<std::uint32_t> slots_;  ///< open addressing over keys_
    std::int64_t version_ = 0;
};

/// Hashes keys with a digest that was fetched once: 77 ns a key. Lives on one worker.
class KeyHasher {
public:
    KeyHasher();
    ~KeyHasher();
    KeyHasher(const KeyHasher&) = delete;
    KeyHasher& operator=(const KeyHasher&) = delete;
    [[nodiscard]] KeyHash hash(std::string_view key) const;

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// A new key: "sk-pulse-" and 40 characters from the system's generator (base62, 238 bits).
[[nodiscard]] std::string make_key();
inline constexpr std::string_view kKeyPrefix = "sk-pulse-";
/// The part of a key that may be shown: "sk-pulse-" and four characters.
[[nodiscard]] std::string shown_prefix(std::string_view key);

}  // namespace pulse::policy
