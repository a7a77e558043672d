#include "app/serve/key_source.h"

#include "base/hex.h"
#include "base/log.h"
#include "console/admin/budgets.h"
#include "console/admin/scope_names.h"
#include "storage/tables/budgets.h"
#include "storage/tables/keys.h"
#include "storage/tables/organizations.h"
#include "storage/tables/policies.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace pulse::app {

namespace {

constexpr std::chrono::milliseconds kPollInterval{250};
constexpr std::chrono::milliseconds kStopPoll{25};

[[nodiscard]] std::optional<policy::KeyRecord> record_of(const storage::KeyRow& row) {
    policy::KeyRecord record;
    const auto hash = from_hex(row.hash_hex);
    if (!hash || hash->size() != record.hash.size()) {
        log_error("a key's hash cannot be read; the key is not usable", {{"key", row.id}});
        return std::nullopt;
    }
    std::copy(hash->begin(), hash->end(), record.hash.begin());
    record.id = KeyId{row.id};
    record.label = row.label;
    record.prefix = row.prefix;
    record.attribution.org = row.org;
    record.attribution.team = row.team;
    record.attribution.project = row.project;
    record.attribution.user = row.user;
    record.attribution.app = row.app;
    record.expires_at = row.expires_at;
    record.revoked = row.revoked_at.has_value();
    record.version = row.version;
    auto policy = policy::parse_policy(row.policy_json);
    if (policy) {
        record.policy = *std::move(policy);
    } else {
        log_error(
            "a key's policy cannot be read; the key is blocked until it is corrected",
            {{"key", row.id}, {"error", policy.error().detail()}});
        record.revoked = true;
    }
    return record;
}

/// What stands for a policy that cannot be read: nothing passes until it is corrected.
[[nodiscard]] policy::Policy closed_policy() {
    policy::Policy closed;
    closed.blocked_models = {"*"};
    closed.allowed_providers = {"none, as the stored policy cannot be read"};
    return closed;
}

[[nodiscard]] std::optional<policy::ScopedPolicy> scoped_policy_of(const storage::PolicyRow& row) {
    const auto scope = console::parse_scope(row.scope);
    if (!scope || !console::is_policy_scope(*scope)) {
        log_error(
            "a policy is of no known scope and is left out",
            {{"policy", row.id}, {"scope", row.scope}});
        return std::nullopt;
    }
    policy::ScopedPolicy scoped{.org = row.org, .scope = *scope, .id = row.scope_id, .policy = {}};
    auto policy = policy::parse_policy(row.policy_json, *scope);
    if (policy) {
        scoped.policy = *std::move(policy);
    } else {
        log_error(
            "a policy cannot be read; all keys that it applies to are blocked until it is "
            "corrected",
            {{"policy", row.id},
             {"scope", row.scope},
             {"scope_id", row.scope_id},
             {"error", policy.error().detail()}});
        scoped.policy = closed_policy();
    }
    return scoped;
}

[[nodiscard]] std::optional<policy::ScopedBudget> scoped_budget_of(const storage::BudgetRow& row) {
    const auto scope = console::parse_scope(row.scope);
    if (!scope) {
        log_error(
            "a budget is of no known scope and is left out",
            {{"budget", row.id}, {"scope", row.scope}});
        return std::nullopt;
    }
    policy::ScopedBudget scoped{.org = row.org, .budget = {}};
    scoped.budget.scope = *scope;
    scoped.budget.scope_id = row.scope_id;
    scoped.budget.limit = row.limit;
    scoped.budget.soft = row.soft;
    const auto period = console::parse_period(row.period);
    const bool is_readable = period.has_value() && row.currency == console::kBudgetCurrency;
    if (!is_readable) {
        log_error(
            "a budget cannot be enforced; what it is for may spend nothing until it is corrected",
            {{"budget", row.id}, {"period", row.period}, {"currency", row.currency}});
        scoped.budget.limit = Money{};
        scoped.budget.soft = false;
    }
    scoped.budget.period = period.value_or(policy::Period::total);
    return scoped;
}

/// Of an organisation with a time zone of its own.
[[nodiscard]] std::optional<policy::OrgCalendar> calendar_of(const storage::OrganizationRow& row) {
    if (row.time_zone.empty()) {
        return std::nullopt;
    }
    auto calendar = policy::WindowCalendar::open(row.time_zone);
    if (!calendar) {
        log_error(
            "an organisation's time zone is not known here; its windows are those of "
            "policy.time_zone",
            {{"organisation", row.id}, {"time_zone", row.time_zone}});
        return std::nullopt;
    }
    return policy::OrgCalendar{
        row.id, std::make_shared<const policy::WindowCalendar>(*std::move(calendar))};
}

/// Those of `rows` that `make` reads.
template <class Made, class Row, class Make>
[[nodiscard]] std::vector<Made> made_of(const std::vector<Row>& rows, const Make& make) {
    std::vector<Made> made;
    made.reserve(rows.size());
    for (const Row& row : rows) {
        if (auto one = make(row)) {
            made.push_back(*std::move(one));
        }
    }
    return made;
}

}  // namespace

Result<std::shared_ptr<const policy::KeyDirectory>> read_keys(storage::Database& database) {
    storage::sql::Session& session = database.session();
    // First: a change between the two is seen at the next look.
    const auto version = storage::keys_version(session);
    if (!version) {
        return version.error();
    }
    const auto keys = storage::keys(session);
    if (!keys) {
        return keys.error();
    }
    const auto policies = storage::policies(session);
    if (!policies) {
        return policies.error();
    }
    const auto budgets = storage::budgets(session);
    if (!budgets) {
        return budgets.error();
    }
    const auto organisations = storage::organizations(session);
    if (!organisations) {
        return organisations.error();
    }
    return std::make_shared<const policy::KeyDirectory>(
        made_of<policy::KeyRecord>(*keys, record_of),
        *version,
        made_of<policy::ScopedPolicy>(*policies, scoped_policy_of),
        made_of<policy::ScopedBudget>(*budgets, scoped_budget_of),
        made_of<policy::OrgCalendar>(*organisations, calendar_of));
}

KeyWatch::KeyWatch(
    std::unique_ptr<storage::Database> database, std::int64_t version, OnChange on_change)
    : database_(std::move(database)), version_(version), on_change_(std::move(on_change)) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "keys");
        run();
    });
}

KeyWatch::~KeyWatch() {
    stopping_ = true;
    thread_.join();
}

void KeyWatch::run() {
    auto next = std::chrono::steady_clock::now() + kPollInterval;
    while (!stopping_) {
        std::this_thread::sleep_for(kStopPoll);
        if (std::chrono::steady_clock::now() < next) {
            continue;
        }
        next = std::chrono::steady_clock::now() + kPollInterval;
        const auto version = storage::keys_version(database_->session());
        if (!version || *version == version_) {
            continue;
        }
        if (auto keys = read_keys(*database_)) {
            version_ = (*keys)->version();
            on_change_(*std::move(keys), *database_);
        }
    }
}

}  // namespace pulse::app
