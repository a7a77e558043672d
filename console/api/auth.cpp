#include "base/rfc3339.h"
#include "base/uuid.h"
#include "console/access/accounts.h"
#include "console/access/authenticate.h"
#include "console/access/jwt.h"
#include "console/access/secret_text.h"
#include "console/api/browser_guard.h"
#include "console/api/fields.h"
#include "console/api/routes.h"
#include "storage/tables/access_tokens.h"
#include "storage/tables/console_sessions.h"
#include "storage/tables/users.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::sql::Transaction;

constexpr std::size_t kUserAgentBytesMax = 300;
constexpr std::chrono::hours kTokenKept{24 * 30};  // in the list, after its end

/// Who showed an address and a password.
struct LoggedIn {
    Access access;
    storage::UserRow user;
};

[[nodiscard]] Error wait_error(std::chrono::seconds wait) {
    return Error{
        Errc::rate_limited,
        "too many wrong passwords; try again in " + std::to_string(wait.count()) + " s"}
        .with_retry_after(wait);
}

/// The one check of a password. Who is unknown, disabled or wrong gets the same answer after the
/// same work. Errors: unauthenticated, rate_limited, overloaded, storage_unavailable.
[[nodiscard]] Result<LoggedIn> check_password(
    const Call& call, const RouteParts& parts, std::string_view email, std::string_view password) {
    const std::string account = normalized_email(email).value_or("?");
    if (const auto wait = parts.throttle.begin(account, call.caller.address, call.steady_now)) {
        return wait_error(*wait);
    }
    auto user = storage::find_user_by_email(call.session(), account);
    if (!user) {
        return user.error();
    }
    const auto is_right =
        parts.passwords.verify(*user ? (*user)->password_hash : std::string{}, password);
    if (!is_right) {
        return is_right.error();
    }
    auto access = *user ? access_of(**user) : std::nullopt;
    if (!*is_right || !access) {
        return Error{Errc::unauthenticated, "the e-mail address or the password is wrong"};
    }
    parts.throttle.succeeded(account, call.caller.address);
    return LoggedIn{*std::move(access), **std::move(user)};
}

[[nodiscard]] Result<LoggedIn> log_in(const Call& call, const RouteParts& parts) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const std::string email = body->text("email", {.bytes_max = 320});
    const std::string password = body->text("password", {.bytes_max = kPasswordBytesMax});
    if (auto fine = body->finish(); !fine) {
        return fine.error();
    }
    return check_password(call, parts, email, password);
}

/// The audit log's row of a login, and the user's time of it.
[[nodiscard]] Result<void> note(
    const Call& call,
    const LoggedIn& who,
    std::string_view action,
    std::string_view target_kind,
    std::string_view target_id) {
    storage::AuditEntry entry = audit_entry(call, action, target_kind, target_id);
    entry.org = who.access.org;
    entry.actor = who.access.user;
    entry.actor_kind = "user";
    if (auto appended = storage::append_audit(call.session(), entry); !appended) {
        return appended.error();
    }
    return storage::note_login(call.session(), who.access.org, who.access.user, call.now);
}

[[nodiscard]] json::object access_json(const Access& access, const storage::UserRow& user) {
    json::object shown = user_json(user);
    shown["org"] = access.org;
    shown["role"] = to_string(access.role);  // of this proof, which may be narrower
    return shown;
}

/// Removes what has ended: a login is as good a time as any.
[[nodiscard]] Result<void> purge(const Call& call) {
    if (auto gone =
            storage::purge_console_sessions(call.session(), call.now, call.now - kSessionIdle);
        !gone) {
        return gone.error();
    }
    const auto gone =
        storage::purge_access_tokens(call.session(), kLoginTokenPrefix, call.now - kTokenKept);
    return gone ? Result<void>{} : Result<void>{gone.error()};
}

[[nodiscard]] Result<HttpResponse> open_session(
    const Call& call, const RouteParts& parts, const LoggedIn& who) {
    const std::string cookie = make_secret();
    const std::string csrf = csrf_token(parts.secret(), cookie);
    const TimePoint expires_at = call.now + kSessionLife;
    storage::ConsoleSessionRow row{
        .hash = hash_of(cookie),
        .csrf_hash = hash_of(csrf),
        .org = who.access.org,
        .user = who.access.user,
        .created_at = call.now,
        .expires_at = expires_at,
        .seen_at = call.now,
        .address = call.caller.address,
        .user_agent = std::string{call.http.field("user-agent").substr(0, kUserAgentBytesMax)}};
    auto transaction = Transaction::begin(call.session());
    if (!transaction) {
        return transaction.error();
    }
    if (auto noted = note(call, who, "session.create", "session", row.hash.substr(0, 16)); !noted) {
        return noted.error();
    }
    if (auto purged = purge(call); !purged) {
        return purged.error();
    }
    // The session of before ends with the new one.
    const std::string_view old = cookie_of(call.http, kSessionCookie);
    if (!old.empty()) {
        if (auto gone = storage::delete_console_session(call.session(), hash_of(old)); !gone) {
            return gone.error();
        }
    }
    if (auto added = storage::insert_console_session(call.session(), row); !added) {
        return added.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    HttpResponse response = json_response(json::object{
        {"user", access_json(who.access, who.user)},
        {"csrf_token", csrf},
        {"expires_at", rfc3339_seconds(expires_at)}});
    response.fields.emplace_back("set-cookie", session_cookie(cookie, kSessionLife, call.caller));
    return response;
}

[[nodiscard]] Result<HttpResponse> make_login_token(
    const Call& call, const RouteParts& parts, const LoggedIn& who) {
    JwtClaims claims;
    claims.id = UuidGenerator{}.next(call.now).to_string();
    claims.subject = who.access.user;
    claims.org = who.access.org;
    claims.role = to_string(who.access.role);
    claims.issued_at = call.now;
    claims.expires_at = std::chrono::floor<std::chrono::seconds>(call.now + kLoginTokenLife);
    const std::string token = sign_jwt(claims, parts.secret());
    auto transaction = Transaction::begin(call.session());
    if (!transaction) {
        return transaction.error();
    }
    if (auto noted = note(call, who, "token.login", "token", claims.id); !noted) {
        return noted.error();
    }
    if (auto purged = purge(call); !purged) {
        return purged.error();
    }
    storage::AccessTokenRow row;
    row.id = claims.id;
    row.hash = hash_of(token);
    row.prefix = kLoginTokenPrefix;
    row.label = "login";
    row.org = claims.org;
    row.user = claims.subject;
    row.created_at = call.now;
    row.expires_at = claims.expires_at;
    if (auto added = storage::insert_access_token(call.session(), row); !added) {
        return added.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return json_response(
        json::object{{"token", token}, {"expires_at", rfc3339_seconds(claims.expires_at)}});
}

}  // namespace

Handle login_with_cookie(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        const auto who = log_in(call, parts);
        return who ? open_session(call, parts, *who) : who.error();
    };
}

Handle login_with_token(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        const auto who = log_in(call, parts);
        return who ? make_login_token(call, parts, *who) : who.error();
    };
}

Result<HttpResponse> logout(const Call& call) {
    if (call.access.proof == Proof::personal_token) {
        return Error{
            Errc::invalid_request,
            "a personal access token ends with DELETE /api/auth/tokens/{id}"};
    }
    auto transaction = Transaction::begin(call.session());
    if (!transaction) {
        return transaction.error();
    }
    const bool is_session = call.access.proof == Proof::session;
    const std::string& id = call.access.proof_id;
    if (auto appended = storage::append_audit(
            call.session(),
            is_session ? audit_entry(call, "session.end", "session", id.substr(0, 16))
                       : audit_entry(call, "token.revoke", "token", id));
        !appended) {
        return appended.error();
    }
    if (is_session) {
        if (auto gone = storage::delete_console_session(call.session(), id); !gone) {
            return gone.error();
        }
    } else if (auto revoked = storage::revoke_access_token(call.session(), id, call.now);
               !revoked) {
        return revoked.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    HttpResponse response = no_content();
    response.fields.emplace_back(
        "set-cookie", session_cookie({}, std::chrono::seconds{0}, call.caller));
    return response;
}

Result<HttpResponse> who_am_i(const Call& call) {
    const auto user = storage::find_user(call.session(), call.access.org, call.access.user);
    if (!user) {
        return user.error();
    }
    if (!*user) {
        return Error{Errc::unauthenticated, "this user is gone"};
    }
    constexpr std::string_view kProofs[] = {"none", "session", "login_token", "personal_token"};
    return json_response(json::object{
        {"user", access_json(call.access, **user)},
        {"authenticated_by", kProofs[static_cast<std::size_t>(call.access.proof)]}});
}

Handle give_csrf_token(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        // Without a session no path asks for it: then it is one that fits none.
        const std::string_view cookie = cookie_of(call.http, kSessionCookie);
        return json_response(json::object{
            {"csrf_token",
             csrf_token(parts.secret(), cookie.empty() ? make_secret() : std::string{cookie})}});
    };
}

Handle change_own_password(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const std::string current =
            body->text("current_password", {.bytes_max = kPasswordBytesMax});
        const std::string wanted = body->text("new_password", {.bytes_max = kPasswordBytesMax});
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        if (call.access.proof == Proof::personal_token) {
            return Error{Errc::forbidden, "log in to change your password: a token may not"};
        }
        const auto who = check_password(call, parts, call.access.email, current);
        if (!who) {
            // Not 401: the session is fine.
            return who.error().code() == Errc::unauthenticated
                       ? Error{Errc::invalid_request, "`current_password`: is wrong"}.with_param(
                             "current_password")
                       : who.error();
        }
        const auto changed = set_password(
            call.session(),
            parts.passwords,
            call.access.user,
            wanted,
            audit_entry(call, {}, {}, {}),
            call.access.proof == Proof::session ? call.access.proof_id : std::string{});
        if (!changed) {
            return changed.error();
        }
        return no_content();
    };
}

}  // namespace pulse::console
