#include "console/admin/keys.h"

#include "console/api/change.h"
#include "console/api/fields.h"
#include "console/api/key_json.h"
#include "console/api/money_json.h"
#include "console/api/page.h"
#include "console/api/routes.h"
#include "console/api/scope.h"
#include "storage/queries/key_usage.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::KeyRow;
using storage::KeyState;

constexpr std::size_t kPolicyBytesMax = 64 * 1024;
constexpr std::size_t kMetadataBytesMax = 16 * 1024;
constexpr BodyFields::TextRule kOwner{.bytes_max = 256, .may_be_null = true};

[[nodiscard]] json::object shown(const KeyRow& row, TimePoint now) {
    json::object out = key_json(row);
    out["state"] = row.revoked_at                             ? "revoked"
                   : row.expires_at && *row.expires_at <= now ? "expired"
                                                              : "valid";
    return out;
}

[[nodiscard]] KeyFields read_fields(BodyFields& body) {
    KeyFields fields;
    fields.label = body.optional_text("label");
    fields.team = body.optional_text("team", kOwner);
    fields.project = body.optional_text("project", kOwner);
    fields.user = body.optional_text("user", kOwner);
    fields.app = body.optional_text("app", kOwner);
    fields.policy_json = body.optional_object("policy", kPolicyBytesMax);
    if (fields.policy_json && fields.policy_json->empty()) {
        fields.policy_json = "{}";
    }
    fields.metadata_json = body.optional_object("metadata", kMetadataBytesMax);
    fields.expires_at = body.optional_time("expires_at");
    return fields;
}

[[nodiscard]] KeyState read_state(QueryFields& query) {
    const std::string state = query.text("state");
    if (state == "valid") {
        return KeyState::valid;
    }
    if (state == "expired") {
        return KeyState::expired;
    }
    if (state == "revoked") {
        return KeyState::revoked;
    }
    if (!state.empty()) {
        query.problem("state", "takes valid, expired or revoked");
    }
    return KeyState::any;
}

/// A key that the caller sees: a user their own, a manager those of their teams.
[[nodiscard]] Result<KeyRow> seen_key(const Call& call) {
    auto row = find_key(call.session(), call.access.org, call.parameter("id"), reach_of(call));
    if (row && call.access.role == Role::user && row->user != call.access.user) {
        return Error{Errc::not_found, "there is no key with this id among those you see"};
    }
    return row;
}

[[nodiscard]] Result<HttpResponse> with_secret(
    const Result<KeyWithSecret>& made, TimePoint now, int status) {
    if (!made) {
        return conflict_or(made.error());
    }
    json::object out = shown(made->row, now);
    out["key"] = made->secret;
    return json_response(out, status);
}

[[nodiscard]] json::object usage_json(const storage::KeyUsage& usage) {
    return {
        {"bucket", usage.label},
        {"requests", usage.requests},
        {"refused", usage.refused},
        {"failed", usage.failed},
        {"input_tokens", usage.input_tokens},
        {"cached_tokens", usage.cached_tokens},
        {"output_tokens", usage.output_tokens},
        {"latency_us", usage.latency_us},
        {"cost", money_json(usage.cost)},
        {"currency", usage.currency}};
}

[[nodiscard]] storage::Granularity read_granularity(QueryFields& query) {
    const std::string granularity = query.text("granularity");
    if (granularity == "hour") {
        return storage::Granularity::hour;
    }
    if (granularity == "month") {
        return storage::Granularity::month;
    }
    if (granularity == "total") {
        return storage::Granularity::total;
    }
    if (!granularity.empty() && granularity != "day") {
        query.problem("granularity", "takes total, hour, day or month");
    }
    return storage::Granularity::day;
}

[[nodiscard]] Result<HttpResponse> usage_of(const Call& call, const std::string& time_zone) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const auto calendar = calendar_of(call, time_zone);
    if (!calendar) {
        return calendar.error();
    }
    const storage::Stretch time = read_stretch(*query, calendar->zone, call.now);
    const storage::Granularity granularity = read_granularity(*query);
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    const auto row = seen_key(call);
    if (!row) {
        return row.error();
    }
    // Who sees the key sees all of its use, whatever team a request's headers named.
    const auto used = storage::key_usage(
        call.session(),
        storage::AccessScope::organisation(call.access.org),
        row->id,
        time,
        granularity,
        calendar->zone);
    if (!used) {
        return used.error();
    }
    json::array buckets;
    for (const storage::KeyUsage& usage : *used) {
        buckets.emplace_back(usage_json(usage));
    }
    return json_response(json::object{
        {"key", row->id}, {"time_zone", calendar->name}, {"usage", std::move(buckets)}});
}

}  // namespace

Result<HttpResponse> list_keys(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::KeyFilter filter;
    filter.org = call.access.org;
    filter.teams = reach_of(call).teams();
    filter.team = query->text("team");
    filter.project = query->text("project");
    filter.user = query->text("user");
    filter.app = query->text("app");
    filter.label = query->text("label");
    filter.state = read_state(*query);
    filter.after = query->text("after");
    const std::int64_t limit = page_limit(*query);
    filter.limit = limit + 1;
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    if (call.access.role == Role::user) {
        const bool is_own = filter.user.empty() || filter.user == call.access.user;
        filter.limit = is_own ? filter.limit : 0;
        filter.user = call.access.user;
    }
    auto rows = storage::list_keys(call.session(), filter, call.now);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    json::array keys;
    for (const KeyRow& row : *rows) {
        keys.emplace_back(shown(row, call.now));
    }
    return json_response(json::object{
        {"keys", std::move(keys)},
        {"next", has_more ? json::value(rows->back().id) : json::value(nullptr)}});
}

Result<HttpResponse> create_key_by_api(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const KeyFields fields = read_fields(*body);
    if (!fields.label) {
        body->problem("label", "is missing; it says what the key is for");
    }
    if (fields.expires_at && *fields.expires_at && **fields.expires_at <= call.now) {
        body->problem("expires_at", "is in the past");
    }
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    return with_secret(
        create_key(call.session(), fields, audit_entry(call, {}, {}, {}), reach_of(call)),
        call.now,
        201);
}

Result<HttpResponse> get_key(const Call& call) {
    const auto row = seen_key(call);
    if (!row) {
        return row.error();
    }
    return json_response(shown(*row, call.now));
}

Result<HttpResponse> patch_key(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const KeyFields fields = read_fields(*body);
    const auto version = read_version(*body);
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    const auto row = change_key(
        call.session(),
        call.parameter("id"),
        version,
        fields,
        audit_entry(call, {}, {}, {}),
        reach_of(call));
    if (!row) {
        return conflict_or(row.error());
    }
    return json_response(shown(*row, call.now));
}

Result<HttpResponse> rotate_key_by_api(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const auto version = read_version(*body);
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    return with_secret(
        rotate_key(
            call.session(),
            call.parameter("id"),
            version,
            audit_entry(call, {}, {}, {}),
            reach_of(call)),
        call.now,
        200);
}

Result<HttpResponse> revoke_key_by_api(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    const auto row = revoke_key(
        call.session(), call.parameter("id"), audit_entry(call, {}, {}, {}), reach_of(call));
    if (!row) {
        return conflict_or(row.error());
    }
    return json_response(shown(*row, call.now));
}

Handle show_key_usage(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) {
        return usage_of(call, time_zone);
    };
}

}  // namespace pulse::console
