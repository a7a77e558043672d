#pragma once

#include "base/log.h"
#include "console/access/accounts.h"
#include "console/api/console_api.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/storage/engines.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::console::tests {

inline constexpr std::string_view kPassword = "correct horse battery";

/// Who a test speaks as: nobody, a browser or a program.
struct Client {
    std::string cookie;
    std::string csrf;
    std::string bearer;
};

/// The API over a database of its own, on both engines.
class ConsoleApiTest : public storage::tests::EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        open_log(LogLevel::off, LogFormat::text);
        api_ = make_api();
        add_user("admin@example.com", Role::admin);
    }

    [[nodiscard]] std::unique_ptr<ConsoleApi> make_api() {
        return std::make_unique<ConsoleApi>(ConsoleApi::Parts{
            .build = {"1.2.3", "abc", "2026-01-01T00:00:00Z", "g++"},
            .clock = clock_,
            .open_store = [this] { return storage::open_database(url()); },
            .caller_of =
                [](const HttpRequest& request) {
                    return Caller{request.peer, request.field("x-forwarded-proto") == "https"};
                },
            .password_cost = {.operations = 1, .memory_bytes = 8192},
            .throttle = {},
            .default_time_zone = "UTC"});
    }

    void add_user(std::string_view email, Role role, std::vector<std::string> teams = {}) {
        storage::AuditEntry who{
            .at = clock_.now(),
            .org = std::string{kDefaultOrg},
            .actor = "test",
            .actor_kind = "system",
            .address = {},
            .action = {},
            .target_kind = {},
            .target_id = {},
            .before = {},
            .after = {}};
        PasswordHasher hasher{{.operations = 1, .memory_bytes = 8192}};
        NewUser wanted;
        wanted.id = std::string{email.substr(0, email.find('@'))};
        wanted.email = email;
        wanted.role = role;
        wanted.teams = std::move(teams);
        wanted.password = kPassword;
        const auto made = create_user(session(), hasher, wanted, who);
        ASSERT_TRUE(made) << made.error().detail();
    }

    [[nodiscard]] HttpResponse ask(
        std::string_view method,
        std::string_view target,
        const Client& client = {},
        std::string_view body = {},
        std::initializer_list<std::pair<std::string, std::string>> fields = {}) {
        HttpRequest request;
        request.method = method;
        request.path = std::string{target.substr(0, target.find('?'))};
        if (target.find('?') != std::string_view::npos) {
            request.query = std::string{target.substr(target.find('?') + 1)};
        }
        request.body = body;
        request.peer = "192.0.2.7";
        request.fields.assign(fields.begin(), fields.end());
        request.fields.emplace_back("host", "console.example");
        if (!body.empty()) {
            request.fields.emplace_back("content-type", "application/json");
        }
        if (!client.cookie.empty()) {
            request.fields.emplace_back("cookie", "a=b; pulse_session=" + client.cookie);
        }
        if (!client.csrf.empty()) {
            request.fields.emplace_back("x-csrf-token", client.csrf);
        }
        if (!client.bearer.empty()) {
            request.fields.emplace_back("authorization", "Bearer " + client.bearer);
        }
        return api_->answer(request);
    }

    [[nodiscard]] static boost::json::object body_of(const HttpResponse& response) {
        boost::system::error_code failed;
        const auto value = boost::json::parse(response.body, failed);
        EXPECT_TRUE(!failed && value.is_object()) << response.body;
        return value.is_object() ? value.get_object() : boost::json::object{};
    }
    [[nodiscard]] static std::string text_of(
        const boost::json::object& object, std::string_view name) {
        const auto* value = object.if_contains(name);
        return value == nullptr     ? "absent"
               : value->is_string() ? std::string{value->get_string().c_str()}
                                    : boost::json::serialize(*value);
    }
    [[nodiscard]] static std::string error_code(const HttpResponse& response) {
        const auto body = body_of(response);
        const auto* error = body.if_contains("error");
        return error == nullptr ? "none" : text_of(error->as_object(), "code");
    }
    [[nodiscard]] static std::string error_message(const HttpResponse& response) {
        const auto body = body_of(response);
        const auto* error = body.if_contains("error");
        return error == nullptr ? "none" : text_of(error->as_object(), "message");
    }
    [[nodiscard]] static std::string field_of(const HttpResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.fields) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }

    [[nodiscard]] static std::string login_body(
        std::string_view email, std::string_view password = kPassword) {
        return boost::json::serialize(
            boost::json::object{{"email", email}, {"password", password}});
    }
    [[nodiscard]] Client browser(std::string_view email, std::string_view password = kPassword) {
        const HttpResponse response =
            ask("POST", "/api/auth/login", {}, login_body(email, password));
        EXPECT_EQ(response.status, 200) << response.body;
        const std::string cookie = field_of(response, "set-cookie");
        const std::size_t begin = cookie.find('=') + 1;
        return {
            cookie.substr(begin, cookie.find(';') - begin),
            text_of(body_of(response), "csrf_token"),
            {}};
    }
    [[nodiscard]] Client program(std::string_view email) {
        const HttpResponse response = ask("POST", "/auth/login", {}, login_body(email));
        EXPECT_EQ(response.status, 200) << response.body;
        return {{}, {}, text_of(body_of(response), "token")};
    }

    pulse::tests::FakeClock clock_;
    std::unique_ptr<ConsoleApi> api_;
};

}  // namespace pulse::console::tests
