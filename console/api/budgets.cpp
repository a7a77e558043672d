#include "console/admin/budgets.h"

#include "console/admin/scope_names.h"
#include "console/api/change.h"
#include "console/api/fields.h"
#include "console/api/money_json.h"
#include "console/api/page.h"
#include "console/api/routes.h"
#include "console/api/scope.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <span>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::BudgetRow;

[[nodiscard]] BudgetFields read_fields(BodyFields& body) {
    BudgetFields fields;
    fields.name = body.optional_text("name");
    fields.period = body.optional_text("period");
    fields.limit = body.optional_money("limit");
    fields.currency = body.optional_text("currency");
    fields.soft = body.optional_switch("soft");
    return fields;
}

[[nodiscard]] json::object shown(const BudgetRow& row, const BudgetState& state) {
    json::object out = budget_json(row);
    out["spent"] = money_json(state.spent);
    out["remaining"] = money_json(std::max(Money{}, row.limit - state.spent));
    out["window"] = json::object{
        {"begin", time_or_null(state.window.begin)}, {"end", time_or_null(state.window.end)}};
    return out;
}

[[nodiscard]] Result<json::array> all_shown(
    const Call& call, const std::string& time_zone, std::span<const BudgetRow> rows) {
    const auto zone = calendar_of(call, time_zone);
    if (!zone) {
        return zone.error();
    }
    const auto calendar = policy::WindowCalendar::open(zone->name);
    if (!calendar) {
        return calendar.error();
    }
    const auto states = states_of(call.session(), *calendar, rows, call.now);
    if (!states) {
        return states.error();
    }
    json::array out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out.emplace_back(shown(rows[i], (*states)[i]));
    }
    return out;
}

[[nodiscard]] Result<HttpResponse> one_shown(
    const Call& call, const std::string& time_zone, const Result<BudgetRow>& row, int status) {
    if (!row) {
        return conflict_or(row.error());
    }
    const auto out = all_shown(call, time_zone, {&*row, 1});
    if (!out) {
        return out.error();
    }
    return json_response(out->front(), status);
}

[[nodiscard]] Result<HttpResponse> list_of(const Call& call, const std::string& time_zone) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::BudgetFilter filter;
    filter.org = call.access.org;
    filter.teams = reach_of(call).teams();
    filter.scope = query->text("scope");
    filter.scope_id = query->text("scope_id", 256);
    filter.period = query->text("period");
    filter.after = query->text("after");
    if (!filter.scope.empty() && !parse_scope(filter.scope)) {
        query->problem("scope", kScopeRule);
    }
    if (!filter.period.empty() && !parse_period(filter.period)) {
        query->problem("period", kPeriodRule);
    }
    const std::int64_t limit = page_limit(*query);
    filter.limit = limit + 1;
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    auto rows = storage::list_budgets(call.session(), filter);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    auto budgets = all_shown(call, time_zone, *rows);
    if (!budgets) {
        return budgets.error();
    }
    return json_response(json::object{
        {"budgets", *std::move(budgets)},
        {"next", has_more ? json::value(rows->back().id) : json::value(nullptr)}});
}

}  // namespace

Handle list_budgets(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) {
        return list_of(call, time_zone);
    };
}

Handle create_budget_by_api(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        BudgetFields fields = read_fields(*body);
        fields.scope = body->text("scope");
        fields.scope_id = body->optional_text("scope_id", {.bytes_max = 256, .may_be_null = true});
        const std::pair<std::string_view, bool> wanted[] = {
            {"name", fields.name.has_value()},
            {"period", fields.period.has_value()},
            {"limit", fields.limit.has_value()}};
        for (const auto& [name, is_given] : wanted) {
            if (!is_given) {
                body->problem(name, "is missing");
            }
        }
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        return one_shown(
            call,
            time_zone,
            create_budget(call.session(), fields, audit_entry(call, {}, {}, {}), reach_of(call)),
            201);
    };
}

Handle show_budget(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) {
        return one_shown(
            call,
            time_zone,
            get_budget(call.session(), call.access.org, call.parameter("id"), reach_of(call)),
            200);
    };
}

Handle patch_budget(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const BudgetFields fields = read_fields(*body);
        const auto version = read_version(*body);
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        return one_shown(
            call,
            time_zone,
            change_budget(
                call.session(),
                call.parameter("id"),
                version,
                fields,
                audit_entry(call, {}, {}, {}),
                reach_of(call)),
            200);
    };
}

Result<HttpResponse> delete_budget_by_api(const Call& call) {
    const auto version = version_asked(call);
    if (!version) {
        return version.error();
    }
    const auto deleted = delete_budget(
        call.session(),
        call.parameter("id"),
        *version,
        audit_entry(call, {}, {}, {}),
        reach_of(call));
    return deleted ? Result<HttpResponse>{no_content()} : conflict_or(deleted.error());
}

}  // namespace pulse::console
