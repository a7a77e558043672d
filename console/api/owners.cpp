#include "console/admin/owners.h"

#include "console/api/change.h"
#include "console/api/fields.h"
#include "console/api/page.h"
#include "console/api/routes.h"
#include "storage/tables/memberships.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::OwnerKind;
using storage::OwnerRow;

constexpr BodyFields::TextRule kId{.bytes_max = 256};

[[nodiscard]] OwnerFields read_fields(BodyFields& body, OwnerKind kind) {
    OwnerFields fields;
    fields.name = body.optional_text("name");
    if (kind == OwnerKind::project) {
        fields.team = body.optional_text("team", {.bytes_max = 256, .may_be_null = true});
    }
    return fields;
}

[[nodiscard]] Result<HttpResponse> answer_with(
    OwnerKind kind, const Result<OwnerRow>& row, int status) {
    if (!row) {
        return conflict_or(row.error());
    }
    return json_response(owner_json(kind, *row), status);
}

[[nodiscard]] Result<HttpResponse> list_of(const Call& call, OwnerKind kind) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::OwnerFilter filter;
    filter.org = call.access.org;
    filter.teams = reach_of(call).teams();
    if (kind == OwnerKind::project) {
        filter.team = query->text("team", 256);
    }
    filter.after = query->text("after", 256);
    const std::int64_t limit = page_limit(*query);
    filter.limit = limit + 1;
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    auto rows = storage::list_owners(call.session(), kind, filter);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    json::array owners;
    for (const OwnerRow& row : *rows) {
        owners.emplace_back(owner_json(kind, row));
    }
    json::object out{{"next", has_more ? json::value(rows->back().id) : json::value(nullptr)}};
    out[kind == OwnerKind::team ? "teams" : "projects"] = std::move(owners);
    return json_response(out);
}

}  // namespace

Handle list_owners(OwnerKind kind) {
    return [kind](const Call& call) {
        return list_of(call, kind);
    };
}

Handle create_owner_by_api(OwnerKind kind) {
    return [kind](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const std::string id = body->text("id", kId);
        const OwnerFields fields = read_fields(*body, kind);
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        return answer_with(
            kind,
            create_owner(
                call.session(), kind, id, fields, audit_entry(call, {}, {}, {}), reach_of(call)),
            201);
    };
}

Handle show_owner(OwnerKind kind) {
    return [kind](const Call& call) {
        return answer_with(
            kind,
            get_owner(call.session(), kind, call.access.org, call.parameter("id"), reach_of(call)),
            200);
    };
}

Handle patch_owner(OwnerKind kind) {
    return [kind](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const OwnerFields fields = read_fields(*body, kind);
        const auto version = read_version(*body);
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        return answer_with(
            kind,
            change_owner(
                call.session(),
                kind,
                call.parameter("id"),
                version,
                fields,
                audit_entry(call, {}, {}, {}),
                reach_of(call)),
            200);
    };
}

Handle delete_owner_by_api(OwnerKind kind) {
    return [kind](const Call& call) -> Result<HttpResponse> {
        const auto version = version_asked(call);
        if (!version) {
            return version.error();
        }
        const auto deleted = delete_owner(
            call.session(),
            kind,
            call.parameter("id"),
            *version,
            audit_entry(call, {}, {}, {}),
            reach_of(call));
        return deleted ? Result<HttpResponse>{no_content()} : conflict_or(deleted.error());
    };
}

Result<HttpResponse> list_team_members(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const std::string after = query->text("after", 256);
    const std::int64_t limit = page_limit(*query);
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    const auto team = get_owner(
        call.session(), OwnerKind::team, call.access.org, call.parameter("id"), reach_of(call));
    if (!team) {
        return team.error();
    }
    auto rows = storage::list_members(call.session(), call.access.org, team->id, after, limit + 1);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    json::array members;
    for (const storage::TeamMember& row : *rows) {
        members.emplace_back(json::object{
            {"user", row.user},
            {"name", row.name},
            {"email", text_or_null(row.email)},
            {"role", row.role},
            {"since", time_or_null(row.since)}});
    }
    return json_response(json::object{
        {"members", std::move(members)},
        {"next", has_more ? json::value(rows->back().user) : json::value(nullptr)}});
}

Result<HttpResponse> put_team_member(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const std::string role = body->optional_text("role").value_or("user");
    if (role != "user" && role != "manager") {
        body->problem("role", "takes user or manager: more than managing a team is of no team");
    }
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    const auto put = put_member(
        call.session(),
        call.parameter("id"),
        call.parameter("user"),
        role,
        audit_entry(call, {}, {}, {}),
        reach_of(call));
    return put ? Result<HttpResponse>{no_content()} : Result<HttpResponse>{put.error()};
}

Result<HttpResponse> remove_team_member(const Call& call) {
    const auto removed = remove_member(
        call.session(),
        call.parameter("id"),
        call.parameter("user"),
        audit_entry(call, {}, {}, {}),
        reach_of(call));
    return removed ? Result<HttpResponse>{no_content()} : Result<HttpResponse>{removed.error()};
}

}  // namespace pulse::console
