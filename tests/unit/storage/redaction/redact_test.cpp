#include "storage/redaction/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace pulse::storage {
namespace {

TEST(Redaction, TakesOutWhatHasAForm) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"my key is sk-proj-abcdefGHIJ0123456789.", "my key is [api-key]."},
        {R"({"k":"sk-pulse-0123456789012345678901234567890123456789"})", R"({"k":"[api-key]"})"},
        {R"(line\nsk-ant-api03-AAAABBBBCCCCDDDD end)", R"(line\n[api-key] end)"},
        {"AIzaSyA1234567890abcdefghijklmnopqrstuv", "[api-key]"},
        {"ghp_0123456789abcdef0123456789abcdef0123", "[api-key]"},
        {"Authorization: Bearer eyJhbGciOi.J9.abcdefghijk", "Authorization: Bearer [api-key]"},
        {"bearer 0123456789abcdef!", "bearer [api-key]!"},
        {"id AKIAIOSFODNN7EXAMPLE,", "id [api-key],"},
        {"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
         "aws_secret_access_key = [api-key]"},
        {R"("SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")",
         R"("SecretAccessKey":"[api-key]")"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest",
         "[private-key]\nrest"},
        {R"(-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nrest)",
         R"([private-key]\nrest)"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "[private-key]"},
        {"write to ada.lovelace+x@mail.example.co.uk.", "write to [email]."},
        {R"({"to":"a@b.io"})", R"({"to":"[email]"})"},
        {"card 4111 1111 1111 1111 please", "card [card] please"},
        {"5500-0000-0000-0004", "[card]"},
        {"378282246310005", "[card]"},
        {"DE89370400440532013000", "[iban]"},
        {"pay to GB29 NWBK 6016 1331 9268 19 today", "pay to [iban] today"},
        {"NO9386011117947", "[iban]"},
        {"a@b.io and DE89370400440532013000", "[email] and [iban]"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(redacted(text), expected);
    }
}

TEST(Redaction, LeavesWhatOnlyLooksLikeIt) {
    const std::string_view cases[] = {
        "",
        "the task-force and the risk-averse",
        "sk-short",
        "Bearer of bad news",
        "AKIAIOSFODNN7EXAMPLEX is too long",
        "4111 1111 1111 1112",            // a wrong sum
        "0000 0000 0000 0000",            // one digit
        "12345678901234567890123456789",  // too long for a card
        "DE89370400440532013001",         // wrong check digits
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "user@localhost",
        "@everyone",
        "a@",
        "in 2026, at 10:15, 3.14 and 1e-9",
    };
    for (const std::string_view text : cases) {
        EXPECT_EQ(redacted(text), text);
    }
}

TEST(Redaction, ChecksDigitsAsTheStandardsSay) {
    EXPECT_TRUE(detail::has_right_luhn_sum("79927398713"));
    EXPECT_FALSE(detail::has_right_luhn_sum("79927398710"));
    EXPECT_TRUE(detail::has_right_iban_digits("GB82WEST12345698765432"));
    EXPECT_FALSE(detail::has_right_iban_digits("GB82WEST12345698765431"));
}

TEST(Redaction, TakesTimeThatGrowsWithTheTextOnly) {
    for (const std::string_view part : {"a.", "4 ", "DE1", "sk-", "x@", "-----BEGIN ", "bearer "}) {
        std::string text;
        while (text.size() < 1'000'000) {
            text.append(part);
        }
        EXPECT_LE(redacted(text).size(), text.size() + 16) << part;
    }
}

TEST(StoredText, IsValidUtf8WithoutNul) {
    EXPECT_EQ(stored_text("grün 😀"), "grün 😀");
    EXPECT_EQ(
        stored_text(std::string_view{"a\0b", 3}),
        "a\xef\xbf\xbd"
        "b");
    EXPECT_EQ(stored_text("cut \xf0\x9f\x98"), "cut \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(
        stored_text("\xc0\xaf\xed\xa0\x80"),
        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace pulse::storage
