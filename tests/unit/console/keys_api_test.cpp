#include "base/uuid.h"
#include "storage/tables/keys.h"
#include "tests/unit/console/console_fixture.h"
#include "tests/unit/storage/tables/written_records.h"

#include <boost/json/array.hpp>
#include <gmock/gmock.h>

namespace pulse::console::tests {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class KeysApiTest : public ConsoleApiTest {
protected:
    void SetUp() override {
        ConsoleApiTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        admin_ = program("admin@example.com");
    }
    [[nodiscard]] json::object make(std::string_view path, std::string_view body) {
        clock_.advance(std::chrono::milliseconds{1});  // ids are in the order of their making
        const auto made = ask("POST", path, admin_, body);
        EXPECT_EQ(made.status, 201) << made.body;
        return body_of(made);
    }
    /// What a field of each of a list's rows is, in their order.
    [[nodiscard]] std::string listed(
        std::string_view target,
        const Client& client,
        std::string_view list,
        std::string_view field) {
        const auto response = ask("GET", target, client);
        EXPECT_EQ(response.status, 200) << response.body;
        std::string all;
        const json::object body = body_of(response);
        for (const auto& row : body.at(list).as_array()) {
            all += text_of(row.as_object(), field) + " ";
        }
        return all;
    }
    [[nodiscard]] std::int64_t version() { return *storage::keys_version(session()); }

    Client admin_;
};

TEST_P(KeysApiTest, AKeyIsMadeShownOnceChangedRotatedAndRevoked) {
    const std::int64_t before = version();
    const auto made = make(
        "/api/ai/keys",
        R"({"label":"site","team":"search","policy":{"requests_per_minute":600},"metadata":{"a":1}})");
    const std::string id = text_of(made, "id");
    const std::string secret = text_of(made, "key");

    EXPECT_EQ(secret.size(), 49U);
    EXPECT_EQ(text_of(made, "state"), "valid");
    EXPECT_EQ(version(), before + 1);
    const auto shown = ask("GET", "/api/ai/keys/" + id, admin_);
    EXPECT_THAT(shown.body, Not(HasSubstr(secret)));
    EXPECT_EQ(text_of(body_of(shown), "metadata"), R"({"a":1})");

    const auto changed =
        ask("PATCH", "/api/ai/keys/" + id, admin_, R"({"label":"web","team":null,"version":1})");
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(text_of(body_of(changed), "label"), "web");
    EXPECT_EQ(text_of(body_of(changed), "team"), "");
    EXPECT_EQ(text_of(body_of(changed), "version"), "2");
    EXPECT_EQ(text_of(body_of(changed), "policy"), R"({"requests_per_minute":600})");
    const auto stale = ask("PATCH", "/api/ai/keys/" + id, admin_, R"({"label":"x","version":1})");
    EXPECT_EQ(stale.status, 409);
    EXPECT_EQ(error_code(stale), "conflict");

    const auto rotated = ask("POST", "/api/ai/keys/" + id + "/rotate", admin_);
    ASSERT_EQ(rotated.status, 200) << rotated.body;
    EXPECT_NE(text_of(body_of(rotated), "key"), secret);
    const auto revoked = ask("POST", "/api/ai/keys/" + id + "/revoke", admin_);
    ASSERT_EQ(revoked.status, 200) << revoked.body;
    EXPECT_EQ(text_of(body_of(revoked), "state"), "revoked");
    EXPECT_EQ(ask("POST", "/api/ai/keys/" + id + "/rotate", admin_).status, 409);
    EXPECT_EQ(ask("POST", "/api/ai/keys/" + id + "/revoke", admin_).status, 200);
    EXPECT_EQ(version(), before + 4);

    const auto audit = ask("GET", "/api/audit?target_kind=key", admin_);
    EXPECT_EQ(
        listed("/api/audit?target_kind=key", admin_, "entries", "action"),
        "key.revoke key.rotate key.update key.create ");
    EXPECT_THAT(audit.body, Not(HasSubstr(secret)));
    EXPECT_THAT(audit.body, Not(HasSubstr(text_of(body_of(rotated), "key"))));
}

TEST_P(KeysApiTest, AKeyThatCannotBeIsRefusedWithTheFieldThatIsWrong) {
    const std::pair<const char*, const char*> wrong[] = {
        {R"({})", "`label`"},
        {R"({"label":"x","polcy":{}})", "`polcy`"},
        {R"({"label":"x","policy":{"requests_per_minut":1}})", "requests_per_minut"},
        {R"({"label":"x","policy":[]})", "`policy`"},
        {R"({"label":"x","expires_at":"2001-01-01"})", "`expires_at`"},
        {R"({"label":"x","policy":{"budgets":[{"scope":"team","period":"day","limit":"1"}]}})",
         "the key names no team"},
        {R"({"label":"x","policy":{"budgets":[{"scope":"user","period":"day","limit":"1"}]}})",
         "the key names no user"},
        {R"({"label":"x","team":"t","policy":{"budgets":[{"scope":"project","period":"day","limit":"1"}]}})",
         "the key names no project"}};
    for (const auto& [body, what] : wrong) {
        SCOPED_TRACE(body);
        const auto refused = ask("POST", "/api/ai/keys", admin_, body);
        EXPECT_EQ(refused.status, 400);
        EXPECT_THAT(error_message(refused), HasSubstr(what));
    }
    const auto with_team = ask(
        "POST",
        "/api/ai/keys",
        admin_,
        R"({"label":"x","team":"t","policy":{"budgets":[{"scope":"team","period":"day","limit":"1"}]}})");
    ASSERT_EQ(with_team.status, 201) << with_team.body;
    const auto without = ask(
        "PATCH", "/api/ai/keys/" + text_of(body_of(with_team), "id"), admin_, R"({"team":null})");
    EXPECT_EQ(without.status, 400);
    EXPECT_THAT(error_message(without), HasSubstr("the key names no team"));
}

TEST_P(KeysApiTest, AnAmountKeepsEachDigitThatWasWritten) {
    const auto made = make(
        "/api/ai/keys",
        R"({"label":"x","policy":{"budgets":[{"period":"day","limit":12345678901.123456789012}]}})");
    EXPECT_THAT(text_of(made, "policy"), HasSubstr("12345678901.123456789012"));
    const auto budget = make(
        "/api/budgets",
        R"({"name":"b","scope":"organisation","period":"month","limit":12345678901.123456789012})");
    EXPECT_EQ(text_of(budget, "limit"), "12345678901.123456789012");
}

TEST_P(KeysApiTest, EachSeesAndChangesWhatIsTheirs) {
    add_user("lead@example.com", Role::manager, {"search"});
    add_user("ada@example.com", Role::user, {"search"});
    add_user("bob@example.com", Role::user);
    add_user("cfo@example.com", Role::finance);
    const Client lead = program("lead@example.com");
    const Client ada = program("ada@example.com");
    const Client cfo = program("cfo@example.com");
    (void)make("/api/projects", R"({"id":"ranking","team":"search"})");
    (void)make("/api/projects", R"({"id":"free"})");
    const std::string own =
        text_of(make("/api/ai/keys", R"({"label":"s","team":"search","user":"ada"})"), "id");
    const std::string other =
        text_of(make("/api/ai/keys", R"({"label":"a","team":"ads","user":"bob"})"), "id");

    EXPECT_EQ(listed("/api/ai/keys", cfo, "keys", "label"), "s a ");
    EXPECT_EQ(listed("/api/ai/keys", lead, "keys", "label"), "s ");
    EXPECT_EQ(listed("/api/ai/keys", ada, "keys", "label"), "s ");
    EXPECT_EQ(listed("/api/ai/keys?user=bob", ada, "keys", "label"), "");
    EXPECT_EQ(ask("GET", "/api/ai/keys/" + other, lead).status, 404);
    EXPECT_EQ(ask("GET", "/api/ai/keys/" + other, ada).status, 404);
    EXPECT_EQ(ask("GET", "/api/ai/keys/" + other + "/usage", ada).status, 404);
    EXPECT_EQ(ask("GET", "/api/ai/keys/" + own + "/usage", ada).status, 200);
    EXPECT_EQ(ask("PATCH", "/api/ai/keys/" + own, cfo, R"({"label":"x"})").status, 403);
    EXPECT_EQ(ask("PATCH", "/api/ai/keys/" + own, ada, R"({"label":"x"})").status, 403);
    EXPECT_EQ(ask("PATCH", "/api/ai/keys/" + other, lead, R"({"label":"x"})").status, 404);
    EXPECT_EQ(ask("POST", "/api/ai/keys/" + other + "/rotate", lead).status, 404);
    EXPECT_EQ(ask("POST", "/api/ai/keys/" + other + "/revoke", lead).status, 404);
    EXPECT_EQ(ask("PATCH", "/api/ai/keys/" + own, lead, R"({"label":"s2"})").status, 200);
    const std::pair<const char*, int> wanted[] = {
        {R"({"label":"x"})", 403},
        {R"({"label":"x","team":"ads"})", 403},
        {R"({"label":"x","team":"search","project":"free"})", 403},
        {R"({"label":"x","team":"search","user":"bob"})", 403},
        {R"({"label":"x","team":"search","policy":{"budgets":[{"scope":"model","scope_id":"*","period":"day","limit":"1"}]}})",
         403},
        {R"({"label":"x","team":"search","project":"ranking","user":"ada"})", 201}};
    for (const auto& [body, status] : wanted) {
        EXPECT_EQ(ask("POST", "/api/ai/keys", lead, body).status, status) << body;
    }
    EXPECT_EQ(ask("PATCH", "/api/ai/keys/" + own, lead, R"({"team":"ads"})").status, 403);
}

TEST_P(KeysApiTest, PoliciesStandAboveKeys) {
    (void)make("/api/teams", R"({"id":"search","name":"Search"})");
    const std::int64_t before = version();
    const auto made = make(
        "/api/ai/policies",
        R"({"name":"p","scope":"team","scope_id":"search","policy":{"budgets":[{"period":"day","limit":"5"}]}})");
    const std::string path = "/api/ai/policies/" + text_of(made, "id");

    EXPECT_EQ(version(), before + 1);
    EXPECT_EQ(
        ask("POST",
            "/api/ai/policies",
            admin_,
            R"({"name":"q","scope":"team","scope_id":"search","policy":{}})")
            .status,
        409);
    const std::pair<const char*, const char*> wrong[] = {
        {R"({"name":"q","scope":"key","scope_id":"x","policy":{}})", "`scope`"},
        {R"({"name":"q","scope":"team","policy":{}})", "`scope_id`"},
        {R"({"name":"q","scope":"team","scope_id":"serach","policy":{}})", "there is no team"},
        {R"({"name":"q","scope":"organisation","scope_id":"x","policy":{}})", "`scope_id`"},
        {R"({"name":"q","scope":"user","scope_id":"x"})", "`policy`"},
        {R"({"name":"q","scope":"user","scope_id":"x","policy":{"colour":1}})", "colour"}};
    for (const auto& [body, what] : wrong) {
        SCOPED_TRACE(body);
        const auto refused = ask("POST", "/api/ai/policies", admin_, body);
        EXPECT_EQ(refused.status, 400);
        EXPECT_THAT(error_message(refused), HasSubstr(what));
    }
    EXPECT_EQ(ask("PATCH", path, admin_, R"({"version":1,"policy":{}})").status, 200);
    EXPECT_EQ(ask("PATCH", path, admin_, R"({"version":1,"policy":{}})").status, 409);
    EXPECT_EQ(text_of(body_of(ask("GET", path, admin_)), "policy"), "{}");
    EXPECT_EQ(listed("/api/ai/policies?scope=team", admin_, "policies", "scope_id"), "search ");
    EXPECT_EQ(ask("DELETE", "/api/teams/search", admin_).status, 409);
    EXPECT_EQ(ask("DELETE", path + "?version=1", admin_).status, 409);
    EXPECT_EQ(ask("DELETE", path + "?version=2", admin_).status, 204);
    EXPECT_EQ(ask("GET", path, admin_).status, 404);
    EXPECT_EQ(version(), before + 3);
    EXPECT_EQ(ask("DELETE", "/api/teams/search", admin_).status, 204);
}

TEST_P(KeysApiTest, BudgetsSayWhatIsSpentInTheirWindow) {
    const auto key = make("/api/ai/keys", R"({"label":"k","team":"search"})");
    (void)make("/api/teams", R"({"id":"ads"})");
    std::vector<storage::RequestRecord> records;
    const std::string id = text_of(key, "id");
    const auto now = clock_.now();
    for (const auto ago : {std::chrono::hours{0}, std::chrono::hours{24 * 40}}) {
        storage::RequestRecord record = storage::tests::sample_record();
        record.id = UuidGenerator{}.next(now - ago);
        record.key_id = id;
        record.team = "search";
        records.push_back(record);
    }
    storage::tests::write_records(database(), records);
    const std::string month = text_of(
        make(
            "/api/budgets",
            R"({"name":"m","scope":"team","scope_id":"search","period":"month","limit":"1"})"),
        "id");

    const auto shown = body_of(ask("GET", "/api/budgets/" + month, admin_));
    EXPECT_EQ(text_of(shown, "spent"), "0.00000885");
    EXPECT_EQ(text_of(shown, "remaining"), "0.99999115");
    EXPECT_TRUE(shown.at("window").at("begin").is_string());
    const std::pair<const char*, const char*> others[] = {
        {R"({"name":"t","scope":"organisation","period":"total","limit":"0"})", "0.0000177"},
        {R"({"name":"a","scope":"team","scope_id":"ads","period":"total","limit":"1"})", "0"},
        {R"({"name":"g","scope":"model","scope_id":"gpt-4o*","period":"total","limit":"1"})",
         "0.0000177"},
        {R"({"name":"g","scope":"model","scope_id":"backup/*","period":"month","limit":"1"})",
         "0.00000885"},
        {R"({"name":"g","scope":"model","scope_id":"claude*","period":"total","limit":"1"})", "0"}};
    for (const auto& [body, spent] : others) {
        EXPECT_EQ(text_of(make("/api/budgets", body), "spent"), spent) << body;
    }
    const auto usage = body_of(
        ask("GET", "/api/ai/keys/" + id + "/usage?from=2000-01-01&granularity=total", admin_));
    EXPECT_EQ(text_of(usage.at("usage").as_array().at(0).as_object(), "cost"), "0.0000177");
    EXPECT_EQ(text_of(usage.at("usage").as_array().at(0).as_object(), "requests"), "2");
    const std::string key_budget = R"({"name":"k","scope":"key","scope_id":")" + id +
                                   R"(","period":"day","limit":"0.1","soft":true})";
    const std::string soft = text_of(make("/api/budgets", key_budget), "id");
    EXPECT_EQ(
        text_of(
            body_of(ask("PATCH", "/api/budgets/" + soft, admin_, R"({"limit":"0.2","version":1})")),
            "limit"),
        "0.2");
    EXPECT_EQ(
        ask("PATCH", "/api/budgets/" + soft, admin_, R"({"limit":"0.3","version":1})").status, 409);
    EXPECT_EQ(ask("DELETE", "/api/budgets/" + soft, admin_).status, 204);
}

TEST_P(KeysApiTest, ABudgetThatWouldCountNothingIsRefused) {
    const std::pair<const char*, const char*> wrong[] = {
        {R"({"name":"b","scope":"team","scope_id":"x","period":"day","limit":"1"})",
         "there is no team"},
        {R"({"name":"b","scope":"key","scope_id":"x","period":"day","limit":"1"})",
         "there is no key"},
        {R"({"name":"b","scope":"tag","scope_id":"env","period":"day","limit":"1"})", "NAME=VALUE"},
        {R"({"name":"b","scope":"model","period":"day","limit":"1"})", "`scope_id`"},
        {R"({"name":"b","scope":"colour","scope_id":"x","period":"day","limit":"1"})", "`scope`"},
        {R"({"name":"b","scope":"organisation","period":"year","limit":"1"})", "`period`"},
        {R"({"name":"b","scope":"organisation","period":"day","limit":"-1"})", "`limit`"},
        {R"({"name":"b","scope":"organisation","period":"day","limit":"1","currency":"EUR"})",
         "`currency`"},
        {R"({"name":"b","scope":"organisation","period":"day"})", "`limit`"}};
    for (const auto& [body, what] : wrong) {
        SCOPED_TRACE(body);
        const auto refused = ask("POST", "/api/budgets", admin_, body);
        EXPECT_EQ(refused.status, 400) << refused.body;
        EXPECT_THAT(error_message(refused), HasSubstr(what));
    }
}

TEST_P(KeysApiTest, AManagersPoliciesAndBudgetsAreOfTheirTeams) {
    add_user("lead@example.com", Role::manager, {"search"});
    const Client lead = program("lead@example.com");
    (void)make("/api/teams", R"({"id":"ads"})");
    (void)make(
        "/api/budgets", R"({"name":"all","scope":"organisation","period":"month","limit":"1"})");
    const std::string ads = text_of(
        make(
            "/api/budgets",
            R"({"name":"ads","scope":"team","scope_id":"ads","period":"day","limit":"1"})"),
        "id");
    const auto budget_of = [](const char* scope) {
        return std::string{R"({"name":"own","period":"day","limit":"1",)"} + scope + "}";
    };

    EXPECT_EQ(
        ask("POST", "/api/budgets", lead, budget_of(R"("scope":"team","scope_id":"search")"))
            .status,
        201);
    EXPECT_EQ(
        ask("POST", "/api/budgets", lead, budget_of(R"("scope":"team","scope_id":"ads")")).status,
        403);
    EXPECT_EQ(
        ask("POST", "/api/budgets", lead, budget_of(R"("scope":"organisation")")).status, 403);
    EXPECT_EQ(listed("/api/budgets", lead, "budgets", "name"), "own ");
    EXPECT_EQ(ask("GET", "/api/budgets/" + ads, lead).status, 404);
    EXPECT_EQ(ask("PATCH", "/api/budgets/" + ads, lead, R"({"limit":"9"})").status, 404);
    EXPECT_EQ(ask("DELETE", "/api/budgets/" + ads, lead).status, 404);
    EXPECT_EQ(
        ask("POST",
            "/api/ai/policies",
            lead,
            R"({"name":"p","scope":"user","scope_id":"lead","policy":{}})")
            .status,
        403);
    EXPECT_EQ(listed("/api/teams", lead, "teams", "id"), "search ");
    EXPECT_EQ(ask("GET", "/api/teams/ads", lead).status, 404);
    EXPECT_EQ(ask("POST", "/api/teams", lead, R"({"id":"new"})").status, 403);
    EXPECT_EQ(ask("POST", "/api/projects", lead, R"({"id":"p1","team":"search"})").status, 201);
    EXPECT_EQ(ask("POST", "/api/projects", lead, R"({"id":"p2","team":"ads"})").status, 403);
    EXPECT_EQ(ask("POST", "/api/projects", lead, R"({"id":"p2"})").status, 403);
    EXPECT_EQ(ask("PATCH", "/api/projects/p1", lead, R"({"team":"ads"})").status, 403);
    EXPECT_EQ(ask("PATCH", "/api/projects/p1", lead, R"({"name":"One","version":1})").status, 200);
    EXPECT_EQ(ask("DELETE", "/api/projects/p1", lead).status, 204);
}

TEST_P(KeysApiTest, TeamsHaveMembers) {
    add_user("ada@example.com", Role::user);
    (void)make("/api/teams", R"({"id":"search"})");

    EXPECT_EQ(
        ask("POST", "/api/teams/search/members/ada", admin_, R"({"role":"manager"})").status, 204);
    EXPECT_EQ(ask("POST", "/api/teams/search/members/nobody", admin_).status, 404);
    EXPECT_EQ(ask("POST", "/api/teams/none/members/ada", admin_).status, 404);
    EXPECT_EQ(
        ask("POST", "/api/teams/search/members/ada", admin_, R"({"role":"admin"})").status, 400);
    EXPECT_EQ(listed("/api/teams/search/members", admin_, "members", "role"), "manager ");
    const Client ada = program("ada@example.com");
    EXPECT_EQ(listed("/api/teams", ada, "teams", "id"), "search ");
    EXPECT_EQ(ask("POST", "/api/teams/search/members/admin", ada).status, 204);
    EXPECT_EQ(listed("/api/teams/search/members", ada, "members", "user"), "ada admin ");
    EXPECT_EQ(ask("DELETE", "/api/teams/search/members/ada", admin_).status, 204);
    EXPECT_EQ(ask("DELETE", "/api/teams/search/members/ada", admin_).status, 404);
    EXPECT_EQ(ask("GET", "/api/teams", ada).status, 403);
    EXPECT_EQ(
        listed("/api/audit?target_kind=team", admin_, "entries", "action"),
        "team.remove_member team.put_member team.put_member team.create ");
}

TEST_P(KeysApiTest, WhatIsNamedIsNotDeleted) {
    (void)make("/api/teams", R"({"id":"search"})");
    (void)make("/api/projects", R"({"id":"ranking","team":"search"})");
    (void)make("/api/ai/keys", R"({"label":"the key","project":"ranking"})");

    const auto of_a_key = ask("DELETE", "/api/projects/ranking", admin_);
    const auto of_a_project = ask("DELETE", "/api/teams/search", admin_);

    EXPECT_EQ(of_a_key.status, 409);
    EXPECT_THAT(error_message(of_a_key), HasSubstr("the key"));
    EXPECT_EQ(of_a_project.status, 409);
    EXPECT_THAT(error_message(of_a_project), HasSubstr("ranking"));
    EXPECT_EQ(ask("POST", "/api/teams", admin_, R"({"id":"search"})").status, 409);
    EXPECT_EQ(ask("POST", "/api/projects", admin_, R"({"id":"x","team":"none"})").status, 400);
}

TEST_P(KeysApiTest, KeysAreFoundAndComeInPages) {
    for (const char* label : {"one", "two", "three"}) {
        (void)make("/api/ai/keys", R"({"label":")" + std::string{label} + R"(","team":"t"})");
    }

    const auto first = body_of(ask("GET", "/api/ai/keys?limit=2", admin_));
    EXPECT_EQ(first.at("keys").as_array().size(), 2U);
    EXPECT_EQ(
        listed("/api/ai/keys?after=" + text_of(first, "next"), admin_, "keys", "label"), "three ");
    EXPECT_EQ(listed("/api/ai/keys?label=T&team=t", admin_, "keys", "label"), "two three ");
    EXPECT_EQ(listed("/api/ai/keys?state=revoked", admin_, "keys", "label"), "");
    EXPECT_EQ(ask("GET", "/api/ai/keys?state=dead", admin_).status, 400);
}

PULSE_ON_BOTH_ENGINES(KeysApiTest);

}  // namespace
}  // namespace pulse::console::tests
