#include "tests/unit/console/console_fixture.h"

#include <gmock/gmock.h>

namespace pulse::console::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class UsersApiTest : public ConsoleApiTest {};

TEST_P(UsersApiTest, AUserIsMadeShownAndListed) {
    const Client admin = program("admin@example.com");

    const auto made = ask(
        "POST",
        "/api/users",
        admin,
        R"({"email":"Ada@Example.com","role":"manager","name":"Ada","teams":["search"],"locale":"fr"})");

    ASSERT_EQ(made.status, 201) << made.body;
    const auto body = body_of(made);
    EXPECT_GE(text_of(body, "password").size(), 20U);
    const auto& user = body.at("user").as_object();
    EXPECT_EQ(text_of(user, "email"), "ada@example.com");
    EXPECT_EQ(text_of(user, "teams"), R"(["search"])");
    const std::string id = text_of(user, "id");
    EXPECT_EQ(
        boost::json::serialize(body_of(ask("GET", "/api/users/" + id, admin))),
        boost::json::serialize(user));
    const auto listed = body_of(ask("GET", "/api/users", admin));
    EXPECT_EQ(listed.at("users").as_array().size(), 2U);
    EXPECT_TRUE(listed.at("next").is_null());
    (void)browser("ada@example.com", text_of(body, "password"));
}

TEST_P(UsersApiTest, ListsComeInPages) {
    const Client admin = program("admin@example.com");
    add_user("b@example.com", Role::user);
    add_user("c@example.com", Role::user);

    const auto first = body_of(ask("GET", "/api/users?limit=2", admin));
    const auto second =
        body_of(ask("GET", "/api/users?limit=2&after=" + text_of(first, "next"), admin));

    EXPECT_EQ(first.at("users").as_array().size(), 2U);
    EXPECT_EQ(second.at("users").as_array().size(), 1U);
    EXPECT_TRUE(second.at("next").is_null());
    EXPECT_EQ(ask("GET", "/api/users?limit=0", admin).status, 400);
    EXPECT_THAT(error_message(ask("GET", "/api/users?limt=2", admin)), HasSubstr("`limt`"));
}

TEST_P(UsersApiTest, AnAddressThatIsTakenIsAConflict) {
    const Client admin = program("admin@example.com");

    const auto taken =
        ask("POST", "/api/users", admin, R"({"email":"ADMIN@example.com","role":"user"})");

    EXPECT_EQ(taken.status, 409);
    EXPECT_EQ(error_code(taken), "conflict");
    EXPECT_EQ(
        ask("POST", "/api/users", admin, R"({"email":"no address","role":"user"})").status, 400);
    EXPECT_EQ(ask("POST", "/api/users", admin, R"({"email":"a@b","role":"boss"})").status, 400);
    EXPECT_EQ(
        ask("POST", "/api/users", admin, R"({"email":"a@b","role":"user","password":"short"})")
            .status,
        400);
}

TEST_P(UsersApiTest, SomebodyKnownFromAttributionBecomesAUser) {
    const Client admin = program("admin@example.com");
    const auto seen = session().run(
        "INSERT INTO app_user (org_id, id, name, created_at) VALUES ('default', $1, $1, $2)",
        {"grace", clock_.now()});
    ASSERT_TRUE(seen) << seen.error().detail();

    const auto made = ask(
        "POST", "/api/users", admin, R"({"id":"grace","email":"grace@example.com","role":"user"})");

    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(
        ask("POST", "/api/users", admin, R"({"id":"grace","email":"g2@example.com","role":"user"})")
            .status,
        409);
}

TEST_P(UsersApiTest, ADisabledUserIsOutAtOnce) {
    add_user("eve@example.com", Role::admin);
    const Client eve = browser("eve@example.com");
    const Client eves_program = program("eve@example.com");
    const auto personal = ask("POST", "/api/auth/tokens", eve, R"({"label":"ci"})");
    ASSERT_EQ(personal.status, 201) << personal.body;
    const Client eves_token{{}, {}, text_of(body_of(personal), "token")};

    ASSERT_EQ(
        ask("PATCH", "/api/users/eve", program("admin@example.com"), R"({"disabled":true})").status,
        200);

    EXPECT_EQ(ask("GET", "/api/auth/me", eve).status, 401);
    EXPECT_EQ(ask("GET", "/api/auth/me", eves_program).status, 401);
    EXPECT_EQ(ask("GET", "/api/auth/me", eves_token).status, 401);
}

TEST_P(UsersApiTest, TheLastAdminStays) {
    const Client admin = program("admin@example.com");

    EXPECT_EQ(ask("PATCH", "/api/users/admin", admin, R"({"role":"finance"})").status, 409);
    EXPECT_EQ(ask("PATCH", "/api/users/admin", admin, R"({"disabled":true})").status, 409);
    EXPECT_EQ(ask("PATCH", "/api/users/admin", admin, R"({"name":"Root"})").status, 200);
    add_user("second@example.com", Role::admin);
    EXPECT_EQ(ask("PATCH", "/api/users/admin", admin, R"({"role":"finance"})").status, 200);
    EXPECT_EQ(ask("GET", "/api/users", admin).status, 403);
}

TEST_P(UsersApiTest, AResetPasswordEndsWhatWasOpen) {
    add_user("eve@example.com", Role::user);
    const Client eve = browser("eve@example.com");

    const auto reset = ask("POST", "/api/users/eve/reset-password", program("admin@example.com"));

    ASSERT_EQ(reset.status, 200) << reset.body;
    EXPECT_EQ(ask("GET", "/api/auth/me", eve).status, 401);
    (void)browser("eve@example.com", text_of(body_of(reset), "password"));
    EXPECT_EQ(
        ask("POST", "/api/users/nobody/reset-password", program("admin@example.com")).status, 404);
}

TEST_P(UsersApiTest, AnAdminOfATeamAloneManagesThatTeam) {
    add_user("lead@example.com", Role::user, {"search"});
    const auto promoted = session().run(
        "UPDATE membership SET role = 'manager' WHERE user_id = 'lead' AND team = 'search'", {});
    ASSERT_TRUE(promoted);

    const auto me = body_of(ask("GET", "/api/auth/me", program("lead@example.com")));

    EXPECT_EQ(text_of(me.at("user").as_object(), "role"), "manager");
}

TEST_P(UsersApiTest, TheOrganisationHasANameAndATimeZone) {
    const Client admin = program("admin@example.com");

    const auto patched =
        ask("PATCH", "/api/org", admin, R"({"name":"Acme","time_zone":"Europe/Paris"})");

    ASSERT_EQ(patched.status, 200) << patched.body;
    EXPECT_EQ(
        text_of(body_of(ask("GET", "/api/org", admin)), "effective_time_zone"), "Europe/Paris");
    EXPECT_EQ(ask("PATCH", "/api/org", admin, R"({"time_zone":"Mars/Olympus"})").status, 400);
    EXPECT_EQ(ask("PATCH", "/api/org", admin, R"({"time_zone":null})").status, 200);
    EXPECT_EQ(text_of(body_of(ask("GET", "/api/org", admin)), "effective_time_zone"), "UTC");
}

TEST_P(UsersApiTest, EachChangeIsOneRowOfTheChainWithoutSecrets) {
    const Client admin = program("admin@example.com");
    ASSERT_EQ(
        ask("POST",
            "/api/users",
            admin,
            R"({"email":"eve@example.com","id":"eve","role":"user","password":"a-long-password"})")
            .status,
        201);
    ASSERT_EQ(ask("PATCH", "/api/users/eve", admin, R"({"role":"finance"})").status, 200);
    ASSERT_EQ(ask("POST", "/api/users/eve/reset-password", admin).status, 200);

    const auto response = ask("GET", "/api/audit?target_id=eve", admin);
    const auto audit = body_of(response);

    const auto& entries = audit.at("entries").as_array();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(text_of(entries[0].as_object(), "action"), "user.set_password");
    EXPECT_EQ(text_of(entries[1].as_object(), "action"), "user.update");
    EXPECT_EQ(text_of(entries[1].at("before").as_object(), "role"), "user");
    EXPECT_EQ(text_of(entries[1].at("after").as_object(), "role"), "finance");
    EXPECT_EQ(text_of(entries[2].as_object(), "actor"), "admin");
    EXPECT_EQ(text_of(entries[2].as_object(), "address"), "192.0.2.7");
    EXPECT_THAT(response.body, Not(HasSubstr("a-long-password")));
    EXPECT_THAT(response.body, Not(HasSubstr("argon2")));
    const auto verdict = storage::verify_audit(session());
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->broken_seq, 0) << verdict->broken_how;
    EXPECT_GE(verdict->rows, 5);
}

TEST_P(UsersApiTest, WhatChangesNothingLeavesNoRow) {
    const Client admin = program("admin@example.com");
    const std::string before = value_of("SELECT count(*) FROM audit_log");

    EXPECT_EQ(ask("PATCH", "/api/users/admin", admin, R"({"role":"user"})").status, 409);
    EXPECT_EQ(ask("PATCH", "/api/users/nobody", admin, R"({"role":"user"})").status, 404);
    EXPECT_EQ(ask("PATCH", "/api/users/admin", admin, R"({"role":"admin"})").status, 200);
    EXPECT_EQ(ask("PATCH", "/api/org", admin, R"({"time_zone":null})").status, 200);

    EXPECT_EQ(value_of("SELECT count(*) FROM audit_log"), before);
}

TEST_P(UsersApiTest, TheAuditLogComesInPagesAndByItsFields) {
    const Client admin = program("admin@example.com");
    for (const char* name : {"A", "B", "C"}) {
        ASSERT_EQ(
            ask("PATCH", "/api/org", admin, R"({"name":")" + std::string{name} + "\"}").status,
            200);
    }

    const auto first = body_of(ask("GET", "/api/audit?action=organization.update&limit=2", admin));
    const auto second = body_of(
        ask("GET",
            "/api/audit?action=organization.update&limit=2&before=" + text_of(first, "next"),
            admin));

    EXPECT_EQ(first.at("entries").as_array().size(), 2U);
    EXPECT_EQ(second.at("entries").as_array().size(), 1U);
    EXPECT_EQ(text_of(second.at("entries").as_array()[0].at("after").as_object(), "name"), "A");
    EXPECT_EQ(
        body_of(ask("GET", "/api/audit?from=2027-01-01", admin)).at("entries").as_array().size(),
        0U);
    EXPECT_EQ(ask("GET", "/api/audit?from=yesterday", admin).status, 400);
}

PULSE_ON_BOTH_ENGINES(UsersApiTest);

class TokensTest : public ConsoleApiTest {};

TEST_P(TokensTest, APersonalTokenIsShownOnceAndWorksUntilItIsRevoked) {
    const Client admin = browser("admin@example.com");
    const auto made = ask("POST", "/api/auth/tokens", admin, R"({"label":"ci"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string token = text_of(body_of(made), "token");
    const std::string id = text_of(body_of(made), "id");
    const Client ci{{}, {}, token};

    EXPECT_TRUE(token.starts_with("pulse_pat_"));
    EXPECT_EQ(ask("GET", "/api/users", ci).status, 200);
    const auto listed = ask("GET", "/api/auth/tokens", admin);
    EXPECT_THAT(listed.body, HasSubstr(id));
    EXPECT_THAT(listed.body, Not(HasSubstr(token)));
    EXPECT_EQ(value_of("SELECT count(*) FROM access_token WHERE hash = $1", {token}), "0");

    EXPECT_EQ(ask("DELETE", "/api/auth/tokens/" + id, admin).status, 204);
    EXPECT_EQ(ask("GET", "/api/users", ci).status, 401);
    EXPECT_EQ(ask("DELETE", "/api/auth/tokens/" + id, admin).status, 204);
    EXPECT_EQ(ask("DELETE", "/api/auth/tokens/nonsense", admin).status, 404);
}

TEST_P(TokensTest, ATokensRoleIsNarrowerAndItsTimeEnds) {
    const Client admin = browser("admin@example.com");
    const auto made =
        ask("POST",
            "/api/auth/tokens",
            admin,
            R"({"label":"reader","role":"user","expires_at":"2026-01-02T00:00:00Z"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const Client reader{{}, {}, text_of(body_of(made), "token")};

    EXPECT_EQ(ask("GET", "/api/users", reader).status, 403);
    EXPECT_EQ(ask("GET", "/api/org", reader).status, 200);
    clock_.advance(std::chrono::hours{24});
    EXPECT_EQ(ask("GET", "/api/org", reader).status, 401);
}

TEST_P(TokensTest, NobodyGivesMoreThanTheyHave) {
    add_user("eve@example.com", Role::manager);
    const Client eve = browser("eve@example.com");

    EXPECT_EQ(ask("POST", "/api/auth/tokens", eve, R"({"label":"x","role":"admin"})").status, 400);
    EXPECT_EQ(
        ask("POST", "/api/auth/tokens", eve, R"({"label":"x","expires_at":"2020-01-01"})").status,
        400);
    const auto made = ask("POST", "/api/auth/tokens", eve, R"({"label":"x"})");
    const Client token{{}, {}, text_of(body_of(made), "token")};
    EXPECT_EQ(ask("POST", "/api/auth/tokens", token, R"({"label":"y"})").status, 403);
    // Another user's token does not exist for them.
    const auto admins =
        ask("POST", "/api/auth/tokens", browser("admin@example.com"), R"({"label":"z"})");
    EXPECT_EQ(ask("DELETE", "/api/auth/tokens/" + text_of(body_of(admins), "id"), eve).status, 404);
}

TEST_P(TokensTest, ATokenFollowsItsUsersRoleDown) {
    add_user("eve@example.com", Role::admin);
    const auto made =
        ask("POST", "/api/auth/tokens", browser("eve@example.com"), R"({"label":"x"})");
    const Client token{{}, {}, text_of(body_of(made), "token")};
    ASSERT_EQ(ask("GET", "/api/users", token).status, 200);

    ASSERT_EQ(
        ask("PATCH", "/api/users/eve", program("admin@example.com"), R"({"role":"user"})").status,
        200);

    EXPECT_EQ(ask("GET", "/api/users", token).status, 403);
}

PULSE_ON_BOTH_ENGINES(TokensTest);

}  // namespace
}  // namespace pulse::console::tests
