#include "policy/access/detail/policy_book.h"

#include "policy/access/access.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::policy::detail {
namespace {

/// The scopes that a request's attribution names, from the narrowest.
constexpr std::array kNamed{
    Scope::app, Scope::client, Scope::user, Scope::project, Scope::team, Scope::organisation};

/// What a request belongs to in `scope`; of the organisation itself nothing.
[[nodiscard]] std::string_view id_in(const Attribution& attribution, Scope scope) {
    switch (scope) {
        case Scope::app:
            return attribution.app;
        case Scope::client:
            return attribution.client;
        case Scope::user:
            return attribution.user;
        case Scope::project:
            return attribution.project;
        case Scope::team:
            return attribution.team;
        default:
            return {};
    }
}

/// One text for scope and id, so that one table holds all scopes.
void write_name(std::string& out, Scope scope, std::string_view id) {
    out.assign(1, static_cast<char>('a' + static_cast<int>(scope)));
    out.append(id);
}

[[nodiscard]] std::string name_of(Scope scope, std::string_view id) {
    std::string name;
    write_name(name, scope, id);
    return name;
}

/// Calls `take` with the name of each scope that the attribution names.
template <class Take>
void for_each_name(const Attribution& attribution, Take take) {
    static thread_local std::string name;
    for (const Scope scope : kNamed) {
        const std::string_view id = id_in(attribution, scope);
        if (!id.empty() || scope == Scope::organisation) {
            write_name(name, scope, id);
            take(name);
        }
    }
}

[[nodiscard]] bool matches_model(
    std::string_view pattern, std::string_view provider, std::string_view model) {
    if (matches_glob(pattern, model)) {
        return true;
    }
    std::string full_name;
    full_name.reserve(provider.size() + 1 + model.size());
    full_name.append(provider).append(1, '/').append(model);
    return matches_glob(pattern, full_name);
}

[[nodiscard]] bool matches_tag(std::string_view pattern, const Attribution& attribution) {
    const std::size_t equals = pattern.find('=');
    return std::any_of(attribution.tags.begin(), attribution.tags.end(), [&](const auto& tag) {
        return equals != std::string_view::npos && tag.first == pattern.substr(0, equals) &&
               matches_glob(pattern.substr(equals + 1), tag.second);
    });
}

}  // namespace

PolicyBook::PolicyBook(
    const std::vector<KeyRecord>& keys,
    std::vector<ScopedPolicy> policies,
    const std::vector<ScopedBudget>& budgets,
    const std::vector<OrgCalendar>& calendars)
    : policies_(std::move(policies)), keys_(keys.size()) {
    for (const OrgCalendar& own : calendars) {
        orgs_[own.org].calendar = own.calendar;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        key_places_.emplace(keys[i].id.value(), i);
        keys_[i].org = keys[i].attribution.org;
        keys_[i].id = keys[i].id.value();
        if (const auto org = orgs_.find(keys_[i].org); org != orgs_.end()) {
            keys_[i].calendar = org->second.calendar;
        }
    }
    for (const KeyRecord& key : keys) {
        add(key);
    }
    for (const ScopedPolicy& above : policies_) {
        const std::string id = above.scope == Scope::organisation ? std::string{} : above.id;
        orgs_[above.org].policies.emplace(name_of(above.scope, id), &above);
        ScopeLimits& limits = limits_of(above.org, above.scope, id);
        limits.add(above.policy);
    }
    for (const ScopedBudget& budget : budgets) {
        add(budget);
    }
    for (auto& [name, org] : orgs_) {
        std::erase_if(org.limits, [](const auto& entry) { return entry.second->is_empty(); });
        for (const auto& [id, limits] : org.limits) {
            if (limits->scope == Scope::model) {
                org.models.push_back(limits.get());
            } else if (limits->scope == Scope::tag) {
                org.tags.push_back(limits.get());
            }
        }
        // In one order everywhere: what refuses first is named.
        for (std::vector<const ScopeLimits*>* patterns : {&org.models, &org.tags}) {
            std::sort(patterns->begin(), patterns->end(), [](const auto* a, const auto* b) {
                return a->id < b->id;
            });
        }
    }
}

ScopeLimits& PolicyBook::limits_of(const std::string& org, Scope scope, const std::string& id) {
    Org& place = orgs_[org];
    std::unique_ptr<ScopeLimits>& limits = place.limits[name_of(scope, id)];
    if (limits == nullptr) {
        limits = std::make_unique<ScopeLimits>();
        limits->scope = scope;
        limits->org = org;
        limits->id = id;
        limits->calendar = place.calendar;
    }
    return *limits;
}

/// The key's limits, and the budgets in its policy that are of what the key belongs to.
void PolicyBook::add(const KeyRecord& key) {
    if (key.revoked) {
        return;
    }
    keys_[key_places_.at(key.id.value())].add(key.policy);
    for (const Budget& budget : key.policy.budgets) {
        if (budget.scope != Scope::key) {
            Budget named = budget;
            if (named.scope_id.empty()) {
                named.scope_id = id_in(key.attribution, budget.scope);
            }
            add(ScopedBudget{key.attribution.org, std::move(named)});
        }
    }
}

void PolicyBook::add(const ScopedBudget& budget) {
    Budget own = budget.budget;
    if (own.scope == Scope::key) {
        const auto place = key_places_.find(own.scope_id);
        if (place != key_places_.end() && keys_[place->second].org == budget.org) {
            keys_[place->second].budgets.push_back(std::move(own));
        }
        return;
    }
    if (own.scope == Scope::organisation) {
        own.scope_id.clear();
    } else if (own.scope_id.empty()) {
        return;  // of nobody: refused where keys and budgets are made
    }
    std::vector<Budget>& budgets = limits_of(budget.org, own.scope, own.scope_id).budgets;
    if (std::find(budgets.begin(), budgets.end(), own) == budgets.end()) {
        budgets.push_back(std::move(own));
    }
}

void PolicyBook::append_policies(
    const Attribution& attribution, std::vector<AppliedPolicy>& out) const {
    const auto org = policies_.empty() ? orgs_.end() : orgs_.find(attribution.org);
    if (org == orgs_.end() || org->second.policies.empty()) {
        return;
    }
    for_each_name(attribution, [&](const std::string& name) {
        const auto found = org->second.policies.find(name);
        if (found != org->second.policies.end()) {
            const ScopedPolicy& above = *found->second;
            out.push_back({above.scope, above.id, &above.policy});
        }
    });
}

void PolicyBook::append_limits(
    const Attribution& attribution,
    std::string_view provider,
    std::string_view model,
    std::vector<const ScopeLimits*>& out) const {
    const auto org = orgs_.empty() ? orgs_.end() : orgs_.find(attribution.org);
    if (org == orgs_.end() || org->second.limits.empty()) {
        return;
    }
    for_each_name(attribution, [&](const std::string& name) {
        const auto found = org->second.limits.find(name);
        if (found != org->second.limits.end()) {
            out.push_back(found->second.get());
        }
    });
    for (const ScopeLimits* limits : org->second.models) {
        if (!model.empty() && matches_model(limits->id, provider, model)) {
            out.push_back(limits);
        }
    }
    for (const ScopeLimits* limits : org->second.tags) {
        if (matches_tag(limits->id, attribution)) {
            out.push_back(limits);
        }
    }
}

std::vector<const ScopeLimits*> PolicyBook::all_limits() const {
    std::vector<const ScopeLimits*> all;
    for (const ScopeLimits& limits : keys_) {
        if (!limits.is_empty()) {
            all.push_back(&limits);
        }
    }
    for (const auto& [name, org] : orgs_) {
        for (const auto& [id, limits] : org.limits) {
            all.push_back(limits.get());
        }
    }
    return all;
}

}  // namespace pulse::policy::detail
