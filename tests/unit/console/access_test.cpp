#include "base/hex.h"
#include "console/access/accounts.h"
#include "console/access/jwt.h"
#include "console/access/login_throttle.h"
#include "console/access/password.h"
#include "console/access/secret_text.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

namespace pulse::console {
namespace {

using namespace std::chrono_literals;

constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 8192};

TEST(Password, IsKnownByItsHashAlone) {
    PasswordHasher hasher{kCheap};
    const std::string hash = hasher.hash("correct horse").value();

    EXPECT_TRUE(hash.starts_with("$argon2id$"));
    EXPECT_EQ(hash.find("horse"), std::string::npos);
    EXPECT_TRUE(hasher.verify(hash, "correct horse").value());
    EXPECT_FALSE(hasher.verify(hash, "correct horsf").value());
    EXPECT_FALSE(hasher.verify("", "correct horse").value());
    EXPECT_FALSE(hasher.verify("no hash at all", "correct horse").value());
}

TEST(Password, HasARule) {
    EXPECT_FALSE(check_password_rules("123456789"));
    EXPECT_TRUE(check_password_rules("1234567890"));
    EXPECT_TRUE(check_password_rules(std::string(1024, 'x')));
    EXPECT_FALSE(check_password_rules(std::string(1025, 'x')));
    EXPECT_FALSE(check_password_rules(std::string_view{"0123456789\0x", 12}));
}

TEST(Password, IsGeneratedLongAndNeverTwice) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string password = generate_password();
        EXPECT_GE(password.size(), 20U);
        EXPECT_TRUE(check_password_rules(password));
        EXPECT_TRUE(seen.insert(password).second);
    }
}

TEST(Password, HashesWaitForAPlaceAndSayWhenNoneComes) {
    // One place, taken by a hash that is slower than the others' patience.
    PasswordHasher hasher{
        {.operations = 12, .memory_bytes = std::size_t{64} << 20, .at_once = 1, .patience = 1ms}};
    std::atomic<int> refused{0};
    std::atomic<int> done{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                const auto hash = hasher.hash("a password");
                (hash ? done : refused)++;
                EXPECT_TRUE(hash || hash.error().code() == Errc::overloaded);
            });
        }
    }

    EXPECT_GE(done, 1);
    EXPECT_GE(refused, 1);
}

TEST(Password, NobodyWaitsBehindTooMany) {
    PasswordHasher hasher{
        {.operations = 12, .memory_bytes = std::size_t{64} << 20, .at_once = 1, .waiting_max = 0}};
    std::atomic<int> refused{0};
    std::atomic<int> done{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { (hasher.hash("a password") ? done : refused)++; });
        }
    }

    EXPECT_GE(done, 1);
    EXPECT_GE(refused, 1);
}

TEST(LoginThrottle, DoublesTheWaitOfAnAccountUpToItsBound) {
    LoginThrottle throttle;
    SteadyTime now{};
    for (int i = 0; i < 5; ++i) {
        ASSERT_FALSE(throttle.begin("ada", "192.0.2.1", now)) << i;
    }

    EXPECT_EQ(throttle.begin("ada", "192.0.2.2", now), 1s);
    now += 1s;
    EXPECT_FALSE(throttle.begin("ada", "192.0.2.3", now));
    EXPECT_EQ(throttle.begin("ada", "192.0.2.4", now), 2s);
    for (int i = 0; i < 20; ++i) {
        now += 60s;
        EXPECT_FALSE(throttle.begin("ada", "192.0.2.5" + std::to_string(i), now));
    }
    EXPECT_EQ(throttle.begin("ada", "192.0.2.6", now), 60s);
    EXPECT_FALSE(throttle.begin("bob", "192.0.2.7", now));
}

TEST(LoginThrottle, CountsAnAddressOverAllItsAccounts) {
    LoginThrottle throttle;
    const SteadyTime now{};
    for (int i = 0; i < 5; ++i) {
        ASSERT_FALSE(throttle.begin("user" + std::to_string(i), "2001:db8:1:2::1", now));
    }

    EXPECT_TRUE(throttle.begin("ada", "2001:db8:1:2:ffff::9", now)) << "the same /64";
    EXPECT_FALSE(throttle.begin("ada", "2001:db8:1:3::1", now));
}

TEST(LoginThrottle, ARightPasswordEndsTheAccountsWaitAndNotTheAddresss) {
    LoginThrottle throttle;
    SteadyTime now{};
    for (int i = 0; i < 5; ++i) {
        ASSERT_FALSE(throttle.begin("victim" + std::to_string(i), "192.0.2.1", now));
    }
    now += 1s;
    ASSERT_FALSE(throttle.begin("own", "192.0.2.1", now));
    throttle.succeeded("own", "192.0.2.1");

    EXPECT_FALSE(throttle.begin("victim9", "192.0.2.1", now));
    EXPECT_TRUE(throttle.begin("victim9", "192.0.2.1", now));
}

TEST(LoginThrottle, ForgetsTheOldestWhenItIsFull) {
    LoginThrottle throttle{{.free_tries = 1, .entries_max = 4}};
    SteadyTime now{};
    ASSERT_FALSE(throttle.begin("first", "192.0.2.1", now));
    for (int i = 2; i < 50; ++i) {
        now += 1us;
        ASSERT_FALSE(
            throttle.begin("user" + std::to_string(i), "192.0.2." + std::to_string(i), now));
    }

    EXPECT_FALSE(throttle.begin("first", "192.0.2.1", now));
}

[[nodiscard]] JwtClaims sample_claims() {
    return {"id-1", "ada", "default", "admin", TimePoint{1'000s}, TimePoint{2'000s}};
}

TEST(Jwt, SaysWhatWasSigned) {
    const std::string token = sign_jwt(sample_claims(), "secret");

    const auto claims = verify_jwt(token, "secret", TimePoint{1'500s});

    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->id, "id-1");
    EXPECT_EQ(claims->subject, "ada");
    EXPECT_EQ(claims->role, "admin");
    EXPECT_EQ(claims->expires_at, TimePoint{2'000s});
}

TEST(SecretText, HmacIsTheStandards) {
    // RFC 4231 §4.3, test case 2.
    EXPECT_EQ(
        to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(base64url("\xfb\xff~"), "-_9-");
}

TEST(Jwt, RefusesAnotherSecretATurnedBitTheEndOfTimeAndOtherAlgorithms) {
    const std::string token = sign_jwt(sample_claims(), "secret");
    const TimePoint now{1'500s};

    EXPECT_FALSE(verify_jwt(token, "another", now));
    EXPECT_FALSE(verify_jwt(token, "secret", TimePoint{2'000s}));
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verify_jwt(changed, "secret", now)) << i;
    }
    const std::string payload = token.substr(token.find('.'), token.rfind('.') - token.find('.'));
    const std::string none = base64url(R"({"alg":"none","typ":"JWT"})") + payload;
    EXPECT_FALSE(verify_jwt(none + ".", "secret", now));
    EXPECT_FALSE(verify_jwt(none + "." + base64url(hmac_sha256("secret", none)), "secret", now));
    for (const char* text : {"", ".", "..", "a.b.c", "a.b", "a.b.c.d"}) {
        EXPECT_FALSE(verify_jwt(text, "secret", now)) << text;
    }
}

TEST(SecretText, ACsrfTokenBelongsToOneCookieAndOneInstallation) {
    EXPECT_EQ(csrf_token("s", "cookie"), csrf_token("s", "cookie"));
    EXPECT_NE(csrf_token("s", "cookie"), csrf_token("s", "other"));
    EXPECT_NE(csrf_token("s", "cookie"), csrf_token("t", "cookie"));
}

TEST(SecretText, PersonalTokensAreLongAndNeverTwice) {
    EXPECT_EQ(make_personal_token().size(), 10U + 43U);
    EXPECT_NE(make_personal_token(), make_personal_token());
    EXPECT_EQ(make_installation_secret().size(), 64U);
}

TEST(Email, IsTakenInLowerCase) {
    EXPECT_EQ(normalized_email("Ada@Example.COM"), "ada@example.com");
    EXPECT_EQ(normalized_email("admin@localhost"), "admin@localhost");
    for (const char* text : {"", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a\t@b", "ä@b"}) {
        EXPECT_FALSE(normalized_email(text)) << text;
    }
    EXPECT_FALSE(normalized_email(std::string(250, 'a') + "@b.cd"));
}

}  // namespace
}  // namespace pulse::console
