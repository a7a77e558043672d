#include "llm/objects/batch_output.h"
#include "llm/objects/deferred_object.h"
#include "llm/objects/object_references.h"
#include "tests/unit/llm/native/recorded_answers.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace pulse::llm {
namespace {

using enum DeferredShape;

/// The body of a recorded answer; empty when the recordings are not there.
[[nodiscard]] std::string recorded(std::string_view name) {
    const std::vector<NativeExchange> found = native_exchanges(name);
    return found.empty() ? std::string{} : found.front().body;
}
[[nodiscard]] bool has_recordings() {
    return !native_exchanges("openai__batches__").empty();
}

[[nodiscard]] DeferredObject object_of(DeferredShape shape, std::string_view body) {
    const auto object = read_deferred_object(shape, body);
    EXPECT_TRUE(object) << body;
    return object.value_or(DeferredObject{});
}

TEST(DeferredObject, SaysWhetherRecordedBatchesAreDone) {
    if (!has_recordings()) {
        GTEST_SKIP() << "the recorded exchanges are not here";
    }
    const DeferredObject done =
        object_of(openai_batch, recorded("openai__batches__n__200__b3ab8a35e7"));
    EXPECT_TRUE(done.is_done);
    EXPECT_FALSE(done.has_failed);
    EXPECT_EQ(done.output_file, "file-4SnbT9qu8ShH2A1wCvTHNp");
    EXPECT_EQ(done.item_api, Api::responses);
    EXPECT_EQ(done.model, "gpt-5-nano-2025-08-07");
    EXPECT_EQ(
        object_of(openai_batch, recorded("openai__batches__n__200__40d84b26c8")).item_api,
        Api::embeddings);
    EXPECT_FALSE(object_of(openai_batch, recorded("openai__batches__n__200__93d03e1044")).is_done);

    const DeferredObject ended =
        object_of(anthropic_batch, recorded("anthropic__messages.batches__n__200__9f0c1eb326"));
    EXPECT_TRUE(ended.is_done && ended.has_results);

    const DeferredObject running =
        object_of(gemini_batch, recorded("gemini__batches__n__200__1d7cc73725"));
    EXPECT_EQ(running.status, "BATCH_STATE_RUNNING");
    EXPECT_EQ(running.model, "gemini-2.5-flash");
    EXPECT_FALSE(running.is_done);

    EXPECT_FALSE(object_of(xai_batch, recorded("xai__batches__n__200__43b5dfedc8")).is_done)
        << "it has no requests yet";
}

TEST(DeferredObject, SaysWhetherRecordedResponsesAreDone) {
    if (!has_recordings()) {
        GTEST_SKIP() << "the recorded exchanges are not here";
    }
    EXPECT_FALSE(
        object_of(background, recorded("openai__responses.retrieve__n__200__0fc23024dc")).is_done);
    EXPECT_FALSE(
        object_of(background, recorded("openai__responses.retrieve__n__200__d5710ab6a3")).is_done);
    EXPECT_TRUE(
        object_of(background, recorded("openai__responses.retrieve__n__200__32ffe5ed43")).is_done);
    EXPECT_FALSE(
        object_of(background, recorded("gemini__interactions__n__200__59fdeade75")).is_done);
    EXPECT_TRUE(object_of(background, recorded("gemini__interactions__n__200__a4cecfbdae")).is_done)
        << "incomplete is billed";
}

struct EndCase {
    DeferredShape shape;
    const char* body;
    bool is_done;
    bool has_failed;
};

TEST(DeferredObject, KnowsTheWordsOfEveryEnd) {
    constexpr EndCase kCases[] = {
        {openai_batch, R"({"id":"b","status":"in_progress"})", false, false},
        {openai_batch, R"({"id":"b","status":"cancelling"})", false, false},
        {openai_batch, R"({"id":"b","status":"expired","output_file_id":"f"})", true, true},
        {openai_batch, R"({"id":"b","status":"failed","errors":{"data":[]}})", true, true},
        {openai_batch, R"({"id":"b","status":"COMPLETED"})", true, false},
        {openai_batch,
         R"({"id":"b","status":"completed","metadata":{"status":"failed"}})",
         true,
         false},
        {anthropic_batch,
         R"({"id":"b","processing_status":"canceling","results_url":null})",
         false,
         false},
        {anthropic_batch,
         R"({"id":"b","processing_status":"ended","results_url":null})",
         true,
         false},
        {gemini_batch,
         R"({"name":"batches/b","metadata":{"state":"BATCH_STATE_FAILED"},"done":true})",
         true,
         true},
        {gemini_batch, R"({"name":"batches/b","done":true,"error":{"code":13}})", true, true},
        {gemini_batch,
         R"({"name":"batches/b","done":true,"metadata":{"state":"JOB_STATE_SUCCEEDED"},"response":{"responsesFile":"files/o"}})",
         true,
         false},
        {xai_batch, R"({"batch_id":"b","state":{"num_requests":3,"num_pending":1}})", false, false},
        {xai_batch,
         R"({"batch_id":"b","cancel_time":null,"state":{"num_requests":3,"num_pending":0}})",
         true,
         false},
        {background, R"({"id":"r","status":"queued"})", false, false},
        {background, R"({"id":"r","status":"cancelled"})", true, true},
        {background, R"({"id":"r","status":"incomplete"})", true, false},
        {background,
         R"({"id":"r","metadata":{"status":"completed"},"status":"in_progress"})",
         false,
         false},
    };
    for (const EndCase& end : kCases) {
        const DeferredObject object = object_of(end.shape, end.body);
        EXPECT_EQ(object.is_done, end.is_done) << end.body;
        EXPECT_EQ(object.has_failed, end.has_failed) << end.body;
    }
    EXPECT_EQ(object_of(gemini_batch, kCases[10].body).output_file, "files/o");
}

TEST(DeferredObject, IsNothingWhereTheAnswerIsNone) {
    EXPECT_FALSE(read_deferred_object(openai_batch, "<html>later</html>"));
    EXPECT_FALSE(read_deferred_object(openai_batch, R"({"error":{"message":"overloaded"}})"));
    EXPECT_FALSE(read_deferred_object(background, R"({"status":"comp)"));
    EXPECT_FALSE(read_deferred_object(background, ""));
}

[[nodiscard]] std::string openai_line(
    std::string_view id, std::string_view model, int input, int cached, int output) {
    return R"({"id":"batch_req_)" + std::string(id) + R"(","custom_id":")" + std::string(id) +
           R"(","response":{"status_code":200,"request_id":"r","body":{"id":"c","object":"chat.completion","model":")" +
           std::string(model) +
           R"(","choices":[{"index":0,"message":{"role":"assistant","content":"hi\n"},"finish_reason":"stop"}],"usage":{"prompt_tokens":)" +
           std::to_string(input) + R"(,"completion_tokens":)" + std::to_string(output) +
           R"(,"total_tokens":)" + std::to_string(input + output) +
           R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(cached) +
           R"(}}}},"error":null})" + "\n";
}

constexpr const char* kRefusedLine =
    R"({"custom_id":"x","response":{"status_code":400,"body":{"error":{"message":"no","type":"invalid_request_error"}}},"error":null})"
    "\n";
constexpr const char* kExpiredLine =
    R"({"custom_id":"y","response":null,"error":{"code":"batch_expired","message":"late"}})"
    "\n";

TEST(BatchOutput, AddsUpWhatEachModelUsed) {
    const std::string file = openai_line("1", "gpt-a", 100, 40, 7) +
                             openai_line("2", "gpt-b", 10, 0, 1) + kRefusedLine +
                             openai_line("3", "gpt-a", 5, 0, 2) + kExpiredLine;
    BatchOutput output{
        {.shape = openai_batch,
         .provider_kind = "openai",
         .item_api = Api::chat_completions,
         .model = {}}};

    output.feed(file);
    output.feed_end();

    EXPECT_EQ(output.answered(), 3);
    EXPECT_EQ(output.failed(), 2);
    EXPECT_EQ(output.unreadable(), 0);
    ASSERT_EQ(output.models().size(), 2U);
    EXPECT_EQ(output.models()[0].model, "gpt-a");
    EXPECT_EQ(output.models()[0].answers, 2);
    EXPECT_EQ(output.models()[0].usage.input_uncached, 65);
    EXPECT_EQ(output.models()[0].usage.cached_read, 40);
    EXPECT_EQ(output.models()[0].usage.output_total, 9);
    EXPECT_FALSE(output.models()[0].is_guess);
    EXPECT_EQ(output.models()[1].usage.input_uncached, 10);
    EXPECT_FALSE(output.stated_cost());
}

TEST(BatchOutput, ReadsTheSameHoweverTheFileIsSplit) {
    const std::string file = openai_line("1", "gpt-a", 100, 40, 7) + "\r\n" + kRefusedLine +
                             "no json\n" +
                             openai_line("2", "gpt-b", 10, 0, 1).substr(0, 330);  // torn
    std::mt19937 random{7};
    for (int round = 0; round < 100; ++round) {
        BatchOutput output{
            {.shape = openai_batch, .provider_kind = "openai", .item_api = Api::none, .model = {}}};
        for (std::size_t at = 0; at < file.size();) {
            const std::size_t size = 1 + random() % 90;
            output.feed(std::string_view{file}.substr(at, size));
            at += size;
        }
        output.feed_end();

        ASSERT_EQ(output.answered(), 1);
        ASSERT_EQ(output.failed(), 1);
        ASSERT_EQ(output.unreadable(), 2);
        ASSERT_EQ(output.models().at(0).usage.input_uncached, 60);
    }
}

TEST(BatchOutput, TakesALastLineWithoutItsEnd) {
    std::string line = openai_line("1", "gpt-a", 3, 0, 4);
    line.pop_back();
    BatchOutput output{
        {.shape = openai_batch, .provider_kind = "openai", .item_api = Api::none, .model = {}}};

    output.feed(line);
    output.feed_end();
    output.feed_end();

    EXPECT_EQ(output.answered(), 1);
}

TEST(BatchOutput, SaysThatAnAnswerWithoutUsageIsAGuess) {
    BatchOutput output{
        {.shape = openai_batch,
         .provider_kind = "openai",
         .item_api = Api::none,
         .model = "gpt-m"}};

    output.feed(
        R"({"custom_id":"1","response":{"status_code":200,"body":{"object":"chat.completion","choices":[]}},"error":null})"
        "\n");

    ASSERT_EQ(output.models().size(), 1U);
    EXPECT_EQ(output.models()[0].model, "gpt-m");
    EXPECT_TRUE(output.models()[0].is_guess);
}

TEST(BatchOutput, BoundsTheNumberOfModels) {
    BatchOutput output{
        {.shape = openai_batch, .provider_kind = "openai", .item_api = Api::none, .model = {}}};

    for (int i = 0; i < 400; ++i) {
        output.feed(openai_line("1", "gpt-" + std::to_string(i), 1, 0, 1));
    }

    EXPECT_EQ(output.models().size(), BatchOutput::kModelsMax);
    EXPECT_EQ(output.models().back().model, "");
    EXPECT_EQ(output.models().back().answers, 400 - 255);
}

TEST(BatchOutput, ReadsRecordedResultsOfAnthropic) {
    const std::string results = recorded("anthropic__messages.batches__n__200__eea94a49f5");
    if (results.empty()) {
        GTEST_SKIP() << "the recorded exchanges are not here";
    }
    BatchOutput output{
        {.shape = anthropic_batch,
         .provider_kind = "anthropic",
         .item_api = Api::messages,
         .model = {}}};

    output.feed(results);
    output.feed(
        R"({"custom_id":"1","result":{"type":"errored","error":{"type":"error","error":{"type":"api_error","message":"no"}}}})"
        "\n");
    output.feed(R"({"custom_id":"2","result":{"type":"expired"}})");
    output.feed_end();

    EXPECT_EQ(output.answered(), 1);
    EXPECT_EQ(output.failed(), 2);
    ASSERT_EQ(output.models().size(), 1U);
    EXPECT_EQ(output.models()[0].model, "claude-haiku-4-5-20251001");
    EXPECT_EQ(output.models()[0].usage.input_uncached, 20);
    EXPECT_EQ(output.models()[0].usage.output_total, 5);
}

TEST(BatchOutput, ReadsRecordedPagesOfXai) {
    const std::string page = recorded("xai__batches__n__200__c3f1200ee5");
    if (page.empty()) {
        GTEST_SKIP() << "the recorded exchanges are not here";
    }
    BatchOutput output{
        {.shape = xai_batch,
         .provider_kind = "xai",
         .item_api = Api::chat_completions,
         .model = {}}};

    const auto next = output.read_page(page);

    EXPECT_EQ(next, "");
    EXPECT_EQ(output.answered(), 2);
    ASSERT_EQ(output.models().size(), 1U);
    EXPECT_EQ(output.models()[0].model, "grok-4.3");
    EXPECT_EQ(output.models()[0].usage.cached_read, 192 + 128);
    EXPECT_EQ(output.models()[0].usage.output_total, 1 + 82 + 2 + 62);
    // 2087200 + 2244800 ticks of 10⁻¹⁰ USD.
    EXPECT_EQ(output.stated_cost()->to_string(), "0.0004332");
}

TEST(BatchOutput, ReadsGeminisAnswersWithinTheObjectOnce) {
    const std::string answers =
        R"({"inlinedResponses":{"inlinedResponses":[
            {"response":{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"modelVersion":"gemini-2.5-flash",
              "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}},"metadata":{"key":"1"}},
            {"error":{"code":3,"message":"no"}}]}})";
    const std::string body =
        R"({"name":"batches/b","metadata":{"state":"BATCH_STATE_SUCCEEDED","output":)" + answers +
        R"(},"done":true,"response":)" + answers + "}";
    BatchOutput output{
        {.shape = gemini_batch,
         .provider_kind = "gemini",
         .item_api = Api::generate_content,
         .model = "m"}};

    EXPECT_EQ(output.read_page(body), "");

    EXPECT_EQ(output.answered(), 1);
    EXPECT_EQ(output.failed(), 1);
    ASSERT_EQ(output.models().size(), 1U);
    EXPECT_EQ(output.models()[0].model, "gemini-2.5-flash");
    EXPECT_EQ(output.models()[0].usage.input_uncached, 3);
    EXPECT_FALSE(output.read_page("{\"results\":["));
}

TEST(CreatedObject, IsXaisBatchAndNotTheNameThatItsCallerGaveIt) {
    EXPECT_EQ(
        created_object(R"({"batch_id":"batch_1","name":"batch_of_somebody_else"})"), "batch_1");
    EXPECT_EQ(
        created_object(R"({"name":"batch_of_somebody_else","batch_id":"batch_1"})"), "batch_1");
}

TEST(ListedObjects, AreXaisBatchesByTheirIds) {
    const std::string body =
        R"({"batches":[{"batch_id":"batch_1","name":"batch_2"},{"name":"batch_3","batch_id":"batch_4"}]})";

    EXPECT_EQ(listed_objects(body), (std::vector<std::string>{"batch_1", "batch_4"}));
}

}  // namespace
}  // namespace pulse::llm
