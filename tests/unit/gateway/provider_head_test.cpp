#include "gateway/exchange/provider_head.h"

#include "tests/support/head_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProviderHead : public testing::Test {
protected:
    [[nodiscard]] std::string build(
        std::initializer_list<net::Field> fields, std::string_view target = "/v1/chat/completions") {
        head_.method = "POST";
        const test::HeadFields laid_out(fields);
        head_.fields = laid_out.fields();
        provider_.fixed_head = "host: api.example.com\r\nauthorization: Bearer ours\r\n";
        std::string out;
        append_provider_head(
            out,
            {.head = head_,
             .provider = provider_,
             .target = target,
             .caller_key = "sk-pulse-secret",
             .body_size = 42});
        return out;
    }
    net::RequestHead head_;
    Provider provider_;
};

TEST_F(ProviderHead, PassesWhatSdksSend) {
    const std::string head = build(
        {{"Content-Type", "application/json"},
         {"User-Agent", "OpenAI/JS 6"},
         {"X-Stainless-Lang", "js"},
         {"OpenAI-Beta", "assistants=v2"},
         {"Idempotency-Key", "abc"},
         {"traceparent", "00-1-2-01"}});

    EXPECT_THAT(
        head, StartsWith("POST /v1/chat/completions HTTP/1.1\r\nhost: api.example.com\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(head, HasSubstr("User-Agent: OpenAI/JS 6\r\n"));
    EXPECT_THAT(head, HasSubstr("X-Stainless-Lang: js\r\n"));
    EXPECT_THAT(head, HasSubstr("OpenAI-Beta: assistants=v2\r\n"));
    EXPECT_THAT(head, HasSubstr("Idempotency-Key: abc\r\n"));
    EXPECT_THAT(head, HasSubstr("traceparent: 00-1-2-01\r\n"));
    EXPECT_THAT(head, HasSubstr("content-length: 42\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("\r\n\r\n"))) << "the credential comes behind it";
}

TEST_F(ProviderHead, NeverPassesCredentialsCookiesOrForwardingFields) {
    const std::string head = build(
        {{"Authorization", "Bearer sk-pulse-secret"},
         {"x-api-key", "sk-pulse-secret"},
         {"Cookie", "a=b"},
         {"X-Forwarded-For", "10.0.0.1"},
         {"Forwarded", "for=10.0.0.1"},
         {"OpenAI-Organization", "org-theirs"},
         {"OpenAI-Project", "proj-theirs"},
         {"x-pulse-team", "search"},
         {"Transfer-Encoding", "chunked"},
         {"Accept-Encoding", "gzip"},
         {"Host", "pulse.internal"}});

    EXPECT_THAT(head, Not(HasSubstr("sk-pulse-secret")));
    EXPECT_THAT(head, Not(HasSubstr("a=b")));
    EXPECT_THAT(head, Not(HasSubstr("10.0.0.1")));
    EXPECT_THAT(head, Not(HasSubstr("theirs")));
    EXPECT_THAT(head, Not(HasSubstr("search")));
    EXPECT_THAT(head, Not(HasSubstr("chunked")));
    EXPECT_THAT(head, Not(HasSubstr("gzip")));
    EXPECT_THAT(head, Not(HasSubstr("pulse.internal")));
}

TEST_F(ProviderHead, PassesGooglesAndAmazonsFieldsButTheirCredentials) {
    const std::string head = build(
        {{"x-goog-api-client", "genai-js"},
         {"x-goog-api-key", "AIza"},
         {"x-goog-user-project", "theirs"},
         {"x-amzn-bedrock-trace", "ENABLED"},
         {"anthropic-beta", "context-1m"},
         {"anthropic-dangerous-api-key", "hidden"}});

    EXPECT_THAT(head, HasSubstr("x-goog-api-client: genai-js\r\n"));
    EXPECT_THAT(head, HasSubstr("x-amzn-bedrock-trace: ENABLED\r\n"));
    EXPECT_THAT(head, HasSubstr("anthropic-beta: context-1m\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("AIza")));
    EXPECT_THAT(head, Not(HasSubstr("theirs")));
    EXPECT_THAT(head, Not(HasSubstr("hidden")));
}

TEST_F(ProviderHead, DropsAPassedFieldThatCarriesTheCallersKey) {
    const std::string head = build({{"User-Agent", "me/1 (sk-pulse-secret)"}});

    EXPECT_THAT(head, Not(HasSubstr("sk-pulse-secret")));
}

TEST_F(ProviderHead, DropsWhatConnectionNames) {
    const std::string head =
        build({{"Connection", "keep-alive, X-Stainless-Lang"}, {"X-Stainless-Lang", "js"}});

    EXPECT_THAT(head, Not(HasSubstr("X-Stainless-Lang")));
}

TEST_F(ProviderHead, PassesTheProvidersOwnList) {
    provider_.forward_headers = {"X-Custom"};

    const std::string head = build({{"x-custom", "1"}}, "/v1/chat/completions?a=b");

    EXPECT_THAT(head, HasSubstr("x-custom: 1\r\n"));
    EXPECT_THAT(head, StartsWith("POST /v1/chat/completions?a=b HTTP/1.1\r\n"));
}

TEST(HopsOf, CountsPulseInstances) {
    net::RequestHead head;
    EXPECT_EQ(hops_of(head), 0);

    head.fields.add({"x-pulse-hops", "2"});
    EXPECT_EQ(hops_of(head), 2);
}

}  // namespace
}  // namespace pulse::gateway
