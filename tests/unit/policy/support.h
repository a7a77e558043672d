#pragma once

#include "policy/access/key_directory.h"
#include "policy/access/policy.h"
#include "policy/embedded/embedded_store.h"

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace pulse::policy::tests {

inline constexpr TimePoint kStart{std::chrono::seconds{1'767'225'600}};  // 2026-01-01 00:00 UTC

[[nodiscard]] inline Uuid make_id(std::uint64_t number) {
    Uuid id;
    std::memcpy(id.bytes.data() + 8, &number, sizeof number);
    return id;
}

[[nodiscard]] inline Money usd(std::string_view text) {
    return Money::parse(text).value();
}

[[nodiscard]] inline KeyRecord make_key_record(std::string_view policy, std::string id = "key-1") {
    KeyRecord record;
    record.id = KeyId{std::move(id)};
    record.policy = parse_policy(policy).value();
    return record;
}

/// The limits of one key's policy.
[[nodiscard]] inline ScopeLimits limits_of(const KeyRecord& key) {
    ScopeLimits limits;
    limits.org = key.attribution.org;
    limits.id = key.id.value();
    limits.add(key.policy);
    return limits;
}

[[nodiscard]] inline Standing standing(
    EmbeddedQuotaStore& store, const KeyRecord& key, TimePoint now) {
    const ScopeLimits limits = limits_of(key);
    const std::array<const ScopeLimits*, 1> scopes{&limits};
    return store.standing(scopes, now);
}

/// Keeps the last verdict.
class LastVerdict final : public VerdictHandler {
public:
    void on_verdict(const Verdict& verdict) override { last_ = verdict; }
    [[nodiscard]] const Verdict& last() const { return last_; }

private:
    Verdict last_;
};

/// Asks one store for one key, with ids that count up.
class Caller {
public:
    Caller(QuotaStore& store, const KeyRecord& key, std::uint64_t first_id = 1)
        : store_(store), limits_(limits_of(key)), next_id_(first_id) {}

    Verdict ask(TimePoint now, std::int64_t tokens = 0, Money ceiling = {}) {
        last_id_ = make_id(next_id_++);
        Ask ask;
        ask.id = last_id_;
        const std::array<const ScopeLimits*, 1> scopes{&limits_};
        if (!limits_.is_empty()) {
            ask.scopes = scopes;
        }
        ask.ceiling = ceiling;
        ask.tokens = tokens;
        ask.now = now;
        LastVerdict handler;
        store_.admit(ask, handler);
        return handler.last();
    }
    [[nodiscard]] Uuid last_id() const { return last_id_; }

private:
    QuotaStore& store_;
    ScopeLimits limits_;
    std::uint64_t next_id_;
    Uuid last_id_;
};

}  // namespace pulse::policy::tests
