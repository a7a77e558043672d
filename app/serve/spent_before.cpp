#include "app/serve/spent_before.h"

#include "policy/access/access.h"
#include "storage/tables/spent.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace pulse::app {

namespace {

/// The name by which the ledger sums what a scope spent.
[[nodiscard]] std::string ledger_scope(const policy::ScopeLimits& limits) {
    std::string name{to_string(limits.scope)};
    if (limits.scope == policy::Scope::tag) {
        name += '.' + limits.id.substr(0, limits.id.find('='));
    }
    return name;
}

/// Does the limits' id mean what the ledger calls `id`?
[[nodiscard]] bool means(const policy::ScopeLimits& limits, std::string_view id) {
    switch (limits.scope) {
        case policy::Scope::model: {
            const std::size_t slash = id.find('/');
            return policy::matches_glob(limits.id, id) ||
                   (slash != std::string_view::npos &&
                    policy::matches_glob(limits.id, id.substr(slash + 1)));
        }
        case policy::Scope::tag:
            return policy::matches_glob(limits.id, id);
        default:
            return limits.id == id;
    }
}

/// Budgets with the same window.
struct Group {
    const policy::WindowCalendar* calendar = nullptr;
    policy::Period period = policy::Period::month;
    friend auto operator<=>(const Group&, const Group&) = default;
};

[[nodiscard]] bool has_budget(const policy::ScopeLimits& limits, policy::Period period) {
    return std::any_of(
        limits.budgets.begin(), limits.budgets.end(), [&](const policy::Budget& budget) {
            return budget.period == period;
        });
}

/// Rows of one organisation and scope, found by binary search: they come in that order.
class SpentRows {
public:
    explicit SpentRows(const std::vector<storage::ScopeSpentRow>& rows) {
        for (const storage::ScopeSpentRow& row : rows) {
            by_scope_[{row.org, row.scope}].emplace(row.id, row.spent);
        }
    }
    [[nodiscard]] Money of(const policy::ScopeLimits& limits) const {
        Money spent;
        const auto rows = by_scope_.find({limits.org, std::string{to_string(limits.scope)}});
        if (rows == by_scope_.end()) {
            return spent;
        }
        if (limits.scope != policy::Scope::model && limits.scope != policy::Scope::tag) {
            const auto row = rows->second.find(limits.id);
            return row == rows->second.end() ? spent : row->second;
        }
        for (const auto& [id, amount] : rows->second) {
            if (means(limits, id)) {
                spent += amount;
            }
        }
        return spent;
    }

private:
    std::map<std::pair<std::string, std::string>, std::map<std::string, Money, std::less<>>>
        by_scope_;
};

/// A scope's counter of one period.
using CounterName = std::tuple<std::string_view, policy::Scope, std::string_view, policy::Period>;

[[nodiscard]] CounterName name_of(const policy::ScopeLimits& limits, const policy::Budget& budget) {
    return {limits.org, limits.scope, limits.id, budget.period};
}

/// The scopes in `after` with their budgets of periods that nothing counted `before`.
[[nodiscard]] std::vector<policy::ScopeLimits> new_budgets(
    const policy::KeyDirectory& before, const policy::KeyDirectory& after) {
    std::set<CounterName> known;
    const auto limited_before = before.limits();
    for (const policy::ScopeLimits* limits : limited_before) {
        for (const policy::Budget& budget : limits->budgets) {
            known.insert(name_of(*limits, budget));
        }
    }
    std::vector<policy::ScopeLimits> added;
    for (const policy::ScopeLimits* limits : after.limits()) {
        policy::ScopeLimits more = *limits;
        std::erase_if(more.budgets, [&](const policy::Budget& budget) {
            return known.contains(name_of(*limits, budget));
        });
        if (!more.budgets.empty()) {
            added.push_back(std::move(more));
        }
    }
    return added;
}

}  // namespace

Result<std::vector<policy::SpentBefore>> spent_before(
    storage::sql::Session& session,
    std::span<const policy::ScopeLimits* const> limits,
    const policy::WindowCalendar& calendar,
    TimePoint now) {
    std::map<Group, std::vector<const policy::ScopeLimits*>> groups;
    for (const policy::ScopeLimits* one : limits) {
        for (const policy::Period period :
             {policy::Period::hour,
              policy::Period::day,
              policy::Period::week,
              policy::Period::month,
              policy::Period::total}) {
            if (has_budget(*one, period)) {
                groups[{one->calendar ? one->calendar.get() : &calendar, period}].push_back(one);
            }
        }
    }
    std::vector<policy::SpentBefore> all;
    for (const auto& [group, members] : groups) {
        std::set<std::string> names;
        for (const policy::ScopeLimits* one : members) {
            names.insert(ledger_scope(*one));
        }
        const std::vector<std::string_view> scopes(names.begin(), names.end());
        const auto rows = storage::spent_by_scope(
            session, group.calendar->window(group.period, now).begin, scopes);
        if (!rows) {
            return rows.error();
        }
        const SpentRows spent{*rows};
        for (const policy::ScopeLimits* one : members) {
            all.push_back(
                {one->scope, one->org, one->id, group.period, spent.of(*one), one->calendar});
        }
    }
    return all;
}

Result<std::vector<policy::SpentBefore>> spent_by_new_budgets(
    storage::sql::Session& session,
    const policy::KeyDirectory& before,
    const policy::KeyDirectory& after,
    const policy::WindowCalendar& calendar,
    TimePoint now) {
    const std::vector<policy::ScopeLimits> added = new_budgets(before, after);
    std::vector<const policy::ScopeLimits*> scopes;
    for (const policy::ScopeLimits& limits : added) {
        scopes.push_back(&limits);
    }
    return spent_before(session, scopes, calendar, now);
}

}  // namespace pulse::app
