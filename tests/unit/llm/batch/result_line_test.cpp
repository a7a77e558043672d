#include "llm/batch/result_line.h"

#include "llm/answer_meter.h"
#include "tests/unit/llm/native/read_events.h"
#include "tests/unit/llm/native/recorded_answers.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

std::int64_t billed_output(std::string_view provider, Api api, std::string_view body) {
    const Padded padded{body};
    return read_answer(
               {.provider_kind = provider, .api = api, .content_type = {}, .model = {}},
               {},
               padded.view())
        .usage.output_total;
}

TEST(BatchResultLine, FindsTheAnswerOfOpenAi) {
    const Padded json{
        R"({"id":"batch_req_1","custom_id":"a","response":{"status_code":200,"request_id":"r","body":{"object":"chat.completion",
            "choices":[],"usage":{"prompt_tokens":1,"completion_tokens":7,"total_tokens":8}}},"error":null})"};
    const auto line = read_batch_result_line(json.view());
    ASSERT_TRUE(line);
    EXPECT_EQ(line->custom_id, "a");
    EXPECT_EQ(line->status, 200);
    EXPECT_EQ(billed_output("openai", Api::chat_completions, line->body), 7);
}

TEST(BatchResultLine, FindsTheAnswerOfGemini) {
    const Padded json{
        R"({"key":"k1","response":{"candidates":[],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"thoughtsTokenCount":3}}})"};
    const auto line = read_batch_result_line(json.view());
    ASSERT_TRUE(line);
    EXPECT_EQ(line->custom_id, "k1");
    EXPECT_EQ(billed_output("gemini", Api::generate_content, line->body), 5);
}

TEST(BatchResultLine, SaysWhyThereIsNoAnswer) {
    const Padded refused{
        R"({"custom_id":"a","response":{"status_code":400,"body":{"error":{"message":"no","type":"invalid_request_error"}}},"error":null})"};
    EXPECT_EQ(read_batch_result_line(refused.view())->status, 400);

    const Padded expired{
        R"({"custom_id":"a","response":null,"error":{"code":"batch_expired","message":"late"}})"};
    const auto line = read_batch_result_line(expired.view());
    ASSERT_TRUE(line);
    EXPECT_EQ(line->status, 500);
    EXPECT_TRUE(line->body.empty());
    EXPECT_EQ(line->error.code.text, "batch_expired");

    const Padded errored{
        R"({"custom_id":"a","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error","message":"no"}}}})"};
    EXPECT_EQ(read_batch_result_line(errored.view())->error.message, "no");
    const Padded canceled{R"({"custom_id":"a","result":{"type":"canceled"}})"};
    EXPECT_EQ(read_batch_result_line(canceled.view())->error.type, "canceled");
}

TEST(BatchResultLine, ReadsRecordedResultsOfAnthropic) {
    const auto exchanges = native_exchanges("anthropic__messages.batches__n__200__eea94a49f5");
    if (exchanges.empty()) {
        GTEST_SKIP() << "no recorded exchanges in " << PULSE_FIXTURES_DIR;
    }
    int count = 0;
    std::string_view rest = exchanges[0].body;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const Padded json{rest.substr(0, end)};
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto line = read_batch_result_line(json.view());
        ASSERT_TRUE(line);
        EXPECT_GT(billed_output("anthropic", Api::messages, line->body), 0);
        ++count;
    }
    EXPECT_EQ(count, 1);
}

TEST(BatchResultLine, IsNoneWithoutANameOrAnOutcome) {
    for (const std::string_view text : kHostileTexts) {
        EXPECT_FALSE(read_batch_result_line(Padded{text}.view())) << text;
    }
    for (const std::string_view text :
         {R"({"response":{"body":{}}})",
          R"({"custom_id":"a"})",
          R"({"custom_id":"a","response":7,"result":[],"error":null})"}) {
        EXPECT_FALSE(read_batch_result_line(Padded{text}.view())) << text;
    }
}

}  // namespace
}  // namespace pulse::llm
