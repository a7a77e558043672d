#include "llm/sse/sse_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pulse::llm {
namespace {

using testing::ElementsAre;

/// An event as values; `shown` is "name|data", "-" without data, "piece" for a piece.
std::string shown(const SseEvent& event) {
    if (event.is_piece) {
        return "piece";
    }
    return event.has_data ? std::string{event.name} + "|" + std::string{event.data} : "-";
}

struct Scanned {
    std::vector<std::string> events;
    std::vector<std::string> raws;
    std::string all;  ///< the raws joined
    friend bool operator==(const Scanned&, const Scanned&) = default;
};

void drain(SseScanner& scanner, Scanned& scanned) {
    SseEvent event;
    while (scanner.next(event)) {
        scanned.events.push_back(shown(event));
        scanned.raws.emplace_back(event.raw);
        scanned.all += event.raw;
    }
}

Scanned scan(const std::vector<std::string>& inputs, std::size_t event_bytes_max = 1'000) {
    SseScanner scanner{event_bytes_max};
    Scanned scanned;
    for (const std::string& input : inputs) {
        scanner.feed(input);
        drain(scanner, scanned);
    }
    return scanned;
}

TEST(SseScanner, GivesDataWithoutTheSpaceBehindTheColon) {
    EXPECT_THAT(
        scan({"data: one\n\ndata:two\n\ndata:  three\n\n"}).events,
        ElementsAre("|one", "|two", "| three"));
}

TEST(SseScanner, GivesRawBytesWithTheBlankLine) {
    EXPECT_THAT(
        scan({"data: one\n\nid: 7\ndata: two\n\n"}).raws,
        ElementsAre("data: one\n\n", "id: 7\ndata: two\n\n"));
}

TEST(SseScanner, JoinsDataLinesWithALineFeed) {
    EXPECT_THAT(
        scan({"data: one\ndata: two\ndata\n\ndata: {\ndata: }\n\n"}).events,
        ElementsAre("|one\ntwo\n", "|{\n}"));
}

TEST(SseScanner, TakesTheEventNameFromItsField) {
    EXPECT_THAT(
        scan({"event: error\ndata: {}\n\ndata: x\n\n"}).events, ElementsAre("error|{}", "|x"));
}

TEST(SseScanner, GivesCommentsAndUnknownFieldsAsEventsWithoutData) {
    EXPECT_THAT(scan({": ping\n\nretry: 3\n\n\n"}).events, ElementsAre("-", "-", "-"));
}

TEST(SseScanner, TellsAnEmptyDataLineFromNone) {
    EXPECT_THAT(scan({"data:\n\ndata\n\n: x\n\n"}).events, ElementsAre("|", "|", "-"));
}

TEST(SseScanner, SkipsAByteOrderMarkAtTheStartOnly) {
    EXPECT_THAT(
        scan({"\xEF\xBB\xBF"
              "data: one\n\n\xEF\xBB\xBF"
              "data: two\n\n"})
            .events,
        ElementsAre("|one", "-"));
}

TEST(SseScanner, KeepsAnUnfinishedEvent) {
    SseScanner scanner;
    SseEvent event;

    scanner.feed("data: one\n\ndata: tw");
    ASSERT_TRUE(scanner.next(event));
    ASSERT_FALSE(scanner.next(event));

    EXPECT_EQ(scanner.pending(), "data: tw");
}

TEST(SseScanner, KeepsRawOfACarriedEventWhileTheRestIsScanned) {
    SseScanner scanner;
    SseEvent carried;
    SseEvent later;
    scanner.feed("data: fi");
    ASSERT_FALSE(scanner.next(carried));

    scanner.feed("rst\n\ndata: second\n\ndata: th");
    ASSERT_TRUE(scanner.next(carried));
    ASSERT_TRUE(scanner.next(later));
    ASSERT_FALSE(scanner.next(later));

    EXPECT_EQ(carried.raw, "data: first\n\n");
}

TEST(SseScanner, FindsTheEndInAStreamOfCarriageReturnsAlone) {
    EXPECT_THAT(scan({"data: one\r\rdata: two\r\r"}).events, ElementsAre("|one", "|two"));
}

TEST(SseScanner, EndsALineFeedStreamAtOnce) {
    EXPECT_THAT(scan({"data: one\n\n"}).events, ElementsAre("|one"));
}

class SseScannerLineEnds : public testing::TestWithParam<std::string> {
protected:
    /// A stream with this line end.
    [[nodiscard]] static std::string stream() {
        const std::string& end = GetParam();
        std::string text = "\xEF\xBB\xBF: hello" + end + end + "event: x" + end + "data: 1" + end +
                           "data: 2" + end + end;
        text += "data: three" + end + end + end + "id: 4" + end + end + "data" + end + end +
                "data: z" + end + end;
        return text + ": last" + end + end;
    }
};

TEST_P(SseScannerLineEnds, GiveTheSameEvents) {
    EXPECT_THAT(
        scan({stream() + ":"}).events,
        ElementsAre("-", "x|1\n2", "|three", "-", "-", "|", "|z", "-"));
}

TEST_P(SseScannerLineEnds, GiveTheSameWhereverTheInputIsSplit) {
    const std::string text = stream() + ":";
    const Scanned whole = scan({text});
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            ASSERT_EQ(
                scan(
                    {text.substr(0, first),
                     text.substr(first, second - first),
                     text.substr(second)}),
                whole)
                << first << " " << second;
        }
    }
}

TEST_P(SseScannerLineEnds, GiveEveryByteInOrder) {
    const std::string text = stream();

    EXPECT_EQ(scan({text + ":"}).all, text);
}

INSTANTIATE_TEST_SUITE_P(All, SseScannerLineEnds, testing::Values("\n", "\r\n", "\r"));

TEST(SseScanner, MixedLineEndsGiveTheSameWhereverTheInputIsSplit) {
    const std::string text =
        "data: a\r\n\n"
        "data: b\n\r\n"
        "data: c\r\r\n"
        "data: d\n\n\r\r\n\n"
        "data: e\r\n\r"
        "x";
    const Scanned whole = scan({text});
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            ASSERT_EQ(
                scan(
                    {text.substr(0, first),
                     text.substr(first, second - first),
                     text.substr(second)}),
                whole)
                << first << " " << second;
        }
    }
    EXPECT_EQ(whole.all + "x", text);
}

TEST(SseScanner, GivesAnEventAboveTheLimitInPiecesAndGoesOnBehindIt) {
    const Scanned scanned = scan({"data: 12345", "67890", "123\n", "\ndata: x\n\n"}, 12);

    EXPECT_THAT(scanned.events, ElementsAre("piece", "piece", "piece", "|x"));
    EXPECT_EQ(scanned.all, "data: 1234567890123\n\ndata: x\n\n");
}

TEST(SseScanner, CallsAWholeEventAboveTheLimitAPieceToo) {
    EXPECT_THAT(scan({"data: 1234567890\n\ndata: x\n\n"}, 12).events, ElementsAre("piece", "|x"));
}

TEST(SseScanner, CarriesNoMoreThanTheLimit) {
    SseScanner scanner{16};
    SseEvent event;
    scanner.feed("data: 0123456789012345678901234567890");

    ASSERT_TRUE(scanner.next(event));

    EXPECT_TRUE(event.is_piece);
    EXPECT_TRUE(scanner.pending().empty());
}

TEST(SseScanner, IsNewAfterReset) {
    SseScanner scanner;
    SseEvent event;
    scanner.feed("event: x\ndata: half");
    ASSERT_FALSE(scanner.next(event));

    scanner.reset();
    scanner.feed(
        "\xEF\xBB\xBF"
        "data: whole\n\n");

    ASSERT_TRUE(scanner.next(event));
    EXPECT_EQ(
        event.raw,
        "\xEF\xBB\xBF"
        "data: whole\n\n");
    EXPECT_EQ(shown(event), "|whole");
}

struct LastEvent {
    std::string input;
    std::string raw;
    std::string shown;
};

class SseScannerFinish : public testing::TestWithParam<LastEvent> {};

TEST_P(SseScannerFinish, EndsTheLastEventWithABlankLine) {
    SseScanner scanner;
    SseEvent event;
    scanner.feed(GetParam().input);
    ASSERT_FALSE(scanner.next(event));

    ASSERT_TRUE(scanner.finish(event));

    EXPECT_EQ(event.raw, GetParam().raw);
    EXPECT_EQ(shown(event), GetParam().shown);
    EXPECT_FALSE(scanner.finish(event));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    SseScannerFinish,
    testing::Values(
        LastEvent{"data: x", "data: x\n\n", "|x"},
        LastEvent{"data: x\n", "data: x\n\n", "|x"},
        LastEvent{"data: x\r", "data: x\r\n\n", "|x"},
        LastEvent{"data: x\r\n", "data: x\r\n\n", "|x"},
        LastEvent{"data: x\r\n\r", "data: x\r\n\r\n", "|x"},
        LastEvent{": x", ": x\n\n", "-"}));

TEST(SseScanner, HasNothingToFinishBehindABlankLine) {
    SseScanner scanner;
    SseEvent event;
    scanner.feed("data: x\n\n");
    ASSERT_TRUE(scanner.next(event));

    EXPECT_FALSE(scanner.finish(event));
}

}  // namespace
}  // namespace pulse::llm
