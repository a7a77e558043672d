#include "console/access/authenticate.h"

#include "base/digest.h"
#include "console/access/jwt.h"
#include "console/access/secret_text.h"
#include "storage/tables/access_tokens.h"
#include "storage/tables/console_sessions.h"

#include <algorithm>

namespace pulse::console {
namespace {

using storage::AccessTokenRow;
using storage::ConsoleSessionRow;
using Found = Result<std::optional<Access>>;

constexpr std::chrono::minutes kNoteEvery{1};

[[nodiscard]] Found access_to(
    storage::sql::Session& session, const std::string& org, const std::string& user) {
    const auto row = storage::find_user(session, org, user);
    if (!row) {
        return row.error();
    }
    return *row ? access_of(**row) : std::nullopt;
}

[[nodiscard]] Found by_session(
    storage::sql::Session& session, std::string_view cookie, TimePoint now) {
    const auto row = storage::find_console_session(session, hash_of(cookie));
    if (!row) {
        return row.error();
    }
    if (!*row || (*row)->expires_at <= now || (*row)->seen_at + kSessionIdle <= now) {
        return std::optional<Access>{};
    }
    Found access = access_to(session, (*row)->org, (*row)->user);
    if (!access || !*access) {
        return access;
    }
    (*access)->proof = Proof::session;
    (*access)->proof_id = (*row)->hash;
    if (now - (*row)->seen_at >= kNoteEvery) {
        if (auto noted = storage::touch_console_session(session, (*row)->hash, now); !noted) {
            return noted.error();
        }
    }
    return access;
}

[[nodiscard]] Found by_token_row(
    storage::sql::Session& session,
    const std::optional<AccessTokenRow>& row,
    Proof proof,
    TimePoint now) {
    if (!row || row->revoked_at || (row->expires_at && *row->expires_at <= now)) {
        return std::optional<Access>{};
    }
    Found access = access_to(session, row->org, row->user);
    if (!access || !*access) {
        return access;
    }
    (*access)->proof = proof;
    (*access)->proof_id = row->id;
    if (const auto narrower = parse_role(row->role)) {
        (*access)->role = std::min((*access)->role, *narrower);
    }
    if (!row->used_at || now - *row->used_at >= kNoteEvery) {
        if (auto noted = storage::touch_access_token(session, row->id, now); !noted) {
            return noted.error();
        }
    }
    return access;
}

[[nodiscard]] Found by_bearer(
    storage::sql::Session& session, const Credentials& credentials, TimePoint now) {
    const std::string hash = hash_of(credentials.bearer);
    if (credentials.bearer.starts_with(kPersonalTokenPrefix)) {
        const auto row = storage::find_access_token_by_hash(session, hash);
        if (!row) {
            return row.error();
        }
        return by_token_row(session, *row, Proof::personal_token, now);
    }
    const auto claims = verify_jwt(credentials.bearer, credentials.secret, now);
    if (!claims) {
        return std::optional<Access>{};
    }
    auto row = storage::find_access_token(session, claims->id);
    if (!row) {
        return row.error();
    }
    if (*row && !constant_time_equal((*row)->hash, hash)) {
        return std::optional<Access>{};
    }
    return by_token_row(session, *row, Proof::login_token, now);
}

}  // namespace

std::optional<Access> access_of(const storage::UserRow& user) {
    const auto role = parse_role(user.role);
    if (!role || user.disabled_at || user.email.empty()) {
        return std::nullopt;
    }
    Access access;
    access.org = user.org;
    access.user = user.id;
    access.email = user.email;
    access.name = user.name;
    access.role = *role;
    for (const storage::TeamMembership& membership : user.teams) {
        const Role in_team = parse_role(membership.role).value_or(Role::user);
        if (includes(std::max(*role, in_team), Role::manager)) {
            access.teams.push_back(membership.team);
        }
    }
    if (!access.teams.empty()) {
        access.role = std::max(access.role, Role::manager);
    }
    return access;
}

Result<std::optional<Access>> authenticate(
    storage::sql::Session& session, const Credentials& credentials, TimePoint now) {
    if (!credentials.bearer.empty()) {
        return by_bearer(session, credentials, now);
    }
    if (!credentials.session.empty()) {
        return by_session(session, credentials.session, now);
    }
    return std::optional<Access>{};
}

Result<bool> is_csrf_token(
    storage::sql::Session& session, const Access& access, std::string_view token) {
    const auto row = storage::find_console_session(session, access.proof_id);
    if (!row) {
        return row.error();
    }
    return *row && constant_time_equal((*row)->csrf_hash, hash_of(token));
}

}  // namespace pulse::console
