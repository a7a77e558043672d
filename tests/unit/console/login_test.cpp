#include "console/access/jwt.h"
#include "tests/unit/console/console_fixture.h"

#include <gmock/gmock.h>

#include <chrono>

namespace pulse::console::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class LoginTest : public ConsoleApiTest {};

TEST_P(LoginTest, GivesASessionThatOnlyTheBrowserSees) {
    const HttpResponse response =
        ask("POST", "/api/auth/login", {}, login_body("Admin@Example.com"));

    ASSERT_EQ(response.status, 200) << response.body;
    const std::string cookie = field_of(response, "set-cookie");
    EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
    EXPECT_THAT(cookie, HasSubstr("SameSite=Strict"));
    EXPECT_THAT(cookie, HasSubstr("Path=/"));
    EXPECT_THAT(cookie, Not(HasSubstr("Secure")));
    EXPECT_EQ(text_of(body_of(response).at("user").as_object(), "role"), "admin");
    // Only hashes are kept.
    const std::string secret = cookie.substr(14, 43);
    EXPECT_EQ(
        value_of(
            "SELECT count(*) FROM console_session WHERE hash = $1 OR csrf_hash = $1", {secret}),
        "0");
    EXPECT_EQ(value_of("SELECT count(*) FROM console_session"), "1");
}

TEST_P(LoginTest, MarksTheCookieSecureBehindAnHttpsProxy) {
    const HttpResponse response =
        ask("POST",
            "/api/auth/login",
            {},
            login_body("admin@example.com"),
            {{"x-forwarded-proto", "https"}});

    EXPECT_THAT(field_of(response, "set-cookie"), HasSubstr("; Secure"));
}

TEST_P(LoginTest, SaysTheSameToAWrongPasswordAnUnknownAndADisabledUser) {
    add_user("gone@example.com", Role::user);
    const Client admin = program("admin@example.com");
    ASSERT_EQ(ask("PATCH", "/api/users/gone", admin, R"({"disabled":true})").status, 200);

    const auto wrong = ask("POST", "/api/auth/login", {}, login_body("admin@example.com", "nope"));
    const auto unknown = ask("POST", "/api/auth/login", {}, login_body("who@example.com"));
    const auto disabled = ask("POST", "/api/auth/login", {}, login_body("gone@example.com"));

    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(unknown.body, wrong.body);
    EXPECT_EQ(disabled.body, wrong.body);
    EXPECT_EQ(disabled.status, 401);
}

TEST_P(LoginTest, MakesGuessesWaitAndTheRightPasswordToo) {
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(
            ask("POST", "/api/auth/login", {}, login_body("admin@example.com", "nope")).status,
            401);
    }

    const auto refused = ask("POST", "/api/auth/login", {}, login_body("admin@example.com"));

    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(error_code(refused), "rate_limit_exceeded");
    EXPECT_EQ(field_of(refused, "retry-after"), "1");
    clock_.advance(1s);
    EXPECT_EQ(ask("POST", "/api/auth/login", {}, login_body("admin@example.com")).status, 200);
}

TEST_P(LoginTest, NamesAFieldThatIsUnknownOrMissing) {
    const auto unknown =
        ask("POST", "/api/auth/login", {}, R"({"email":"a@b","password":"x","remember":true})");
    const auto missing = ask("POST", "/api/auth/login", {}, R"({"email":"a@b"})");
    const auto no_json = ask("POST", "/api/auth/login", {}, "email=a");

    EXPECT_EQ(unknown.status, 400);
    EXPECT_THAT(error_message(unknown), HasSubstr("`remember`"));
    EXPECT_THAT(error_message(missing), HasSubstr("`password`"));
    EXPECT_EQ(no_json.status, 400);
}

TEST_P(LoginTest, EndsTheSessionOfBefore) {
    const Client before = browser("admin@example.com");
    const auto again =
        ask("POST",
            "/api/auth/login",
            {},
            login_body("admin@example.com"),
            {{"cookie", "pulse_session=" + before.cookie}});

    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(ask("GET", "/api/auth/me", before).status, 401);
}

TEST_P(LoginTest, AChangeWithACookieWantsTheCsrfToken) {
    Client client = browser("admin@example.com");
    const std::string right = client.csrf;

    EXPECT_EQ(ask("PATCH", "/api/org", client, R"({"name":"A"})").status, 200);
    client.csrf = "";
    EXPECT_EQ(ask("PATCH", "/api/org", client, R"({"name":"B"})").status, 403);
    client.csrf = browser("admin@example.com").csrf;
    EXPECT_EQ(ask("PATCH", "/api/org", client, R"({"name":"B"})").status, 403);
    client.csrf = "";
    EXPECT_EQ(ask("GET", "/api/org", client).status, 200);
    EXPECT_EQ(text_of(body_of(ask("GET", "/api/auth/csrf", client)), "csrf_token"), right);
    EXPECT_EQ(ask("GET", "/api/auth/csrf").status, 200);
    EXPECT_EQ(value_of("SELECT name FROM organization WHERE id = 'default'"), "A");
}

TEST_P(LoginTest, AnotherSitesPageMayNotChangeAnything) {
    const Client client = browser("admin@example.com");
    const auto patch = [&](std::initializer_list<std::pair<std::string, std::string>> fields) {
        return ask("PATCH", "/api/org", client, R"({"name":"A"})", fields).status;
    };

    EXPECT_EQ(patch({{"origin", "https://evil.example"}}), 403);
    EXPECT_EQ(patch({{"origin", "null"}}), 403);
    EXPECT_EQ(patch({{"sec-fetch-site", "cross-site"}}), 403);
    EXPECT_EQ(patch({{"sec-fetch-site", "same-site"}}), 403);
    EXPECT_EQ(patch({{"origin", "http://console.example"}}), 200);
    EXPECT_EQ(
        patch({{"origin", "https://console.example"}, {"sec-fetch-site", "same-origin"}}), 200);
    EXPECT_EQ(
        ask("POST",
            "/api/auth/login",
            {},
            login_body("admin@example.com"),
            {{"origin", "https://evil.example"}})
            .status,
        403);
}

TEST_P(LoginTest, ASessionEndsWhenItIsIdleAndWhenItIsOld) {
    const Client idle = browser("admin@example.com");
    clock_.advance(11h);
    EXPECT_EQ(ask("GET", "/api/auth/me", idle).status, 200);
    clock_.advance(11h);
    EXPECT_EQ(ask("GET", "/api/auth/me", idle).status, 200);
    clock_.advance(12h);
    EXPECT_EQ(ask("GET", "/api/auth/me", idle).status, 401);

    const Client old = browser("admin@example.com");
    for (int hours = 0; hours + 8 < 24 * 7; hours += 8) {
        clock_.advance(8h);
        ASSERT_EQ(ask("GET", "/api/auth/me", old).status, 200) << hours;
    }
    clock_.advance(8h);
    EXPECT_EQ(ask("GET", "/api/auth/me", old).status, 401);
}

TEST_P(LoginTest, LogoutEndsTheSessionAndTheToken) {
    const Client session_client = browser("admin@example.com");
    const Client token_client = program("admin@example.com");

    const auto out = ask("POST", "/api/auth/logout", session_client);
    EXPECT_EQ(out.status, 204);
    EXPECT_THAT(field_of(out, "set-cookie"), HasSubstr("Max-Age=0"));
    EXPECT_EQ(ask("GET", "/api/auth/me", session_client).status, 401);
    EXPECT_EQ(ask("GET", "/api/auth/me", token_client).status, 200);
    EXPECT_EQ(ask("POST", "/api/auth/logout", token_client).status, 204);
    EXPECT_EQ(ask("GET", "/api/auth/me", token_client).status, 401);
}

TEST_P(LoginTest, ALoginTokenIsAJwtThatEndsAfterTwelveHours) {
    const auto response = ask("POST", "/auth/login", {}, login_body("admin@example.com"));
    const Client client{{}, {}, text_of(body_of(response), "token")};

    EXPECT_EQ(text_of(body_of(response), "expires_at"), "2026-01-01T12:00:00Z");
    EXPECT_TRUE(looks_like_jwt(client.bearer));
    EXPECT_EQ(
        text_of(body_of(ask("GET", "/api/auth/me", client)), "authenticated_by"), "login_token");
    // Another process of the installation knows it too.
    api_ = make_api();
    EXPECT_EQ(ask("GET", "/api/auth/me", client).status, 200);
    clock_.advance(12h);
    EXPECT_EQ(ask("GET", "/api/auth/me", client).status, 401);
}

TEST_P(LoginTest, AWrongBearerIsNotSavedByACookie) {
    Client client = browser("admin@example.com");
    client.bearer = "nonsense";

    const auto refused = ask("GET", "/api/auth/me", client);

    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(field_of(refused, "www-authenticate"), "Bearer");
}

TEST_P(LoginTest, OnesOwnPasswordChangesWithTheOldOneAndEndsOtherSessions) {
    const Client here = browser("admin@example.com");
    const Client elsewhere = browser("admin@example.com");
    const Client program_client = program("admin@example.com");

    EXPECT_EQ(
        ask("POST",
            "/api/auth/password",
            here,
            R"({"current_password":"nope nope nope","new_password":"a new password"})")
            .status,
        400);
    const auto too_short =
        ask("POST",
            "/api/auth/password",
            here,
            R"({"current_password":"correct horse battery","new_password":"short"})");
    EXPECT_EQ(too_short.status, 400);
    EXPECT_THAT(error_message(too_short), HasSubstr("at least 10"));
    ASSERT_EQ(
        ask("POST",
            "/api/auth/password",
            here,
            R"({"current_password":"correct horse battery","new_password":"a new password"})")
            .status,
        204);

    EXPECT_EQ(ask("GET", "/api/auth/me", here).status, 200);
    EXPECT_EQ(ask("GET", "/api/auth/me", elsewhere).status, 401);
    EXPECT_EQ(ask("GET", "/api/auth/me", program_client).status, 401);
    EXPECT_EQ(ask("POST", "/api/auth/login", {}, login_body("admin@example.com")).status, 401);
    (void)browser("admin@example.com", "a new password");
}

PULSE_ON_BOTH_ENGINES(LoginTest);

}  // namespace
}  // namespace pulse::console::tests
