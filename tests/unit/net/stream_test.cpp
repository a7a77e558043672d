#include "net/stream.h"

#include <gtest/gtest.h>

#include "stream_pair.h"
#include <string>

namespace pulse::net {
namespace {

constexpr std::size_t kMoreThanTheKernelTakes = std::size_t{24} << 20;

TEST(Stream, ReadsWhatThePeerSends) {
    StreamPair pair;
    pair.start_read();

    pair.client->send("hello");
    const auto read = pair.await_read();

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->status, StreamStatus::ok);
    EXPECT_EQ(read->bytes, "hello");
}

TEST(Stream, KnowsThePeersAddress) {
    StreamPair pair;

    EXPECT_EQ(pair.run([](Stream& stream) { return stream.peer_address(); }), "127.0.0.1");
    EXPECT_FALSE(pair.run([](Stream& stream) { return stream.is_tls(); }));
}

TEST(Stream, TellsAnEndFromACut) {
    StreamPair ended;
    StreamPair cut;
    ended.start_read();
    cut.start_read();

    ended.client->close();
    cut.client->reset();

    EXPECT_EQ(ended.await_read()->status, StreamStatus::end);
    EXPECT_EQ(cut.await_read()->status, StreamStatus::cut);
}

TEST(Stream, GathersManyPartsInOrder) {
    StreamPair pair;
    std::vector<std::string> texts;
    std::string whole;
    for (int i = 0; i < 40; ++i) {
        texts.push_back("part " + std::to_string(i) + ";");
        whole += texts.back();
    }

    const auto progress = pair.write({texts.begin(), texts.end()});

    EXPECT_EQ(progress, WriteProgress::done);
    EXPECT_EQ(pair.client->read(whole.size()), whole);
}

TEST(Stream, KeepsACopyOfWhatTheKernelDoesNotTakeAndSaysWhenItIsSent) {
    StreamPair pair;
    std::string big(kMoreThanTheKernelTakes, 'x');
    big.replace(big.size() - 3, 3, "end");
    const std::string expected = "head" + big;

    const auto progress = pair.write({"head", big});
    std::fill(big.begin(), big.end(), '?');
    const bool was_writing = pair.run([](Stream& stream) { return stream.is_writing(); });
    const std::string got = pair.client->read(expected.size());

    EXPECT_EQ(progress, WriteProgress::pending);
    EXPECT_TRUE(was_writing);
    EXPECT_EQ(pair.await_written()->status, StreamStatus::ok);
    EXPECT_TRUE(got == expected);
}

TEST(Stream, EndsTheDirectionOnlyAfterAPendingWrite) {
    StreamPair pair;
    const std::string big(kMoreThanTheKernelTakes, 'x');

    ASSERT_EQ(pair.write({big}), WriteProgress::pending);
    pair.run([](Stream& stream) { stream.shutdown_send(); });
    const std::string got = pair.client->read(big.size() + 1);

    EXPECT_EQ(got.size(), big.size());
    EXPECT_EQ(pair.client->ended_by(), BlockingClient::End::finished);
}

TEST(Stream, GoesOnReadingAfterItsOwnEnd) {
    StreamPair pair;
    pair.start_read();

    pair.run([](Stream& stream) { stream.shutdown_send(); });
    const std::string nothing = pair.client->read(1);
    pair.client->send("still here");

    EXPECT_EQ(nothing, "");
    EXPECT_EQ(pair.await_read()->bytes, "still here");
}

TEST(Stream, ReportsAPeerThatIsGoneWhileAWriteIsPending) {
    StreamPair pair;
    const std::string big(kMoreThanTheKernelTakes, 'x');

    ASSERT_EQ(pair.write({big}), WriteProgress::pending);
    pair.client->reset();

    EXPECT_NE(pair.await_written()->status, StreamStatus::ok);
}

TEST(Stream, CallsNobodyAfterItWasClosed) {
    StreamPair pair;
    const std::string big(kMoreThanTheKernelTakes, 'x');
    pair.start_read();
    ASSERT_EQ(pair.write({big}), WriteProgress::pending);

    pair.run([](Stream& stream) { stream.close(); });
    (void)pair.client->read(big.size());
    const bool is_open = pair.run([](Stream& stream) { return stream.is_open(); });

    EXPECT_FALSE(is_open);
    EXPECT_FALSE(pair.has_events());
}

TEST(Stream, RefusesAWriteAfterItWasClosed) {
    StreamPair pair;

    pair.run([](Stream& stream) { stream.close(); });

    EXPECT_EQ(pair.write({"late"}), WriteProgress::failed);
}

TEST(Stream, ResetIsSeenAsACutByThePeer) {
    StreamPair pair;

    ASSERT_EQ(pair.write({"half an answer"}), WriteProgress::done);
    (void)pair.client->read(14);
    pair.run([](Stream& stream) { stream.reset(); });
    (void)pair.client->read(1);

    EXPECT_EQ(pair.client->ended_by(), BlockingClient::End::broken);
}

TEST(Stream, GivesAReadBackWithoutBytes) {
    StreamPair pair;
    pair.start_read();

    pair.run([](Stream& stream) { stream.cancel_read(); });
    const auto cancelled = pair.await_read();
    pair.start_read();
    pair.client->send("next");

    EXPECT_EQ(cancelled->status, StreamStatus::ok);
    EXPECT_EQ(cancelled->bytes, "");
    EXPECT_EQ(pair.await_read()->bytes, "next");
}

TEST(Stream, SeesAResetWithoutReading) {
    StreamPair pair;
    pair.run([&](Stream& stream) { stream.async_wait_reset(pair); });

    pair.client->send("bytes that nobody reads");
    pair.client->reset();

    EXPECT_EQ(pair.await_read()->status, StreamStatus::cut);
}

TEST(Stream, AnEmptyOneIsClosedAndHasNoPeer) {
    Stream stream;

    EXPECT_FALSE(stream.is_open());
    EXPECT_FALSE(stream.is_reading());
    EXPECT_EQ(stream.peer_address(), "");
}

}  // namespace
}  // namespace pulse::net
