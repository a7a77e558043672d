#include "console/admin/budgets.h"
#include "console/admin/scope_names.h"
#include "policy/access/access.h"
#include "storage/tables/spent.h"

#include <algorithm>
#include <map>

namespace pulse::console {
namespace {

using storage::BudgetRow;
using storage::ScopeSpentRow;

/// As spent_by_scope() takes it.
[[nodiscard]] std::string asked_as(const BudgetRow& budget) {
    return budget.scope == "tag" ? "tag." + budget.scope_id.substr(0, budget.scope_id.find('='))
                                 : budget.scope;
}

[[nodiscard]] bool counts_for(const BudgetRow& budget, const ScopeSpentRow& row) {
    if (row.org != budget.org || row.scope != budget.scope) {
        return false;
    }
    if (budget.scope == "model") {
        const std::string_view name = std::string_view{row.id}.substr(row.id.find('/') + 1);
        return policy::matches_glob(budget.scope_id, row.id) ||
               policy::matches_glob(budget.scope_id, name);
    }
    return budget.scope == "tag" ? policy::matches_glob(budget.scope_id, row.id)
                                 : row.id == budget.scope_id;
}

}  // namespace

Result<std::vector<BudgetState>> states_of(
    storage::sql::Session& session,
    const policy::WindowCalendar& calendar,
    std::span<const BudgetRow> budgets,
    TimePoint now) {
    std::vector<BudgetState> states(budgets.size());
    // One question for each period, of the scopes that have a budget of it.
    std::map<std::string_view, std::vector<std::size_t>> by_period;
    for (std::size_t i = 0; i < budgets.size(); ++i) {
        by_period[budgets[i].period].push_back(i);
    }
    for (const auto& [period, indexes] : by_period) {
        const policy::Window window =
            calendar.window(parse_period(period).value_or(policy::Period::total), now);
        std::vector<std::string> scopes;
        for (const std::size_t i : indexes) {
            scopes.push_back(asked_as(budgets[i]));
        }
        std::sort(scopes.begin(), scopes.end());
        scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
        const std::vector<std::string_view> asked{scopes.begin(), scopes.end()};
        const auto spent = storage::spent_by_scope(session, window.begin, asked);
        if (!spent) {
            return spent.error();
        }
        for (const std::size_t i : indexes) {
            states[i].window = window;
            for (const ScopeSpentRow& row : *spent) {
                if (counts_for(budgets[i], row)) {
                    states[i].spent += row.spent;
                }
            }
        }
    }
    return states;
}

}  // namespace pulse::console
