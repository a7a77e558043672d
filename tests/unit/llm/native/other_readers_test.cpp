#include "llm/ollama/answer_reader.h"
#include "llm/replicate/answer_reader.h"
#include "llm/watsonx/answer_reader.h"
#include "llm/writer/completion_reader.h"
#include "tests/unit/llm/native/read_events.h"

#include <gtest/gtest.h>

// Formats with one small reader each.
namespace pulse::llm {
namespace {

TEST(OllamaReader, ReadsTheCountsOfTheLastLine) {
    const EventRun run = run_stream(
        read_ollama_event,
        {R"({"model":"m","message":{"role":"assistant","content":"Hi","thinking":"Hm"},"done":false})",
         R"({"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f",
             "arguments":{ "a" : 2 }}}]},"done_reason":"stop","done":true,"prompt_eval_count":11,"eval_count":12})"});

    EXPECT_EQ(run.stated(UsageField::input), 11);
    EXPECT_EQ(run.stated(UsageField::output), 12);
    EXPECT_EQ(run.reading.model, "m");
    EXPECT_EQ(run.reading.finish_reason, "stop");
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "HiHm{\"a\":2}");
    EXPECT_TRUE(run.last.is_terminator);
    EXPECT_TRUE(run.last.has_usage);
}

TEST(OllamaReader, StatesNoInputWhereThePromptWasInTheCache) {
    const EventRun run = run_whole(
        read_ollama_event, R"({"model":"m","response":"Hi","done":true,"eval_count":79})");
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_FALSE(run.reading.stated.has(UsageField::input));
    EXPECT_EQ(run.stated(UsageField::output), 79);
    EXPECT_EQ(run.reading.delivered_text, "Hi");
}

TEST(OllamaReader, ReadsErrorsAndEmbeddings) {
    const EventRun error = run_stream(read_ollama_event, {R"({"error":"model 'x' not found"})"});
    EXPECT_TRUE(error.last.has_error);
    EXPECT_EQ(error.reading.error.message, "model 'x' not found");
    EXPECT_EQ(
        run_whole(read_ollama_event, R"({"model":"m","embeddings":[[0.1]],"prompt_eval_count":9})")
            .stated(UsageField::input),
        9);
}

TEST(WatsonxReader, KeepsTheInputOfTheFirstEvent) {
    const EventRun run = run_stream(
        read_watsonx_event,
        {R"({"model_id":"google/flan-ul2","results":[{"generated_text":"","generated_token_count":0,"input_token_count":8,
             "stop_reason":"not_finished"}]})",
         R"({"results":[{"generated_text":" sky","generated_token_count":10,"input_token_count":0,"stop_reason":"not_finished"}]})",
         R"({"results":[{"generated_text":"","generated_token_count":11,"input_token_count":0,"stop_reason":"eos_token"}]})"});

    EXPECT_EQ(run.stated(UsageField::input), 8);
    EXPECT_EQ(run.stated(UsageField::output), 11);
    EXPECT_EQ(run.reading.finish_reason, "eos_token");
    EXPECT_TRUE(run.last.has_finish);
    EXPECT_EQ(run.reading.delivered_text, " sky");
}

TEST(WatsonxReader, ReadsTheFirstOfItsErrors) {
    const EventRun run = run_whole(
        read_watsonx_event,
        R"({"errors":[{"code":"model_not_supported","message":"no"},{"code":"b","message":"c"}],"status_code":404})");
    EXPECT_EQ(run.reading.error_code, "model_not_supported");
    EXPECT_EQ(run.reading.error.message, "no");
}

TEST(ReplicateReader, StatesTokensOnceAPredictionHasFinished) {
    EXPECT_FALSE(run_whole(
                     read_replicate_event,
                     R"({"id":"p","model":"m","status":"starting","error":null,"input":{}})")
                     .reading.usage_present);
    const EventRun run = run_whole(
        read_replicate_event,
        R"({"id":"p","model":"m","status":"succeeded","output":["a","b"],"error":null,
            "metrics":{"input_token_count":7,"output_token_count":2,"predict_time":0.5}})");
    EXPECT_EQ(run.stated(UsageField::input), 7);
    EXPECT_EQ(run.stated(UsageField::output), 2);
    EXPECT_EQ(run.reading.delivered_text, "ab");
    EXPECT_TRUE(run.last.has_finish);
}

TEST(ReplicateReader, TakesTheTextOfAStreamAsItStands) {
    const EventRun run = run_stream(read_replicate_event, {"not \"JSON\"", "\n{"}, "output");
    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "not \"JSON\"\n{");
    EXPECT_TRUE(run_stream(read_replicate_event, {"{}"}, "done").last.has_finish);
    EXPECT_TRUE(run_stream(read_replicate_event, {"it broke"}, "error").reading.is_error);
}

TEST(WriterReader, CountsTheTextOfAStreamWithoutUsage) {
    const EventRun run =
        run_stream(read_writer_completion_event, {R"({"value":"Sure"})", R"({"value":",\n"})"});
    EXPECT_TRUE(run.is_read);
    EXPECT_FALSE(run.reading.usage_present);
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "Sure,\n");
    EXPECT_EQ(
        run_whole(
            read_writer_completion_event,
            R"({"choices":[{"text":"A joke","log_probs":null}],"model":"palmyra-x4"})")
            .reading.model,
        "palmyra-x4");
}

TEST(OtherReaders, RefuseWhatIsNoObject) {
    for (const EventReader read : {read_ollama_event, read_watsonx_event, read_replicate_event}) {
        for (const std::string_view text : kHostileTexts) {
            EXPECT_FALSE(run_whole(read, text).is_read) << text;
        }
        for (const std::string_view text : kOddObjects) {
            EXPECT_TRUE(run_whole(read, text).is_read) << text;
            EXPECT_FALSE(run_whole(read, text).reading.usage_present) << text;
        }
    }
}

}  // namespace
}  // namespace pulse::llm
