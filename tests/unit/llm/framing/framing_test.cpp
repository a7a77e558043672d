#include "llm/framing/framing.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

TEST(Framing, IsThatOfTheContentType) {
    EXPECT_EQ(framing_of("text/event-stream", Api::chat_completions, false), Framing::sse);
    EXPECT_EQ(framing_of("Text/Event-Stream ;charset=UTF-8", Api::none, true), Framing::sse);
    EXPECT_EQ(framing_of("application/x-ndjson", Api::ollama_chat, true), Framing::lines);
    EXPECT_EQ(framing_of("application/stream+json", Api::cohere_chat, true), Framing::lines);
    EXPECT_EQ(
        framing_of("application/vnd.amazon.eventstream", Api::converse, true),
        Framing::eventstream);
    EXPECT_EQ(
        framing_of("application/json; charset=utf-8", Api::chat_completions, true), Framing::whole);
}

TEST(Framing, GeminiStreamsAnArrayAsJson) {
    EXPECT_EQ(
        framing_of("application/json; charset=UTF-8", Api::generate_content, true), Framing::array);
    EXPECT_EQ(
        framing_of("application/json; charset=UTF-8", Api::generate_content, false),
        Framing::whole);
}

TEST(Framing, OtherTypesPassUnread) {
    EXPECT_EQ(framing_of("audio/mpeg", Api::speech, false), Framing::unread);
    EXPECT_EQ(framing_of("text/plain", Api::transcriptions, false), Framing::unread);
    EXPECT_EQ(framing_of("application/octet-stream", Api::files, false), Framing::unread);
}

TEST(Framing, WithoutATypeTheApiDecides) {
    EXPECT_EQ(framing_of("", Api::chat_completions, true), Framing::sse);
    EXPECT_EQ(framing_of("", Api::chat_completions, false), Framing::whole);
    EXPECT_EQ(framing_of("", Api::ollama_chat, true), Framing::lines);
    EXPECT_EQ(framing_of("", Api::converse, true), Framing::eventstream);
}

}  // namespace
}  // namespace pulse::llm
