// Walks THE table: each route as each role and as nobody.
#include "console/api/routes.h"

#include "console/api/assets.h"
#include "tests/unit/console/console_fixture.h"

#include <map>
#include <set>

namespace pulse::console::tests {
namespace {

namespace json = boost::json;

class RoutesTest : public ConsoleApiTest {
protected:
    void SetUp() override {
        ConsoleApiTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        add_user("finance@example.com", Role::finance);
        add_user("manager@example.com", Role::manager);
        add_user("user@example.com", Role::user);
    }

    [[nodiscard]] static std::string path_of(const Route& route) {
        std::string path{route.pattern};
        for (std::size_t begin = path.find('{'); begin != std::string::npos;
             begin = path.find('{')) {
            path.replace(begin, path.find('}') - begin + 1, "nothing-of-that-name");
        }
        return path;
    }
    /// Whether the role let the request through; what the route then says is not asked here.
    [[nodiscard]] bool lets_in(const Route& route, const Client& client) {
        const int status = ask(route.method, path_of(route), client).status;
        return status != 401 && status != 403;
    }
    /// A new token for each route: one of them ends it.
    [[nodiscard]] bool lets_in(const Route& route, Role role) {
        return lets_in(route, program(std::string{to_string(role)} + "@example.com"));
    }
};

TEST_P(RoutesTest, EachRouteLetsInItsRoleAndThoseAboveAndNobodyElse) {
    const std::map<Needs, std::set<Role>> let_in{
        {Needs::user, {Role::user, Role::manager, Role::finance, Role::admin}},
        {Needs::manager, {Role::manager, Role::finance, Role::admin}},
        {Needs::team_manager, {Role::manager, Role::admin}},
        {Needs::finance, {Role::finance, Role::admin}},
        {Needs::admin, {Role::admin}}};
    for (const Route& route : api_->routes()) {
        SCOPED_TRACE(std::string{route.method} + " " + std::string{route.pattern});
        if (route.needs == Needs::nobody) {
            continue;
        }
        EXPECT_FALSE(lets_in(route, Client{})) << "nobody";
        EXPECT_FALSE(lets_in(route, Client{{}, {}, "pulse_pat_unknown"})) << "an unknown token";
        for (const Role role : kRoles) {
            EXPECT_EQ(lets_in(route, role), let_in.at(route.needs).contains(role))
                << to_string(role);
        }
    }
}

TEST_P(RoutesTest, WhatIsOpenWithoutLoginIsKnownByName) {
    std::set<std::string> open;
    for (const Route& route : api_->routes()) {
        if (route.needs == Needs::nobody) {
            open.insert(std::string{route.method} + " " + std::string{route.pattern});
        }
    }

    EXPECT_EQ(
        open,
        (std::set<std::string>{
            "GET /api/auth/csrf",
            "GET /api/build-info",
            "GET /api/docs",
            "GET /api/docs/{file}",
            "GET /api/openapi.json",
            "GET /healthz",
            "GET /livez",
            "GET /readyz",
            "POST /api/auth/login",
            "POST /auth/login"}));
}

TEST_P(RoutesTest, TheDocumentNamesEachRouteAndNoOther) {
    const json::value document = json::parse(inflated(*find_asset("openapi.json")));
    std::map<std::string, std::string> described;
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            if (operation.key() == "parameters") {
                continue;
            }
            std::string method{operation.key()};
            std::transform(method.begin(), method.end(), method.begin(), [](char c) {
                return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            });
            described[method + " " + std::string{path.key()}] =
                operation.value().at("operationId").as_string().c_str();
        }
    }
    std::map<std::string, std::string> served;
    for (const Route& route : api_->routes()) {
        served[std::string{route.method} + " " + std::string{route.pattern}] = route.operation;
    }

    EXPECT_EQ(described, served);
}

TEST_P(RoutesTest, TheDocumentSaysWhatEachRouteNeeds) {
    const json::value document = json::parse(inflated(*find_asset("openapi.json")));
    const std::map<Needs, std::string> words{
        {Needs::nobody, "nobody"},
        {Needs::user, "user"},
        {Needs::manager, "manager"},
        {Needs::team_manager, "team_manager"},
        {Needs::finance, "finance"},
        {Needs::admin, "admin"}};
    for (const Route& route : api_->routes()) {
        SCOPED_TRACE(std::string{route.method} + " " + std::string{route.pattern});
        std::string method{route.method};
        std::transform(method.begin(), method.end(), method.begin(), [](char c) {
            return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        });
        const auto& operation = document.at("paths").at(route.pattern).at(method).as_object();

        EXPECT_EQ(text_of(operation, "x-pulse-role"), words.at(route.needs));
    }
}

TEST_P(RoutesTest, AnUnknownPathIs404AndAWrongMethod405WithAllow) {
    const auto unknown = ask("GET", "/api/nothing");
    const auto wrong = ask("DELETE", "/api/users");

    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(error_code(unknown), "not_found");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(field_of(wrong, "allow"), "GET, POST, HEAD");
    EXPECT_EQ(ask("HEAD", "/api/build-info").status, 200);
}

TEST_P(RoutesTest, EveryAnswerHasTheSafetyHeaders) {
    for (const auto& response :
         {ask("GET", "/api/build-info"), ask("GET", "/api/nothing"), ask("GET", "/api/users")}) {
        EXPECT_EQ(
            field_of(response, "content-security-policy"),
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
        EXPECT_EQ(field_of(response, "x-content-type-options"), "nosniff");
        EXPECT_EQ(field_of(response, "referrer-policy"), "no-referrer");
        EXPECT_EQ(field_of(response, "x-request-id").size(), 36U);
    }
}

TEST_P(RoutesTest, RolesShowWhatEachMayDo) {
    const auto roles = body_of(ask("GET", "/api/roles", program("user@example.com")));
    std::map<std::string, std::set<std::string>> may_do;
    for (const auto& role : roles.at("roles").as_array()) {
        for (const auto& operation : role.at("operations").as_array()) {
            may_do[role.at("role").as_string().c_str()].insert(
                operation.at("operation").as_string().c_str());
        }
    }

    EXPECT_TRUE(may_do["admin"].contains("createUser"));
    EXPECT_TRUE(may_do["admin"].contains("me"));
    EXPECT_TRUE(may_do["admin"].contains("listRoles"));
    EXPECT_FALSE(may_do["finance"].contains("createUser"));
    EXPECT_TRUE(may_do["user"].contains("createToken"));
}

PULSE_ON_BOTH_ENGINES(RoutesTest);

TEST(ConsoleStore, ADatabaseThatIsAwayIs503WithRetryAfter) {
    const pulse::tests::FakeClock clock;
    ConsoleApi api{ConsoleApi::Parts{
        .build = {},
        .clock = clock,
        .open_store = []() -> Result<std::unique_ptr<storage::Database>> {
            return Error{Errc::storage_unavailable, "connection refused to db.internal"};
        },
        .caller_of =
            [](const HttpRequest&) {
                return Caller{"192.0.2.1", false};
            },
        .password_cost = {.operations = 1, .memory_bytes = 8192},
        .throttle = {}}};
    HttpRequest request;
    request.method = "GET";
    request.path = "/api/users";

    const HttpResponse response = api.answer(request);

    EXPECT_EQ(response.status, 503);
    EXPECT_NE(response.body.find("storage_unavailable"), std::string::npos);
    EXPECT_EQ(response.body.find("db.internal"), std::string::npos);
    request.path = "/api/build-info";
    EXPECT_EQ(api.answer(request).status, 200);
    request.path = "/livez";
    EXPECT_EQ(api.answer(request).status, 200);
    request.path = "/readyz";
    EXPECT_EQ(api.answer(request).status, 503);
}

}  // namespace
}  // namespace pulse::console::tests
