#include "llm/json_stream/json_stream_scanner.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {
namespace {

using Framing = JsonStreamScanner::Framing;

struct Cut {
    std::vector<std::string> values;
    std::string all_bytes;
    bool has_end = false;
    bool has_piece = false;

    friend bool operator==(const Cut&, const Cut&) = default;
};

void add(const JsonEvent& event, Cut& cut) {
    cut.all_bytes += event.raw;
    cut.has_end = cut.has_end || event.is_end;
    cut.has_piece = cut.has_piece || event.is_piece;
    if (event.has_data) {
        cut.values.emplace_back(event.data);
    }
}

void take(JsonStreamScanner& scanner, std::string_view bytes, Cut& cut) {
    scanner.feed(bytes);
    JsonEvent event;
    while (scanner.next(event)) {
        add(event, cut);
    }
}

Cut cut_split(
    Framing framing, std::string_view bytes, unsigned seed, std::size_t bytes_max = 4096) {
    std::minstd_rand random{seed};
    JsonStreamScanner scanner{framing, bytes_max};
    Cut cut;
    while (!bytes.empty()) {
        const std::size_t size =
            seed == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), random() % 9);
        take(scanner, bytes.substr(0, size), cut);
        bytes.remove_prefix(size);
    }
    JsonEvent event;
    if (scanner.finish(event)) {
        add(event, cut);
    }
    return cut;
}

Cut cut_whole(Framing framing, std::string_view bytes, std::size_t bytes_max = 4096) {
    return cut_split(framing, bytes, 0, bytes_max);
}

TEST(JsonStreamScanner, GivesAValuePerLine) {
    const std::string bytes = "{\"a\":1}\n{\"b\":\"\\n\"}\r\n\n {\"c\":3} \n{\"d\":4}";

    const Cut cut = cut_whole(Framing::lines, bytes);
    EXPECT_EQ(
        cut.values,
        (std::vector<std::string>{"{\"a\":1}", "{\"b\":\"\\n\"}", "{\"c\":3}", "{\"d\":4}"}));
    EXPECT_EQ(cut.all_bytes, bytes);
    for (unsigned seed = 1; seed <= 200; ++seed) {
        EXPECT_EQ(cut_split(Framing::lines, bytes, seed), cut) << "seed " << seed;
    }
}

TEST(JsonStreamScanner, TakesNothingBehindTheArrayForAValue) {
    // Of this size the limit, with the line feed in front of it above: where the input is split
    // there, that counted.
    const std::string bytes = "[{}]\n{\"a\":12}";

    EXPECT_EQ(cut_whole(Framing::array, bytes, 8).values, (std::vector<std::string>{"{}"}));
    for (unsigned seed = 1; seed <= 200; ++seed) {
        const Cut cut = cut_split(Framing::array, bytes, seed, 8);
        EXPECT_EQ(cut.values, (std::vector<std::string>{"{}"})) << "seed " << seed;
        EXPECT_EQ(cut.all_bytes, bytes);
    }
}

TEST(JsonStreamScanner, GivesTheElementsOfAnArray) {
    const std::string bytes =
        "[{\n  \"a\": [{}, \"]}\\\"{\"]\n}\n,\r\n{\"b\":{}},{\"c\":\"\\\\\"} ,\n{}\n]\n";

    const Cut cut = cut_whole(Framing::array, bytes);
    EXPECT_EQ(
        cut.values,
        (std::vector<std::string>{
            "{\n  \"a\": [{}, \"]}\\\"{\"]\n}", "{\"b\":{}}", "{\"c\":\"\\\\\"}", "{}"}));
    EXPECT_EQ(cut.all_bytes, bytes);
    EXPECT_TRUE(cut.has_end);
    for (unsigned seed = 1; seed <= 200; ++seed) {
        EXPECT_EQ(cut_split(Framing::array, bytes, seed), cut) << "seed " << seed;
    }
}

TEST(JsonStreamScanner, TakesAnObjectInTheArraysPlace) {
    const Cut cut = cut_whole(Framing::array, " {\"error\":{\"code\":400}}\n");
    EXPECT_EQ(cut.values, (std::vector<std::string>{"{\"error\":{\"code\":400}}"}));
    EXPECT_FALSE(cut.has_end);
}

TEST(JsonStreamScanner, DropsAnArraysTornElement) {
    const Cut cut = cut_whole(Framing::array, "[{\"a\":1},{\"b\":\"]}");
    EXPECT_EQ(cut.values, (std::vector<std::string>{"{\"a\":1}"}));
    EXPECT_EQ(cut.all_bytes, "[{\"a\":1}");
    EXPECT_FALSE(cut.has_end);
}

TEST(JsonStreamScanner, PassesEventsAboveTheLimitInPiecesAndReadsOn) {
    const std::string large = "{\"text\":\"" + std::string(500, 'x') + "\"}";
    for (const Framing framing : {Framing::lines, Framing::array}) {
        const bool is_array = framing == Framing::array;
        const std::string bytes =
            is_array ? "[{}," + large + ",{\"b\":1}]" : "{}\n" + large + "\n{\"b\":1}\n";

        const Cut cut = cut_whole(framing, bytes, 100);
        EXPECT_EQ(cut.values, (std::vector<std::string>{"{}", "{\"b\":1}"}));
        EXPECT_EQ(cut.all_bytes, bytes);
        EXPECT_TRUE(cut.has_piece);
        for (unsigned seed = 1; seed <= 50; ++seed) {
            EXPECT_EQ(cut_split(framing, bytes, seed, 100), cut) << "seed " << seed;
        }
    }
}

TEST(JsonStreamScanner, LosesNoByteOfWhatIsNoJson) {
    for (const std::string_view bytes :
         {"]]}}", "[[[[", "{]}", "\"", "[1,2,\"a\"]x[", "nonsense"}) {
        for (unsigned seed = 0; seed <= 20; ++seed) {
            const Cut cut = cut_split(Framing::array, bytes, seed);
            EXPECT_TRUE(bytes.starts_with(cut.all_bytes));
        }
    }
}

}  // namespace
}  // namespace pulse::llm
