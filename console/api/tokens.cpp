#include "base/uuid.h"
#include "console/access/authenticate.h"
#include "console/access/secret_text.h"
#include "console/api/fields.h"
#include "console/api/page.h"
#include "console/api/routes.h"
#include "storage/tables/access_tokens.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::AccessTokenRow;
using storage::sql::Transaction;

constexpr std::int64_t kTokensMax = 100;  // of a user, that work
constexpr std::size_t kShownSecret = 4;

[[nodiscard]] json::object token_json(const AccessTokenRow& row) {
    return {
        {"id", row.id},
        {"kind", row.prefix == kLoginTokenPrefix ? "login" : "personal"},
        {"prefix", row.prefix},
        {"label", row.label},
        {"user", row.user},
        {"role", text_or_null(row.role)},
        {"created_at", time_or_null(row.created_at)},
        {"expires_at", time_or_null(row.expires_at)},
        {"revoked_at", time_or_null(row.revoked_at)},
        {"used_at", time_or_null(row.used_at)}};
}

[[nodiscard]] Result<AccessTokenRow> wanted_token(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    AccessTokenRow row;
    row.label = body->text("label");
    row.role = body->optional_text("role").value_or(std::string{});
    row.expires_at = body->optional_time("expires_at").value_or(std::nullopt);
    const auto role = parse_role(row.role);
    if (!row.role.empty() && !role) {
        body->problem("role", "takes user, manager, finance or admin");
    } else if (role && !includes(call.access.role, *role)) {
        body->problem(
            "role", "may not be more than your own, " + std::string{to_string(call.access.role)});
    }
    if (row.expires_at && *row.expires_at <= call.now) {
        body->problem("expires_at", "is in the past");
    }
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    return row;
}

}  // namespace

Result<HttpResponse> list_tokens(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const std::int64_t limit = page_limit(*query);
    const std::string before = query->text("before");
    if (!before.empty() && !Uuid::parse(before)) {
        query->problem("before", "takes the id of a token");
    }
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    auto rows = storage::list_access_tokens(
        call.session(), call.access.org, call.access.user, before, limit + 1);
    if (!rows) {
        return rows.error();
    }
    json::array tokens;
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    for (const AccessTokenRow& row : *rows) {
        tokens.emplace_back(token_json(row));
    }
    return json_response(json::object{
        {"tokens", std::move(tokens)},
        {"next", has_more ? json::value(rows->back().id) : json::value(nullptr)}});
}

Result<HttpResponse> create_token(const Call& call) {
    if (call.access.proof == Proof::personal_token) {
        return Error{
            Errc::forbidden, "log in to make a token: a personal access token may not make others"};
    }
    auto row = wanted_token(call);
    if (!row) {
        return row.error();
    }
    const std::string token = make_personal_token();
    row->id = UuidGenerator{}.next(call.now).to_string();
    row->hash = hash_of(token);
    row->prefix = token.substr(0, kPersonalTokenPrefix.size() + kShownSecret);
    row->org = call.access.org;
    row->user = call.access.user;
    row->created_at = call.now;
    auto transaction = Transaction::begin(call.session());
    if (!transaction) {
        return transaction.error();
    }
    storage::AuditEntry entry = audit_entry(call, "token.create", "token", row->id);
    entry.after = json::serialize(token_json(*row));
    if (auto appended = storage::append_audit(call.session(), entry); !appended) {
        return appended.error();
    }
    const auto count = storage::count_access_tokens(call.session(), row->org, row->user, call.now);
    if (!count) {
        return count.error();
    }
    if (*count >= kTokensMax) {
        return error_response(
            409, "conflict", "You have 100 tokens that work; revoke one that is not used.");
    }
    if (auto added = storage::insert_access_token(call.session(), *row); !added) {
        return added.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    json::object made = token_json(*row);
    made["token"] = token;
    return json_response(made, 201);
}

Result<HttpResponse> revoke_token(const Call& call) {
    const Error unknown{Errc::not_found, "you have no token with this id"};
    const std::string& id = call.parameter("id");
    if (!Uuid::parse(id)) {
        return unknown;
    }
    auto transaction = Transaction::begin(call.session());
    if (!transaction) {
        return transaction.error();
    }
    const auto row = storage::find_access_token(call.session(), id);
    if (!row) {
        return row.error();
    }
    const bool is_own = *row && (*row)->org == call.access.org &&
                        ((*row)->user == call.access.user || call.access.role == Role::admin);
    if (!is_own) {
        return unknown;
    }
    storage::AuditEntry entry = audit_entry(call, "token.revoke", "token", id);
    entry.before = json::serialize(token_json(**row));
    const auto revoked = storage::revoke_access_token(call.session(), id, call.now);
    if (!revoked) {
        return revoked.error();
    }
    if (*revoked) {
        if (auto appended = storage::append_audit(call.session(), entry); !appended) {
            return appended.error();
        }
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return no_content();
}

}  // namespace pulse::console
