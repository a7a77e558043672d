#pragma once

#include "base/attribution.h"
#include "base/clock.h"
#include "base/strong_id.h"
#include "policy/access/policy.h"
#include "policy/limits/scope_limits.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy {

namespace detail {
class PolicyBook;  // what stands above the keys, and every scope's limits
}

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

/// A policy above single keys: of an organisation, team, project, user or app.
struct ScopedPolicy {
    std::string org;
    Scope scope = Scope::organisation;
    std::string id;  ///< of an organisation empty
    Policy policy;
};

/// A budget that stands by itself; its scope and scope_id say whose it is.
struct ScopedBudget {
    std::string org;
    Budget budget;
};

/// An organisation's own time zone.
struct OrgCalendar {
    std::string org;
    std::shared_ptr<const WindowCalendar> calendar;
};

/// One of the policies that apply to a request.
struct AppliedPolicy {
    Scope scope = Scope::key;
    std::string_view id;
    const Policy* policy = nullptr;
};

/// All keys by hash, the policies and budgets above them: a snapshot. Immutable, shared by pointer
/// and swapped whole.
class KeyDirectory {
public:
    explicit KeyDirectory(
        std::vector<KeyRecord> keys,
        std::int64_t version = 0,
        std::vector<ScopedPolicy> policies = {},
        const std::vector<ScopedBudget>& budgets = {},
        const std::vector<OrgCalendar>& calendars = {});
    ~KeyDirectory();

    /// The key with that hash that may be used at `now`; null for unknown, revoked and expired ones
    /// alike, so that a caller cannot tell them apart. The whole hash is compared in constant time.
    [[nodiscard]] const KeyRecord* find_usable(const KeyHash& hash, TimePoint now) const;

    /// The policies that apply to a request with this key and attribution, the key's own first, then
    /// app, user, project, team, organisation. `out` is emptied first.
    void policies_on(
        const KeyRecord& key,
        const Attribution& attribution,
        std::vector<AppliedPolicy>& out) const;

    /// Everything that limits such a request to that model, the key's own limits first; scopes
    /// without a limit are left out. `out` is emptied first.
    void limits_on(
        const KeyRecord& key,
        const Attribution& attribution,
        std::string_view provider,
        std::string_view model,
        std::vector<const ScopeLimits*>& out) const;

    /// Every scope with a limit.
    [[nodiscard]] std::vector<const ScopeLimits*> limits() const;

    [[nodiscard]] std::int64_t version() const { return version_; }
    [[nodiscard]] const std::vector<KeyRecord>& keys() const { return keys_; }

private:
    std::vector<KeyRecord> keys_;
    std::vector<std::uint32_t> slots_;  ///< open addressing over keys_
    std::int64_t version_ = 0;
    std::unique_ptr<const detail::PolicyBook> book_;
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
