#include "net/websocket/frame_scanner.h"

#include "net/websocket/frame_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::websocket {
namespace {

constexpr std::uint64_t kBig = std::uint64_t{1} << 40;

using Found = FrameScanner::Found;

std::string bytes_of(std::vector<int> bytes) {
    std::string text;
    for (const int byte : bytes) {
        text.push_back(static_cast<char>(byte));
    }
    return text;
}

std::string frame(Opcode opcode, std::string_view payload, Sender sender = Sender::server) {
    std::string out;
    append_frame(out, sender, opcode, payload);
    return out;
}

/// A server's frame that is not the last of its message.
std::string fragment(Opcode opcode, std::string_view payload) {
    std::string out = frame(opcode, payload);
    out[0] = static_cast<char>(static_cast<unsigned char>(out[0]) & 0x7f);
    return out;
}

/// What a scanner finds, in one line: "t(abc)" data, "." message end, "ping(x)", "close(1000)",
/// "bad(1002)".
class Journal {
public:
    explicit Journal(Sender sender = Sender::server, std::uint64_t bytes_max = kBig)
        : scanner_(sender, bytes_max) {}

    /// Feeds `bytes` behind what was left over.
    bool feed(std::string_view bytes) {
        kept_.append(bytes);
        std::string_view rest{kept_};
        for (;;) {
            switch (scanner_.next(rest)) {
                case Found::more:
                    kept_.erase(0, kept_.size() - rest.size());
                    return true;
                case Found::data:
                    open_ += scanner_.payload();
                    is_open_ = true;
                    break;
                case Found::message_end:
                    text += (scanner_.message() == Opcode::text ? "t(" : "b(") + open_ + ").";
                    open_.clear();
                    is_open_ = false;
                    break;
                case Found::control:
                    note_control();
                    break;
                case Found::bad:
                    text += "bad(" + std::to_string(scanner_.close_code()) + ")";
                    return false;
            }
        }
    }
    [[nodiscard]] std::size_t kept() const { return kept_.size(); }
    [[nodiscard]] const FrameScanner& scanner() const { return scanner_; }

    std::string text;

private:
    void note_control() {
        if (scanner_.control() == Opcode::close) {
            text += "close(" + std::to_string(scanner_.close_code()) + ")";
        } else {
            text += (scanner_.control() == Opcode::ping ? "ping(" : "pong(") +
                    std::string(scanner_.payload()) + ")";
        }
    }
    FrameScanner scanner_;
    std::string kept_;
    std::string open_;
    bool is_open_ = false;
};

std::string found_in(
    std::string_view bytes, Sender sender = Sender::server, std::uint64_t max = kBig) {
    Journal journal{sender, max};
    static_cast<void>(journal.feed(bytes));
    return journal.text;
}

TEST(FrameScanner, ReadsTheExamplesOfTheStandard) {
    // RFC 6455 §5.7.
    EXPECT_EQ(found_in(bytes_of({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f})), "t(Hello).");
    EXPECT_EQ(
        found_in(bytes_of({0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f})), "t(Hello).");
    EXPECT_EQ(found_in(bytes_of({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f})), "ping(Hello)");
    EXPECT_EQ(
        found_in(
            bytes_of({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}),
            Sender::client),
        "pong(Hello)");
}

TEST(FrameScanner, TakesEveryLengthFormAndNoOtherOne) {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
        const std::string payload(size, 'x');
        EXPECT_EQ(found_in(frame(Opcode::text, payload)), "t(" + payload + ").") << size;
    }
    EXPECT_EQ(found_in(bytes_of({0x81, 126, 0, 125})), "bad(1002)");
    EXPECT_EQ(found_in(bytes_of({0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff})), "bad(1002)");
    EXPECT_EQ(found_in(bytes_of({0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0})), "bad(1002)");
}

TEST(FrameScanner, FindsTheSameHoweverTheBytesAreCut) {
    const std::string whole = frame(Opcode::text, "first") + fragment(Opcode::binary, "se") +
                              frame(Opcode::ping, "p") + fragment(Opcode::continuation, "") +
                              frame(Opcode::pong, "") + frame(Opcode::continuation, "cond") +
                              frame(Opcode::text, std::string(300, 'l')) +
                              frame(Opcode::close, "\x03\xe8 bye");
    const std::string expected = found_in(whole);
    ASSERT_EQ(
        expected, "t(first).ping(p)pong()b(second).t(" + std::string(300, 'l') + ").close(1000)");
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        Journal journal;
        EXPECT_TRUE(journal.feed(std::string_view{whole}.substr(0, cut)));
        EXPECT_TRUE(journal.feed(std::string_view{whole}.substr(cut)));
        EXPECT_EQ(journal.text, expected) << cut;
    }
    Journal journal;
    for (const char byte : whole) {
        EXPECT_TRUE(journal.feed({&byte, 1}));
        EXPECT_LE(journal.kept(), kFrameHeadMax + kControlPayloadMax);
    }
    EXPECT_EQ(journal.text, expected);
}

TEST(FrameScanner, LeavesPayloadsMaskedAndUnmasksControlFrames) {
    const std::string sent = frame(Opcode::text, "secret", Sender::client);
    EXPECT_EQ(found_in(sent, Sender::client), "t(" + sent.substr(6) + ").");
    EXPECT_EQ(
        found_in(frame(Opcode::ping, "abcdefg", Sender::client), Sender::client), "ping(abcdefg)");
}

TEST(FrameScanner, RefusesWrongMasks) {
    EXPECT_EQ(found_in(frame(Opcode::text, "x", Sender::client), Sender::server), "bad(1002)");
    EXPECT_EQ(found_in(frame(Opcode::text, "x", Sender::server), Sender::client), "bad(1002)");
    EXPECT_EQ(found_in(frame(Opcode::close, "", Sender::server), Sender::client), "bad(1002)");
}

TEST(FrameScanner, RefusesWhatTheStandardForbids) {
    EXPECT_EQ(found_in(bytes_of({0xc1, 0x00})), "bad(1002)")
        << "a reserved bit: permessage-deflate";
    EXPECT_EQ(found_in(bytes_of({0x83, 0x00})), "bad(1002)") << "an unknown opcode";
    EXPECT_EQ(found_in(bytes_of({0x8b, 0x00})), "bad(1002)") << "an unknown control opcode";
    EXPECT_EQ(found_in(bytes_of({0x09, 0x00})), "bad(1002)") << "a fragmented ping";
    EXPECT_EQ(found_in(bytes_of({0x89, 126})), "bad(1002)") << "a long ping";
    EXPECT_EQ(found_in(frame(Opcode::continuation, "x")), "bad(1002)");
    EXPECT_EQ(found_in(fragment(Opcode::text, "x") + frame(Opcode::text, "y")), "bad(1002)");
    EXPECT_EQ(
        found_in(frame(Opcode::text, "ok") + frame(Opcode::continuation, "x")), "t(ok).bad(1002)");
}

TEST(FrameScanner, ReadsCloseCodesAndRefusesThoseThatMayNotBeSent) {
    EXPECT_EQ(found_in(frame(Opcode::close, "")), "close(1005)");
    EXPECT_EQ(found_in(frame(Opcode::close, "\x03")), "bad(1002)");
    const auto close_with = [](unsigned code) {
        std::string out;
        append_close(out, Sender::server, static_cast<std::uint16_t>(code), "why");
        return found_in(out);
    };
    for (const unsigned good : {1000U, 1001U, 1003U, 1007U, 1008U, 1011U, 1014U, 3000U, 4999U}) {
        EXPECT_EQ(close_with(good), "close(" + std::to_string(good) + ")");
    }
    for (const unsigned bad : {0U, 999U, 1004U, 1006U, 1015U, 1999U, 2999U, 5000U, 65535U}) {
        EXPECT_EQ(close_with(bad), "bad(1002)") << bad;
    }
}

TEST(FrameScanner, BoundsAMessageByItsFramesTogetherBeforeItsBytesCome) {
    EXPECT_EQ(found_in(frame(Opcode::text, "12345"), Sender::server, 5), "t(12345).");
    EXPECT_EQ(found_in(frame(Opcode::text, "123456"), Sender::server, 5), "bad(1009)");
    EXPECT_EQ(
        found_in(
            fragment(Opcode::text, "123") + fragment(Opcode::continuation, "45") +
                frame(Opcode::continuation, "6"),
            Sender::server,
            5),
        "bad(1009)");
    EXPECT_EQ(
        found_in(bytes_of({0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})),
        "bad(1009)");
    EXPECT_EQ(
        found_in(
            fragment(Opcode::text, "1") +
                bytes_of({0x80, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
            Sender::server,
            5),
        "bad(1009)")
        << "the sum must not run over";
    EXPECT_EQ(
        found_in(frame(Opcode::ping, std::string(125, 'p')), Sender::server, 5),
        "ping(" + std::string(125, 'p') + ")");
}

TEST(FrameScanner, KnowsWhereAFrameMayStand) {
    Journal journal;
    EXPECT_TRUE(journal.scanner().is_between_messages());
    const std::string first = fragment(Opcode::text, "abc");
    journal.feed(std::string_view{first}.substr(0, 4));
    EXPECT_FALSE(journal.scanner().is_between_frames());
    journal.feed(std::string_view{first}.substr(4));
    EXPECT_TRUE(journal.scanner().is_between_frames());
    EXPECT_FALSE(journal.scanner().is_between_messages());
    journal.feed(frame(Opcode::continuation, ""));
    EXPECT_TRUE(journal.scanner().is_between_messages());
}

TEST(FrameScanner, SaysNothingMoreAfterABrokenRule) {
    Journal journal;
    EXPECT_FALSE(journal.feed(bytes_of({0xc1, 0x00})));
    EXPECT_FALSE(journal.feed(frame(Opcode::text, "fine")));
    EXPECT_EQ(journal.text, "bad(1002)bad(1002)");
}

TEST(FrameScanner, TakesAThousandEmptyFragmentsWithoutGrowing) {
    std::string bytes = fragment(Opcode::text, "");
    for (int i = 0; i < 100'000; ++i) {
        bytes += fragment(Opcode::continuation, "");
    }
    EXPECT_EQ(found_in(bytes + frame(Opcode::continuation, "end")), "t(end).");
}

TEST(FrameWriter, CutsAReasonBetweenTwoCharacters) {
    std::string reason(122, 'r');
    reason += "é and more";
    std::string out;
    append_close(out, Sender::server, close_code::kPolicyViolation, reason);
    EXPECT_EQ(out.size(), 2U + 2 + 122);
    EXPECT_EQ(found_in(out), "close(1008)");
}

}  // namespace
}  // namespace pulse::net::websocket
