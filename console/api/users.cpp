#include "storage/tables/users.h"

#include "console/access/accounts.h"
#include "console/api/fields.h"
#include "console/api/page.h"
#include "console/api/routes.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace pulse::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kTeamsMax = 100;
constexpr std::string_view kRoleRule = "takes user, manager, finance or admin";
constexpr std::string_view kEmailRule = "takes an e-mail address such as ada@example.com";

[[nodiscard]] std::optional<std::string> optional_email(BodyFields& body) {
    const auto text = body.optional_text("email", {.bytes_max = 254});
    if (!text) {
        return std::nullopt;
    }
    auto email = normalized_email(*text);
    if (!email) {
        body.problem("email", kEmailRule);
    }
    return email;
}

[[nodiscard]] std::optional<Role> optional_role(BodyFields& body) {
    const auto text = body.optional_text("role");
    if (!text) {
        return std::nullopt;
    }
    const auto role = parse_role(*text);
    if (!role) {
        body.problem("role", kRoleRule);
    }
    return role;
}

/// A BCP 47 tag, by its characters: the web console knows which it speaks.
[[nodiscard]] std::optional<std::string> optional_locale(BodyFields& body) {
    auto locale = body.optional_text("locale", {.bytes_max = 35, .may_be_null = true});
    const auto is_tag_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    if (locale && !std::all_of(locale->begin(), locale->end(), is_tag_character)) {
        body.problem("locale", "takes a language tag such as en or fr-FR, or null");
    }
    return locale;
}

/// What a user table says is taken is a conflict here.
[[nodiscard]] Result<HttpResponse> conflict_or(const Error& error) {
    if (error.code() == Errc::invalid_request && error.param() != "password") {
        return error_response(409, "conflict", error.detail());
    }
    return error;
}

[[nodiscard]] json::object with_password(const UserWithPassword& made) {
    return {{"user", user_json(made.user)}, {"password", text_or_null(made.password)}};
}

}  // namespace

Result<HttpResponse> list_users(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const std::int64_t limit = page_limit(*query);
    const std::string after = query->text("after");
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    auto rows = storage::list_users(call.session(), call.access.org, after, limit + 1);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    json::array users;
    for (const storage::UserRow& row : *rows) {
        users.emplace_back(user_json(row));
    }
    return json_response(json::object{
        {"users", std::move(users)},
        {"next", has_more ? json::value(rows->back().id) : json::value(nullptr)}});
}

Handle create_user_by_api(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        NewUser wanted;
        const bool has_email = body->has("email");
        wanted.email = optional_email(*body).value_or(std::string{});
        if (!has_email) {
            body->problem("email", "is missing; it " + std::string{kEmailRule});
        }
        if (!body->has("role")) {
            body->problem("role", "is missing; it " + std::string{kRoleRule});
        }
        wanted.role = optional_role(*body).value_or(Role::user);
        wanted.id = body->optional_text("id").value_or(std::string{});
        wanted.name = body->optional_text("name").value_or(std::string{});
        wanted.locale = optional_locale(*body).value_or(std::string{});
        wanted.teams =
            body->optional_texts("teams", kTeamsMax).value_or(std::vector<std::string>{});
        wanted.password =
            body->optional_text("password", {.bytes_max = kPasswordBytesMax}).value_or("");
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        const auto made =
            create_user(call.session(), parts.passwords, wanted, audit_entry(call, {}, {}, {}));
        if (!made) {
            return conflict_or(made.error());
        }
        return json_response(with_password(*made), 201);
    };
}

Result<HttpResponse> get_user(const Call& call) {
    const auto user = storage::find_user(call.session(), call.access.org, call.parameter("id"));
    if (!user) {
        return user.error();
    }
    if (!*user) {
        return Error{Errc::not_found, "there is no user with this id"};
    }
    return json_response(user_json(**user));
}

Result<HttpResponse> patch_user(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    UserChange change;
    change.email = optional_email(*body);
    change.name = body->optional_text("name");
    change.role = optional_role(*body);
    change.locale = optional_locale(*body);
    change.teams = body->optional_texts("teams", kTeamsMax);
    change.disabled = body->optional_switch("disabled");
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    const auto user =
        change_user(call.session(), call.parameter("id"), change, audit_entry(call, {}, {}, {}));
    if (!user) {
        return conflict_or(user.error());
    }
    return json_response(user_json(*user));
}

Handle reset_user_password(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const std::string password =
            body->optional_text("password", {.bytes_max = kPasswordBytesMax}).value_or("");
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        const auto made = set_password(
            call.session(),
            parts.passwords,
            call.parameter("id"),
            password,
            audit_entry(call, {}, {}, {}));
        if (!made) {
            return conflict_or(made.error());
        }
        return json_response(with_password(*made));
    };
}

Handle list_roles(const std::vector<Route>& routes) {
    json::array roles;
    for (auto role = kRoles.rbegin(); role != kRoles.rend(); ++role) {
        Access access;
        access.proof = Proof::session;
        access.role = *role;
        json::array operations;
        for (const Route& route : routes) {
            if (route.needs != Needs::nobody && may(access, route.needs)) {
                operations.emplace_back(json::object{
                    {"operation", route.operation},
                    {"method", route.method},
                    {"path", route.pattern}});
            }
        }
        roles.emplace_back(
            json::object{{"role", to_string(*role)}, {"operations", std::move(operations)}});
    }
    const HttpResponse response = json_response(json::object{{"roles", std::move(roles)}});
    return [response](const Call&) -> Result<HttpResponse> {
        return response;
    };
}

}  // namespace pulse::console
