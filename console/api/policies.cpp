#include "console/admin/policies.h"

#include "console/admin/scope_names.h"
#include "console/api/change.h"
#include "console/api/fields.h"
#include "console/api/page.h"
#include "console/api/routes.h"

#include <boost/json/array.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kPolicyBytesMax = 64 * 1024;

[[nodiscard]] PolicyFields read_fields(BodyFields& body) {
    PolicyFields fields;
    fields.name = body.optional_text("name");
    fields.policy_json = body.optional_object("policy", kPolicyBytesMax);
    if (fields.policy_json && fields.policy_json->empty()) {
        fields.policy_json = "{}";
    }
    return fields;
}

}  // namespace

Result<HttpResponse> list_policies(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::PolicyFilter filter;
    filter.org = call.access.org;
    filter.teams = reach_of(call).teams();
    filter.scope = query->text("scope");
    filter.scope_id = query->text("scope_id", 256);
    filter.after = query->text("after");
    const auto scope = parse_scope(filter.scope);
    if (!filter.scope.empty() && (!scope || !is_policy_scope(*scope))) {
        query->problem("scope", kPolicyScopeRule);
    }
    const std::int64_t limit = page_limit(*query);
    filter.limit = limit + 1;
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    auto rows = storage::list_policies(call.session(), filter);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    json::array policies;
    for (const storage::PolicyRow& row : *rows) {
        policies.emplace_back(policy_json(row));
    }
    return json_response(json::object{
        {"policies", std::move(policies)},
        {"next", has_more ? json::value(rows->back().id) : json::value(nullptr)}});
}

Result<HttpResponse> create_policy_by_api(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    PolicyFields fields = read_fields(*body);
    fields.scope = body->text("scope");
    fields.scope_id = body->optional_text("scope_id", {.bytes_max = 256, .may_be_null = true});
    if (!fields.name) {
        body->problem("name", "is missing; it says what the policy is for");
    }
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    const auto row =
        create_policy(call.session(), fields, audit_entry(call, {}, {}, {}), reach_of(call));
    if (!row) {
        return conflict_or(row.error());
    }
    return json_response(policy_json(*row), 201);
}

Result<HttpResponse> show_policy(const Call& call) {
    const auto row =
        get_policy(call.session(), call.access.org, call.parameter("id"), reach_of(call));
    if (!row) {
        return row.error();
    }
    return json_response(policy_json(*row));
}

Result<HttpResponse> patch_policy(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const PolicyFields fields = read_fields(*body);
    const auto version = read_version(*body);
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    const auto row = change_policy(
        call.session(),
        call.parameter("id"),
        version,
        fields,
        audit_entry(call, {}, {}, {}),
        reach_of(call));
    if (!row) {
        return conflict_or(row.error());
    }
    return json_response(policy_json(*row));
}

Result<HttpResponse> delete_policy_by_api(const Call& call) {
    const auto version = version_asked(call);
    if (!version) {
        return version.error();
    }
    const auto deleted = delete_policy(
        call.session(),
        call.parameter("id"),
        *version,
        audit_entry(call, {}, {}, {}),
        reach_of(call));
    return deleted ? Result<HttpResponse>{no_content()} : conflict_or(deleted.error());
}

}  // namespace pulse::console
