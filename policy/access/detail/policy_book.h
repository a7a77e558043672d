#pragma once

#include "base/attribution.h"
#include "policy/access/key_directory.h"
#include "policy/limits/scope_limits.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pulse::policy::detail {

/// Policies and limits by whom they are for. Immutable.
class PolicyBook {
public:
    PolicyBook(
        const std::vector<KeyRecord>& keys,
        std::vector<ScopedPolicy> policies,
        const std::vector<ScopedBudget>& budgets,
        const std::vector<OrgCalendar>& calendars);

    void append_policies(const Attribution& attribution, std::vector<AppliedPolicy>& out) const;
    void append_limits(
        const Attribution& attribution,
        std::string_view provider,
        std::string_view model,
        std::vector<const ScopeLimits*>& out) const;
    [[nodiscard]] const ScopeLimits& key_limits(std::size_t index) const { return keys_[index]; }
    [[nodiscard]] std::vector<const ScopeLimits*> all_limits() const;

private:
    /// What stands above the keys of one organisation.
    struct Org {
        /// By scope, then by id.
        std::unordered_map<std::string, const ScopedPolicy*> policies;
        std::unordered_map<std::string, std::unique_ptr<ScopeLimits>> limits;
        std::vector<const ScopeLimits*> models;  ///< of `limits`: their ids are globs
        std::vector<const ScopeLimits*> tags;
        std::shared_ptr<const WindowCalendar> calendar;
    };

    [[nodiscard]] ScopeLimits& limits_of(
        const std::string& org, Scope scope, const std::string& id);
    void add(const KeyRecord& key);
    void add(const ScopedBudget& budget);

    std::vector<ScopedPolicy> policies_;
    std::vector<ScopeLimits> keys_;  ///< one for each key, in order
    std::unordered_map<std::string, std::size_t> key_places_;
    std::unordered_map<std::string, Org> orgs_;
};

}  // namespace pulse::policy::detail
