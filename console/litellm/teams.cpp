#include "base/uuid.h"
#include "console/access/change.h"
#include "console/admin/budgets.h"
#include "console/admin/owners.h"
#include "console/api/change.h"
#include "console/api/fields.h"
#include "console/litellm/duration.h"
#include "console/litellm/json_writer.h"
#include "console/litellm/key_fields.h"
#include "console/litellm/paths.h"
#include "storage/tables/owners.h"

#include <boost/json/serialize.hpp>

namespace pulse::console::litellm {
namespace {

using storage::OwnerKind;
using storage::OwnerRow;

constexpr BodyFields::TextRule kWord{.bytes_min = 0, .bytes_max = 256, .may_be_null = true};

struct NewTeam {
    OwnerRow row;
    std::optional<Money> limit;
    policy::Period period = policy::Period::total;
};

[[nodiscard]] Result<NewTeam> read_team(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    NewTeam team;
    const std::string alias = body->optional_text("team_alias", kWord).value_or(std::string{});
    team.row.id = body->optional_text("team_id", kWord).value_or(std::string{});
    if (team.row.id.empty()) {
        team.row.id = UuidGenerator{}.next(call.now).to_string();
    }
    team.row.org = call.access.org;
    team.row.name = alias.empty() ? team.row.id : alias;
    team.row.created_at = call.now;
    if (body->has("max_budget") && body->raw("max_budget") != "null") {
        team.limit = body->optional_money("max_budget");
    }
    const auto duration = body->optional_text("budget_duration", kWord).value_or(std::string{});
    if (!duration.empty()) {
        const auto period = period_of(duration);
        if (!period) {
            body->problem("budget_duration", kPeriodRule);
        } else if (!team.limit) {
            body->problem("budget_duration", "needs a max_budget");
        }
        team.period = period.value_or(team.period);
    }
    refuse_others(*body);
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    return team;
}

}  // namespace

Result<HttpResponse> new_team(const Call& call) {
    const auto team = read_team(call);
    if (!team) {
        return team.error();
    }
    auto transaction = begin_change(call.session());
    if (!transaction) {
        return transaction.error();
    }
    storage::AuditEntry entry = audit_entry(call, "team.create", "team", team->row.id);
    entry.after = boost::json::serialize(owner_json(OwnerKind::team, team->row));
    if (auto made = storage::insert_owner(call.session(), OwnerKind::team, team->row, entry);
        !made) {
        return conflict_or(made.error());
    }
    if (team->limit) {
        const BudgetFields fields{
            .name = "team " + team->row.name,
            .scope = "team",
            .scope_id = team->row.id,
            .period = std::string{to_string(team->period)},
            .limit = team->limit,
            .currency = {},
            .soft = {}};
        const auto budget = create_budget_within(
            call.session(), fields, audit_entry(call, {}, {}, {}), Reach::everything());
        if (!budget) {
            return budget.error();
        }
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    HttpResponse response;
    response.body = JsonWriter{}
                        .text("team_id", team->row.id)
                        .text("team_alias", team->row.name)
                        .amount("max_budget", team->limit)
                        .text_or_null("budget_duration", duration_of(team->period))
                        .amount("spend", Money{})
                        .raw("models", "[]")
                        .raw("members_with_roles", "[]")
                        .raw("metadata", "{}")
                        .value("blocked", false)
                        .value("created_at", time_or_null(team->row.created_at))
                        .finish();
    return response;
}

}  // namespace pulse::console::litellm
