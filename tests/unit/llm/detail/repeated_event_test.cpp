#include "llm/detail/repeated_event.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm::detail {
namespace {

/// A chunk with `text` and, where there is one, `padding`; and where its text lies.
std::string chunk(const std::string& text, const std::string& padding = {}) {
    const std::string tail = padding.empty() ? "" : R"(,"obfuscation":")" + padding + "\"";
    return R"({"id":"c","choices":[{"delta":{"content":")" + text +
           R"("},"finish_reason":null}],"usage":null)" + tail + "}";
}

EventFacts facts_of(const std::string& data, const std::string& text) {
    EventFacts facts;
    facts.text_offset = data.find(R"("content":")") + 11;
    facts.text_size = text.size();
    return facts;
}

class Repeated : public testing::Test {
protected:
    void learn(const std::string& text, const std::string& padding = {}) {
        const std::string data = chunk(text, padding);
        event_.learn(data, facts_of(data, text));
    }
    /// The text of `data`, or what says that it is another event.
    [[nodiscard]] std::string text_of(const std::string& data) const {
        std::string_view text;
        return event_.matches(data, text) ? std::string{text} : "(another)";
    }
    RepeatedEvent event_;
};

TEST_F(Repeated, IsKnownByAllButItsText) {
    learn("one");

    EXPECT_EQ(text_of(chunk("another word")), "another word");
    EXPECT_EQ(text_of(chunk("")), "");
    EXPECT_EQ(text_of(chunk(R"(\"q\" \u00e9 \\)")), R"(\"q\" \u00e9 \\)");
    EXPECT_EQ(text_of(chunk("gr\xC3\xBC\xC3\x9F")), "gr\xC3\xBC\xC3\x9F");
}

TEST_F(Repeated, MayBePaddedWithAnything) {
    learn("one", "abc");

    EXPECT_EQ(text_of(chunk("two", "x")), "two");
    EXPECT_EQ(text_of(chunk("two", "")), "(another)");
    EXPECT_EQ(text_of(chunk("two", R"(}\"])")), "two");
}

TEST_F(Repeated, IsNotAnEventThatSaysMore) {
    learn("one");

    EXPECT_EQ(
        text_of(
            R"({"id":"c","choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"usage":null})"),
        "(another)");
    EXPECT_EQ(
        text_of(
            R"({"id":"c","choices":[{"delta":{"content":"x"},"finish_reason":null}],"usage":{}})"),
        "(another)");
    EXPECT_EQ(
        text_of(
            R"({"id":"c","choices":[{"delta":{"content":"x","refusal":"no"},"finish_reason":null}],"usage":null})"),
        "(another)");
    EXPECT_EQ(text_of(chunk("x") + "}"), "(another)");
    EXPECT_EQ(text_of(chunk("x").substr(0, 40)), "(another)");
    EXPECT_EQ(text_of(""), "(another)");
}

TEST_F(Repeated, IsNotOneWhoseTextIsNoJsonString) {
    learn("one");

    EXPECT_EQ(text_of(chunk("line\nfeed")), "(another)");
    EXPECT_EQ(text_of(chunk("not \xFF utf-8")), "(another)");
    EXPECT_EQ(text_of(chunk("open \\")), "(another)");
}

TEST_F(Repeated, IsNotLearntWhenItSaysMoreThanText) {
    const std::string data = chunk("one");
    EventFacts finish = facts_of(data, "one");
    finish.has_finish = true;
    EventFacts usage = facts_of(data, "one");
    usage.has_usage = true;

    event_.learn(data, finish);
    EXPECT_EQ(text_of(data), "(another)");
    event_.learn(data, usage);
    EXPECT_EQ(text_of(data), "(another)");
    event_.learn(data, EventFacts{});
    EXPECT_EQ(text_of(data), "(another)");
}

TEST_F(Repeated, IsForgotten) {
    learn("one");
    event_.forget();

    EXPECT_EQ(text_of(chunk("one")), "(another)");
}

}  // namespace
}  // namespace pulse::llm::detail
