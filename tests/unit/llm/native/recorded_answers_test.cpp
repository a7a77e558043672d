#include "tests/unit/llm/native/recorded_answers.h"

#include "llm/anthropic/answer_reader.h"
#include "llm/bedrock/answer_reader.h"
#include "llm/cohere/answer_reader.h"
#include "llm/gemini/answer_reader.h"
#include "llm/ollama/answer_reader.h"
#include "llm/replicate/answer_reader.h"
#include "llm/watsonx/answer_reader.h"

#include <gtest/gtest.h>

#include <string_view>

// The readers of native formats against recorded traffic, each alone: what the meter makes of them
// is the golden tests'.
namespace pulse::llm {
namespace {

constexpr std::size_t kWhole = static_cast<std::size_t>(-1);

// A JSON error under `text/event-stream`: the recording's reader looked for events, found none, and
// took the body's beginning for the message. Ours reads type, code and message.
constexpr std::string_view kErrorUnderEventStream =
    "gemini__streamGenerateContent__s__400__62c5545599";

int check(std::string_view prefix, EventReader read) {
    int count = 0;
    for (NativeExchange exchange : native_exchanges(prefix)) {
        if (exchange.name == kErrorUnderEventStream) {
            exchange.expected["error"] = {
                {"type", "INVALID_ARGUMENT"},
                {"code", 400},
                {"message", "API key not valid. Please pass a valid API key."}};
        }
        SCOPED_TRACE(exchange.name);
        MeterReading reading = read_events(exchange, read, kWhole);
        BedrockHead bedrock_head;
        for (const auto& [name, value] : exchange.head) {
            read_gemini_head_field(name, value, reading);
            bedrock_head.on_field(name, value);
        }
        bedrock_head.complete(reading);
        expect_as_recorded(exchange, reading);
        const MeterReading split = read_events(exchange, read, 7);
        EXPECT_TRUE(split.stated == reading.stated || !split.usage_present);
        EXPECT_EQ(split.delivered_text, reading.delivered_text);
        ++count;
    }
    return count;
}

#define EXPECT_RECORDED(prefix, read)                                      \
    if (check(prefix, read) == 0) {                                        \
        GTEST_SKIP() << "no recorded exchanges in " << PULSE_FIXTURES_DIR; \
    }

TEST(RecordedNativeAnswers, OfAnthropic) {
    EXPECT_RECORDED("anthropic__messages__", read_anthropic_event);
    EXPECT_RECORDED("anthropic__messages.count_tokens__", read_anthropic_event);
    EXPECT_RECORDED("anthropic__messages.batches__n__200__9", read_anthropic_event);
    EXPECT_RECORDED("anthropic__files__", read_anthropic_event);
    EXPECT_RECORDED("vertex__rawPredict__", read_anthropic_event);
    EXPECT_RECORDED("vertex__streamRawPredict__", read_anthropic_event);
}

TEST(RecordedNativeAnswers, OfGemini) {
    for (const char* prefix :
         {"gemini__batches__",
          "gemini__cachedContents__",
          "gemini__countTokens__",
          "gemini__embedContent__",
          "gemini__files__",
          "gemini__generateContent__",
          "gemini__models__",
          "gemini__predict__",
          "gemini__streamGenerateContent__",
          "vertex__cachedContents__",
          "vertex__countTokens__",
          "vertex__generateContent__",
          "vertex__predict__",
          "vertex__streamGenerateContent__"}) {
        EXPECT_RECORDED(prefix, read_gemini_event);
    }
    EXPECT_RECORDED("gemini__interactions__", read_gemini_interaction_event);
}

TEST(RecordedNativeAnswers, OfBedrock) {
    EXPECT_RECORDED("bedrock__bedrock.converse", read_bedrock_converse_event);
    EXPECT_RECORDED("bedrock__bedrock.count_tokens__", read_bedrock_converse_event);
    EXPECT_RECORDED("bedrock__bedrock.invoke", read_bedrock_invoke_event);
}

TEST(RecordedNativeAnswers, OfCohere) {
    for (const char* prefix :
         {"cohere__chat__",
          "cohere__generate__",
          "cohere__embeddings__",
          "cohere__rerank__",
          "cohere__count_tokens__"}) {
        EXPECT_RECORDED(prefix, read_cohere_event);
    }
}

TEST(RecordedNativeAnswers, OfOllamaWatsonxAndReplicate) {
    EXPECT_RECORDED("ollama__ollama.", read_ollama_event);
    EXPECT_RECORDED("ollama__embeddings__", read_ollama_event);
    EXPECT_RECORDED("watsonx__", read_watsonx_event);
    EXPECT_RECORDED("replicate__models__s__201__", read_replicate_event);
}

}  // namespace
}  // namespace pulse::llm
