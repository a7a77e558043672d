#include "llm/openai/request_reader.h"

#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

Result<RequestFacts> read(const std::string& text, Api api = Api::chat_completions) {
    const Padded body{text};
    auto facts = read_openai_request(api, body.view());
    if (facts.has_value()) {
        // The body goes with this function.
        facts->model = {};
        facts->end_user = {};
        facts->service_tier = {};
    }
    return facts;
}

RequestFacts facts_of(const std::string& text, Api api = Api::chat_completions) {
    auto facts = read(text, api);
    EXPECT_TRUE(facts.has_value()) << text;
    return facts.has_value() ? *facts : RequestFacts{};
}

std::string_view text_of(std::string_view body, const ByteRange& range) {
    return body.substr(range.offset, range.size);
}

TEST(RequestReader, ReadsAnOrdinaryRequest) {
    const Padded body{
        R"({"model": "gpt-4o", "messages": [{"role":"user","content":"hi"}], "stream" : true, "n":2, "max_tokens":100,
            "user":"u-1", "service_tier":"flex", "temperature": 0.5, "x":{"model":"nested","stream":1,"n":"x"}})"};

    const auto facts = read_openai_request(Api::chat_completions, body.view());

    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->api, Api::chat_completions);
    EXPECT_EQ(facts->model, "gpt-4o");
    EXPECT_EQ(text_of(body.view(), facts->model_value), R"("gpt-4o")");
    EXPECT_TRUE(facts->stream);
    EXPECT_EQ(facts->answers, 2);
    EXPECT_EQ(facts->max_output_tokens, 100);
    EXPECT_EQ(facts->end_user, "u-1");
    EXPECT_EQ(facts->service_tier, "flex");
    EXPECT_EQ(facts->object_open, 1U);
    EXPECT_FALSE(facts->object_empty);
    EXPECT_EQ(facts->usage_option, UsageOption::absent);
    EXPECT_FALSE(facts->stream_options.has_value());
}

TEST(RequestReader, DefaultsAreTheApis) {
    const RequestFacts facts = facts_of(R"({"model":"m"})");

    EXPECT_FALSE(facts.stream);
    EXPECT_EQ(facts.answers, 1);
    EXPECT_FALSE(facts.max_output_tokens.has_value());
    EXPECT_EQ(facts.prompts, 1);
    EXPECT_EQ(facts.tools, 0);
}

TEST(RequestReader, WhiteSpaceAroundTheDocumentIsAllowed) {
    const RequestFacts facts = facts_of(" \r\n\t{ \"model\" : \"m\" } \n ");

    EXPECT_EQ(facts.object_open, 5U);
}

TEST(RequestReader, NullCountsAsAbsent) {
    const RequestFacts facts = facts_of(
        R"({"model":"m","stream":null,"n":null,"best_of":null,"max_tokens":null,"max_completion_tokens":null,"user":null,
            "service_tier":null,"safety_identifier":null,"messages":null,"tools":null})");

    EXPECT_FALSE(facts.stream);
    EXPECT_EQ(facts.answers, 1);
    EXPECT_FALSE(facts.max_output_tokens.has_value());
}

TEST(RequestReader, SafetyIdentifierGoesBeforeUser) {
    const Padded first{R"({"model":"m","user":"u","safety_identifier":"s"})"};
    const Padded second{R"({"model":"m","safety_identifier":null,"user":"u"})"};

    EXPECT_EQ(read_openai_request(Api::chat_completions, first.view())->end_user, "s");
    EXPECT_EQ(read_openai_request(Api::chat_completions, second.view())->end_user, "u");
}

TEST(RequestReader, AnEscapedOrOverlongEndUserIsNotRead) {
    const Padded escaped{R"({"model":"m","user":"a\u0062"})"};
    const Padded overlong{R"({"model":"m","user":")" + std::string(600, 'u') + R"("})"};

    EXPECT_EQ(read_openai_request(Api::chat_completions, escaped.view())->end_user, "");
    EXPECT_EQ(read_openai_request(Api::chat_completions, overlong.view())->end_user, "");
}

TEST(RequestReader, ModelNamesMayHoldAnythingButEscapes) {
    const Padded body{R"({"model":"anthropic/claude:é 漢@2024"})"};

    EXPECT_EQ(
        read_openai_request(Api::chat_completions, body.view())->model,
        "anthropic/claude:é 漢@2024");
}

TEST(RequestReader, TheLargerOutputLimitCounts) {
    EXPECT_EQ(
        facts_of(R"({"model":"m","max_tokens":5,"max_completion_tokens":7})").max_output_tokens, 7);
    EXPECT_EQ(
        facts_of(R"({"model":"m","max_tokens":9,"max_completion_tokens":7})").max_output_tokens, 9);
    EXPECT_EQ(facts_of(R"({"model":"m","max_tokens":0})").max_output_tokens, 0);
}

TEST(RequestReader, AnEndlessOutputLimitIsCapped) {
    EXPECT_EQ(
        facts_of(R"({"model":"m","max_tokens":9007199254740991})").max_output_tokens,
        1'000'000'000);
}

TEST(RequestReader, AnswersAreTheLargerOfNAndBestOfInCompletions) {
    EXPECT_EQ(facts_of(R"({"model":"m","n":2,"best_of":5})", Api::completions).answers, 5);
    EXPECT_EQ(facts_of(R"({"model":"m","best_of":3,"n":4})", Api::completions).answers, 4);
    EXPECT_EQ(facts_of(R"({"model":"m","n":2,"best_of":5})", Api::chat_completions).answers, 2);
    EXPECT_EQ(facts_of(R"({"model":"m","n":2})", Api::embeddings).answers, 1);
}

struct UsageCase {
    std::string options;
    UsageOption option;
    bool is_empty;
    std::string include_usage;  ///< its text, empty when it is not there
};

class StreamOptions : public testing::TestWithParam<UsageCase> {};

TEST_P(StreamOptions, AreRead) {
    const std::string text =
        R"({"model":"m","stream":true,"stream_options" : )" + GetParam().options + R"( ,"x":1})";
    const RequestFacts facts = facts_of(text);

    EXPECT_EQ(facts.usage_option, GetParam().option);
    EXPECT_EQ(facts.stream_options_empty, GetParam().is_empty);
    ASSERT_TRUE(facts.stream_options.has_value());
    EXPECT_EQ(text_of(text, *facts.stream_options), GetParam().options);
    EXPECT_EQ(
        facts.include_usage ? text_of(text, *facts.include_usage) : "", GetParam().include_usage);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    StreamOptions,
    testing::Values(
        UsageCase{"null", UsageOption::absent, true, ""},
        UsageCase{"{}", UsageOption::absent, true, ""},
        UsageCase{"{ }", UsageOption::absent, true, ""},
        UsageCase{R"({"include_usage":true})", UsageOption::wanted, false, "true"},
        UsageCase{R"({ "include_usage" : false })", UsageOption::refused, false, "false"},
        UsageCase{R"({"include_usage":null})", UsageOption::absent, false, "null"},
        UsageCase{R"({"include_obfuscation":false})", UsageOption::absent, false, ""},
        UsageCase{
            R"({"a":{"include_usage":false},"include_usage":true,"b":[{}]})",
            UsageOption::wanted,
            false,
            "true"}));

TEST(RequestReader, StreamOptionsWithoutStreamAreReadAllTheSame) {
    const RequestFacts facts =
        facts_of(R"({"model":"m","stream":false,"stream_options":{"include_usage":true}})");

    EXPECT_FALSE(facts.stream);
    EXPECT_EQ(facts.usage_option, UsageOption::wanted);
}

struct Refused {
    std::string body;
    std::string param;
};

TEST(ReadOpenAiRequest, TakesTheEscapedSlashThatPhpWrites) {
    const Padded body{R"({"model":"a\/b"})"};

    const auto facts = read_openai_request(Api::chat_completions, body.view());

    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->model, R"(a\/b)");
    EXPECT_TRUE(facts->model_has_escaped_slash);
}

TEST(ReadOpenAiRequest, SaysThatAListOfOtherModelsIsThere) {
    const Padded listed{R"({"model":"m","models":["n"]})"};
    const Padded absent{R"({"model":"m","models":null})"};

    EXPECT_TRUE(read_openai_request(Api::chat_completions, listed.view())->names_fallback_models);
    EXPECT_FALSE(read_openai_request(Api::chat_completions, absent.view())->names_fallback_models);
}

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, NamesTheField) {
    const auto facts = read(GetParam().body);

    ASSERT_TRUE(facts.has_error()) << GetParam().body;
    EXPECT_EQ(facts.error().code(), Errc::invalid_request);
    EXPECT_EQ(facts.error().param(), GetParam().param) << facts.error().detail();
    EXPECT_FALSE(facts.error().detail().empty());
}

INSTANTIATE_TEST_SUITE_P(
    NotOneJsonObject,
    RefusedRequest,
    testing::Values(
        Refused{"", ""},
        Refused{"   ", ""},
        Refused{"null", ""},
        Refused{"\"model\"", ""},
        Refused{"[]", ""},
        Refused{R"([{"model":"m"}])", ""},
        Refused{R"({"model":"m")", ""},
        Refused{R"({"model":"m)", ""},
        Refused{R"({"model":"m","messages":[{"role":"user")", ""},
        Refused{R"({"model":"m","messages":[})", ""},
        Refused{R"({"model":"m"}})", ""},
        Refused{R"({"model":"m"} x)", ""},
        Refused{R"({"model":"m"}{"model":"n"})", ""},
        Refused{R"({"model":"m","a":1,})", ""},
        Refused{R"({"model":"m" "a":1})", ""},
        Refused{R"({"model":"m","a" 1})", ""},
        Refused{R"({model:"m"})", ""},
        Refused{R"({'model':'m'})", ""},
        Refused{R"(/* x */{"model":"m"})", ""},
        Refused{"\xEF\xBB\xBF{\"model\":\"m\"}", ""},
        Refused{"{\"model\":\"m\",\"a\":\"\xFF\"}", ""},
        Refused{"{\"model\":\"m\",\"a\":\"\xED\xA0\x80\"}", ""},
        Refused{"{\"model\":\"m\",\"a\":\"\n\"}", ""},
        Refused{std::string{"{\"model\":\"m\",\"a\":\"\0\"}", 20}, ""},
        Refused{std::string{"{\"model\":\"m\"\0}", 14}, ""},
        Refused{std::string{"{\"model\":\"m\"}\0", 14}, ""}));

INSTANTIATE_TEST_SUITE_P(
    Model,
    RefusedRequest,
    testing::Values(
        Refused{"{}", "model"},
        Refused{R"({"messages":[]})", "model"},
        Refused{R"({"x":{"model":"m"}})", "model"},
        Refused{R"({"model":""})", "model"},
        Refused{R"({"model":null})", "model"},
        Refused{R"({"model":4})", "model"},
        Refused{R"({"model":["m"]})", "model"},
        Refused{R"({"model":{"model":"m"}})", "model"},
        Refused{R"({"model":"gp\u0074"})", "model"},
        Refused{R"({"model":"a\\/b"})", "model"},
        Refused{R"({"model":")" + std::string(257, 'm') + R"("})", "model"}));

INSTANTIATE_TEST_SUITE_P(
    TwiceOrDisguised,
    RefusedRequest,
    testing::Values(
        Refused{R"({"model":"m","model":"n"})", "model"},
        Refused{R"({"model":"m","model":"m"})", "model"},
        Refused{R"({"model":"m","mod\u0065l":"n"})", "model"},
        Refused{R"({"mod\u0065l":"n"})", "model"},
        Refused{R"({"model":"m","Model":"n"})", "model"},
        Refused{R"({"model":"m","MODEL":"n"})", "model"},
        Refused{R"({"model":"m","stream":true,"stream":false})", "stream"},
        Refused{R"({"model":"m","Stream":true})", "stream"},
        Refused{"{\"model\":\"m\",\"\xC5\xBFtream\":true}", "stream"},
        Refused{R"({"model":"m","n":1,"n":9})", "n"},
        Refused{R"({"model":"m","max_tokens":1,"max_tokens":9})", "max_tokens"},
        Refused{R"({"model":"m","maxTokens":9})", "max_tokens"},
        Refused{
            R"({"model":"m","max_completion_tokens":1,"MAX_COMPLETION_TOKENS":9})",
            "max_completion_tokens"},
        Refused{R"({"model":"m","messages":[],"messages":[]})", "messages"},
        Refused{R"({"model":"m","tools":[],"Tools":[]})", "tools"},
        Refused{R"({"model":"m","user":"a","user":"b"})", "user"},
        Refused{R"({"model":"m","service_tier":"a","service_tier":"b"})", "service_tier"},
        Refused{R"({"model":"m","stream_options":{},"stream_options":{}})", "stream_options"},
        Refused{
            R"({"model":"m","stream_options":{"include_usage":true,"include_usage":false}})",
            "stream_options"},
        Refused{R"({"model":"m","stream_options":{"Include_usage":false}})", "stream_options"}));

INSTANTIATE_TEST_SUITE_P(
    WrongType,
    RefusedRequest,
    testing::Values(
        Refused{R"({"model":"m","stream":"true"})", "stream"},
        Refused{R"({"model":"m","stream":1})", "stream"},
        Refused{R"({"model":"m","stream":{}})", "stream"},
        Refused{R"({"model":"m","stream":tru})", "stream"},
        Refused{"{\"model\":\"m\",\"stream\":true\x13}", "stream"},
        Refused{"{\"model\":\"m\",\"stream_options\":null\x13}", "stream_options"},
        Refused{R"({"model":"m","stream_options":true})", "stream_options"},
        Refused{R"({"model":"m","stream_options":[]})", "stream_options"},
        Refused{
            R"({"model":"m","stream_options":{"include_usage":"yes"}})",
            "stream_options.include_usage"},
        Refused{R"({"model":"m","n":0})", "n"},
        Refused{R"({"model":"m","n":-1})", "n"},
        Refused{R"({"model":"m","n":1.5})", "n"},
        Refused{R"({"model":"m","n":"2"})", "n"},
        Refused{R"({"model":"m","n":100000})", "n"},
        Refused{R"({"model":"m","best_of":true})", "best_of"},
        Refused{R"({"model":"m","max_tokens":-1})", "max_tokens"},
        Refused{R"({"model":"m","max_tokens":10.0})", "max_tokens"},
        Refused{R"({"model":"m","max_tokens":1e3})", "max_tokens"},
        Refused{R"({"model":"m","max_tokens":"10"})", "max_tokens"},
        Refused{R"({"model":"m","max_tokens":007})", "max_tokens"},
        Refused{R"({"model":"m","max_tokens":99999999999999999999999999})", "max_tokens"},
        Refused{R"({"model":"m","max_tokens":NaN})", "max_tokens"},
        Refused{R"({"model":"m","max_completion_tokens":[1]})", "max_completion_tokens"},
        Refused{R"({"model":"m","user":7})", "user"},
        Refused{R"({"model":"m","safety_identifier":{}})", "safety_identifier"},
        Refused{R"({"model":"m","service_tier":1})", "service_tier"},
        Refused{R"({"model":"m","service_tier":"fl\u0065x"})", "service_tier"},
        Refused{R"({"model":"m","messages":"hi"})", "messages"},
        Refused{R"({"model":"m","messages":{}})", "messages"},
        Refused{R"({"model":"m","tools":{}})", "tools"}));

TEST(RequestReader, RefusesPromptsOfAWrongType) {
    EXPECT_EQ(read(R"({"model":"m","input":7})", Api::embeddings).error().param(), "input");
    EXPECT_EQ(read(R"({"model":"m","prompt":{}})", Api::completions).error().param(), "prompt");
}

TEST(RequestReader, ReadsToTheEndOfTheDocument) {
    const std::string text = R"({"model":"m","messages":[{"role":"user","content":")" +
                             std::string(200'000, 'x') + R"("}],"stream":true})";

    EXPECT_TRUE(facts_of(text).stream);
}

TEST(RequestReader, DeepNestingCostsNoStack) {
    const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');

    EXPECT_TRUE(read(R"({"model":"m","x":)" + deep + "}").has_value());
    EXPECT_TRUE(read(R"({"model":"m","messages":)" + deep + "}").has_value());
    EXPECT_TRUE(read(R"({"model":"m","x":)" + std::string(500'000, '[') + "}").has_error());
}

TEST(RequestReader, RefusesEveryTruncationOfARequest) {
    const std::string text =
        R"({"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"hi \"there\""}]}],"n":1,)"
        R"("stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function"}]})";
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_TRUE(read(text.substr(0, size)).has_error()) << size;
    }
    EXPECT_TRUE(read(text).has_value());
}

}  // namespace
}  // namespace pulse::llm
