#include "base/digest.h"
#include "base/hex.h"
#include "base/rfc3339.h"
#include "base/uuid.h"
#include "console/api/raw_members.h"
#include "console/litellm/duration.h"
#include "console/litellm/json_writer.h"
#include "storage/tables/keys.h"
#include "tests/unit/console/console_fixture.h"
#include "tests/unit/storage/tables/written_records.h"

#include <boost/json/array.hpp>
#include <gmock/gmock.h>

namespace pulse::console::tests {
namespace {

using namespace std::chrono_literals;
using policy::Period;
using testing::HasSubstr;
using testing::Not;

TEST(LitellmDuration, IsACalendarWindowWhereThereIsOne) {
    EXPECT_EQ(litellm::period_of("1h"), Period::hour);
    EXPECT_EQ(litellm::period_of("60m"), Period::hour);
    EXPECT_EQ(litellm::period_of("3600s"), Period::hour);
    EXPECT_EQ(litellm::period_of("24h"), Period::day);
    EXPECT_EQ(litellm::period_of("1d"), Period::day);
    EXPECT_EQ(litellm::period_of("7d"), Period::week);
    EXPECT_EQ(litellm::period_of("1w"), Period::week);
    EXPECT_EQ(litellm::period_of("30d"), Period::month);
    EXPECT_EQ(litellm::period_of("1mo"), Period::month);
    for (const char* none :
         {"",
          "2mo",
          "31d",
          "12h",
          "30",
          "d",
          "-1d",
          "0d",
          "30s",
          "1y",
          "30d ",
          "9999999999999999999d"}) {
        EXPECT_EQ(litellm::period_of(none), std::nullopt) << none;
    }
}

TEST(LitellmDuration, ReachesFromNow) {
    const TimePoint now = *parse_rfc3339("2027-01-31T12:30:00Z");
    EXPECT_EQ(litellm::after(now, "90s"), now + 90s);
    EXPECT_EQ(litellm::after(now, "2w"), now + std::chrono::hours{24 * 14});
    EXPECT_EQ(litellm::after(now, "1mo"), *parse_rfc3339("2027-02-28T12:30:00Z"));
    EXPECT_EQ(litellm::after(now, "2mo"), *parse_rfc3339("2027-03-31T12:30:00Z"));
    EXPECT_EQ(litellm::after(now, "12mo"), *parse_rfc3339("2028-01-31T12:30:00Z"));
    for (const char* none :
         {"", "1", "h", "-1h", "1.5h", "40000d", "2000mo", "99999999999999999999s"}) {
        EXPECT_EQ(litellm::after(now, none), std::nullopt) << none;
    }
}

TEST(RawMembers, KeepEachValueAsItWasWritten) {
    const auto members = raw_members(
        "\n{ \"a\" : 1e-7 , \"b\\u0022\\\\\" :{\"x\": [1, {\"y\":\"}\\\"]\"}] },\"c\":\"t,\\\"x\" "
        ",\"d\":null}");

    ASSERT_EQ(members.size(), 4U);
    EXPECT_EQ(members[0], (std::pair<std::string, std::string_view>{"a", "1e-7"}));
    EXPECT_EQ(members[1].first, "b\"\\");
    EXPECT_EQ(members[1].second, "{\"x\": [1, {\"y\":\"}\\\"]\"}] }");
    EXPECT_EQ(members[2].second, "\"t,\\\"x\"");
    EXPECT_EQ(members[3].second, "null");
    EXPECT_TRUE(raw_members("{}").empty());
    EXPECT_TRUE(raw_members("").empty());
}

TEST(LitellmJson, WritesAmountsAsExactNumbers) {
    EXPECT_EQ(
        litellm::JsonWriter{}
            .amount("a", *Money::parse("12345678901234.123456789012"))
            .text("b\"", "c")
            .amount("n", std::optional<Money>{})
            .finish(),
        R"({"a":12345678901234.123456789012,"b\"":"c","n":null})");
    EXPECT_EQ(litellm::JsonWriter{}.finish(), "{}");
}

class LitellmTest : public ConsoleApiTest {
protected:
    void SetUp() override {
        ConsoleApiTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        admin_ = program("admin@example.com");
    }
    [[nodiscard]] boost::json::object post(std::string_view path, std::string_view body) {
        const auto response = ask("POST", path, admin_, body);
        EXPECT_EQ(response.status, 200) << response.body;
        return body_of(response);
    }
    [[nodiscard]] storage::KeyRow stored(const boost::json::object& key) {
        const auto row = storage::key(session(), text_of(key, "token"));
        EXPECT_TRUE(row && *row);
        return **row;
    }
    Client admin_;
};

TEST_P(LitellmTest, AKeyIsGeneratedWithItsLimits) {
    const auto made = post(
        "/key/generate",
        R"({"key_alias":"app","max_budget":0.0000001,"budget_duration":"30d","soft_budget":5e-8,"tpm_limit":1000,
            "rpm_limit":10,"max_parallel_requests":3,"models":["gpt-4o","claude*"],"duration":"24h","team_id":"search",
            "user_id":"ada","metadata":{"env":"prod"},"permissions":{},"aliases":{},"model_max_budget":{},
            "send_invite_email":false,"spend":0,"guardrails":null,"key_type":"llm_api"})");

    const storage::KeyRow row = stored(made);
    EXPECT_EQ(to_hex(sha256(text_of(made, "key"))), row.hash_hex);
    EXPECT_EQ(row.label, "app");
    EXPECT_EQ(row.team, "search");
    EXPECT_EQ(row.user, "ada");
    const auto policy = policy::parse_policy(row.policy_json);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->tokens_per_minute, 1000);
    EXPECT_EQ(policy->requests_per_minute, 10);
    EXPECT_EQ(policy->max_parallel_requests, 3);
    EXPECT_EQ(policy->allowed_models, (std::vector<std::string>{"gpt-4o", "claude*"}));
    ASSERT_EQ(policy->budgets.size(), 2U);
    EXPECT_EQ(policy->budgets[0].limit, *Money::parse("0.0000001"));
    EXPECT_EQ(policy->budgets[0].period, Period::month);
    EXPECT_FALSE(policy->budgets[0].soft);
    EXPECT_EQ(policy->budgets[1].limit, *Money::parse("0.00000005"));
    EXPECT_TRUE(policy->budgets[1].soft);
    EXPECT_EQ(row.expires_at, std::chrono::floor<std::chrono::microseconds>(clock_.now()) + 24h);

    const auto info = ask("GET", "/key/info?key=" + text_of(made, "key"), admin_);
    ASSERT_EQ(info.status, 200) << info.body;
    EXPECT_THAT(info.body, HasSubstr(R"("max_budget":0.0000001)"));
    EXPECT_THAT(info.body, HasSubstr(R"("budget_duration":"30d")"));
    EXPECT_THAT(info.body, HasSubstr(R"("spend":0)"));
    EXPECT_THAT(info.body, Not(HasSubstr(text_of(made, "key"))));
    EXPECT_THAT(info.body, Not(HasSubstr(row.hash_hex)));
    for (const std::string& named : {row.id, row.hash_hex}) {
        EXPECT_EQ(ask("GET", "/key/info?key=" + named, admin_).status, 200);
    }
    EXPECT_EQ(ask("GET", "/key/info?key=sk-none", admin_).status, 404);
}

TEST_P(LitellmTest, WhatWouldLimitAndHasNoEqualIsRefused) {
    const std::pair<const char*, const char*> wrong[] = {
        {R"({"model_max_budget":{"gpt-4":5}})", "`model_max_budget`"},
        {R"({"max_budget":1,"budget_duration":"12h"})", "`budget_duration`"},
        {R"({"budget_duration":"30d"})", "`budget_duration`"},
        {R"({"model_rpm_limit":{"gpt-4":1}})", "`model_rpm_limit`"},
        {R"({"tags":["a"]})", "`tags`"},
        {R"({"blocked":true})", "`blocked`"},
        {R"({"allowed_routes":["/chat"]})", "`allowed_routes`"},
        {R"({"permissions":{"x":1}})", "`permissions`"},
        {R"({"budget_limits":[{"budget_duration":"1d","max_budget":1}]})", "`budget_limits`"},
        {R"({"something_new":3})", "`something_new`"},
        {R"({"models":["all-team-models"]})", "`models`"},
        {R"({"rpm_limit":0})", "`rpm_limit`"},
        {R"({"tpm_limit":1.5})", "`tpm_limit`"},
        {R"({"max_budget":-1})", "`max_budget`"},
        {R"({"max_budget":"abc"})", "`max_budget`"},
        {R"({"max_budget":0.0000000000001})", "`max_budget`"},
        {R"({"duration":"soon"})", "`duration`"},
        {R"({"key_type":"management"})", "`key_type`"},
        {R"({"key":"mine"})", "`key`"}};
    for (const auto& [body, what] : wrong) {
        SCOPED_TRACE(body);
        const auto refused = ask("POST", "/key/generate", admin_, body);
        EXPECT_EQ(refused.status, 400) << refused.body;
        EXPECT_THAT(error_message(refused), HasSubstr(what));
    }
    EXPECT_EQ(ask("GET", "/api/ai/keys", admin_).body.find("\"id\""), std::string::npos);
}

TEST_P(LitellmTest, AKeyIsUpdatedFieldByField) {
    const auto made = post(
        "/key/generate",
        R"({"max_budget":1,"budget_duration":"1d","rpm_limit":10,"models":["a"],"duration":"1h","key_alias":"x"})");
    const std::string key = text_of(made, "key");
    const auto update = [&](std::string_view fields) {
        return post("/key/update", R"({"key":")" + key + R"(",)" + std::string{fields} + "}");
    };
    const auto policy = [&] {
        return *policy::parse_policy(stored(made).policy_json);
    };

    (void)update(R"("max_budget":2.5,"tpm_limit":7)");
    EXPECT_EQ(policy().budgets.at(0).limit, *Money::parse("2.5"));
    EXPECT_EQ(policy().budgets.at(0).period, Period::day);
    EXPECT_EQ(policy().requests_per_minute, 10);
    EXPECT_EQ(policy().tokens_per_minute, 7);
    (void)update(R"("budget_duration":"7d","rpm_limit":null,"models":[])");
    EXPECT_EQ(policy().budgets.at(0).period, Period::week);
    EXPECT_EQ(policy().requests_per_minute, std::nullopt);
    EXPECT_TRUE(policy().allowed_models.empty());
    (void)update(R"("budget_duration":null,"duration":"-1")");
    EXPECT_EQ(policy().budgets.at(0).period, Period::total);
    EXPECT_EQ(stored(made).expires_at, std::nullopt);
    (void)update(R"("max_budget":null)");
    EXPECT_TRUE(policy().budgets.empty());
    EXPECT_EQ(stored(made).label, "x");
    EXPECT_EQ(
        ask("POST", "/key/update", admin_, R"({"key":")" + key + R"(","blocked":true})").status,
        400);
    EXPECT_EQ(ask("POST", "/key/update", admin_, R"({"key":"sk-none","rpm_limit":1})").status, 404);
    EXPECT_EQ(ask("POST", "/key/update", admin_, R"({"rpm_limit":1})").status, 400);
}

TEST_P(LitellmTest, KeysAreListedRegeneratedAndDeleted) {
    const auto one = post("/key/generate", R"({"key_alias":"one","team_id":"search"})");
    const auto two = post("/key/generate", R"({"key_alias":"two"})");
    const auto own = post("/key/generate", R"({"key":"sk-of-my-own-1234567890"})");
    EXPECT_EQ(text_of(own, "key"), "sk-of-my-own-1234567890");
    EXPECT_EQ(
        ask("POST", "/key/generate", admin_, R"({"key":"sk-of-my-own-1234567890"})").status, 409);

    const auto listed = body_of(ask("GET", "/key/list?size=2&page=2", admin_));
    EXPECT_EQ(text_of(listed, "total_count"), "3");
    EXPECT_EQ(text_of(listed, "total_pages"), "2");
    EXPECT_EQ(listed.at("keys").as_array().size(), 1U);
    const auto full =
        body_of(ask("GET", "/key/list?team_id=search&return_full_object=true", admin_));
    EXPECT_EQ(text_of(full.at("keys").as_array().at(0).as_object(), "key_alias"), "one");

    const auto renewed = post("/key/" + text_of(one, "key") + "/regenerate", "");
    EXPECT_NE(text_of(renewed, "key"), text_of(one, "key"));
    EXPECT_EQ(text_of(renewed, "token"), text_of(one, "token"));
    EXPECT_EQ(ask("GET", "/key/info?key=" + text_of(one, "key"), admin_).status, 404);
    EXPECT_EQ(
        text_of(post("/key/regenerate", R"({"key":")" + text_of(two, "token") + R"("})"), "token"),
        text_of(two, "token"));

    EXPECT_EQ(
        ask("POST",
            "/key/delete",
            admin_,
            R"({"keys":[")" + text_of(own, "key") + R"(","sk-unknown"]})")
            .status,
        404);
    EXPECT_FALSE(stored(own).revoked_at);
    const auto deleted =
        post("/key/delete", R"({"keys":[")" + text_of(own, "key") + R"("],"key_aliases":["two"]})");
    EXPECT_EQ(deleted.at("deleted_keys").as_array().size(), 2U);
    EXPECT_TRUE(stored(own).revoked_at);
    EXPECT_TRUE(stored(two).revoked_at);
    EXPECT_EQ(text_of(body_of(ask("GET", "/key/list", admin_)), "total_count"), "1");
}

TEST_P(LitellmTest, TheMasterKeyIsAnAdminsToken) {
    add_user("cfo@example.com", Role::finance);
    const std::string token = admin_.bearer;

    EXPECT_EQ(ask("GET", "/key/list", {}, {}, {{"x-litellm-api-key", token}}).status, 200);
    EXPECT_EQ(
        ask("GET", "/key/list", {}, {}, {{"x-litellm-api-key", "Bearer " + token}}).status, 200);
    EXPECT_EQ(ask("GET", "/key/list", {}, {}, {{"x-litellm-api-key", "wrong"}}).status, 401);
    EXPECT_EQ(ask("GET", "/key/list").status, 401);
    EXPECT_EQ(ask("GET", "/key/list", program("cfo@example.com")).status, 403);
}

TEST_P(LitellmTest, SpendLogsShowRequestsAndDays) {
    const auto made =
        post("/key/generate", R"({"key_alias":"a","max_budget":1,"budget_duration":"30d"})");
    storage::RequestRecord record = storage::tests::sample_record();
    record.id = UuidGenerator{}.next(clock_.now());
    const std::string id = text_of(made, "token");
    record.key_id = id;
    record.user = "ada";
    storage::tests::write_records(database(), {record});

    const auto rows = ask("GET", "/spend/logs?api_key=" + text_of(made, "key"), admin_);
    ASSERT_EQ(rows.status, 200) << rows.body;
    EXPECT_THAT(rows.body, HasSubstr(R"("spend":0.00000885)"));
    EXPECT_THAT(rows.body, HasSubstr(R"("request_id":")" + record.id.to_string()));
    EXPECT_EQ(ask("GET", "/spend/logs?user_id=nobody", admin_).body, "[]");
    const auto days = ask("GET", "/spend/logs?start_date=2025-12-01&end_date=2026-02-01", admin_);
    EXPECT_THAT(days.body, HasSubstr(R"("users":{"ada":0.00000885})"));
    EXPECT_THAT(days.body, HasSubstr("\"" + id + R"(":0.00000885)"));
    EXPECT_THAT(
        ask("GET", "/spend/logs?start_date=2025-12-01&end_date=2026-02-01&summarize=false", admin_)
            .body,
        HasSubstr("request_id"));
    EXPECT_THAT(ask("GET", "/key/info?key=" + id, admin_).body, HasSubstr(R"("spend":0.00000885)"));
}

TEST_P(LitellmTest, ATeamMayHaveABudget) {
    const auto team = post(
        "/team/new",
        R"({"team_alias":"Search","team_id":"search","max_budget":10,"budget_duration":"1mo"})");
    EXPECT_EQ(text_of(team, "team_id"), "search");
    const auto budgets = body_of(ask("GET", "/api/budgets?scope=team", admin_));
    EXPECT_EQ(text_of(budgets.at("budgets").as_array().at(0).as_object(), "period"), "month");
    EXPECT_EQ(ask("POST", "/team/new", admin_, R"({"team_id":"search"})").status, 409);
    EXPECT_EQ(ask("POST", "/team/new", admin_, R"({"team_id":"x","tpm_limit":5})").status, 400);
    EXPECT_EQ(
        ask("POST", "/team/new", admin_, R"({"team_id":"x","max_budget":5,"budget_duration":"5d"})")
            .status,
        400);
    EXPECT_EQ(ask("GET", "/api/teams/x", admin_).status, 404);
}

PULSE_ON_BOTH_ENGINES(LitellmTest);

}  // namespace
}  // namespace pulse::console::tests
