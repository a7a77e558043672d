#include "net/websocket/relay.h"

#include <gtest/gtest.h>

#include "relay_fixture.h"
#include <chrono>
#include <string>
#include <thread>

namespace pulse::net::websocket {
namespace {

using namespace std::chrono_literals;
using Fixture = RelayFixture;

TEST(WebSocketRelay, PassesFramesBothWaysAsTheyAre) {
    Fixture relay{{}, Fixture::server_text("early")};
    EXPECT_EQ(relay.caller->read(7), Fixture::server_text("early"));

    const std::string asked =
        Fixture::client_text("ask") + Fixture::frame(Sender::client, Opcode::ping, "p") +
        Fixture::frame(Sender::client, Opcode::binary, std::string(70'000, 'b'));
    relay.caller->send(asked);
    EXPECT_EQ(relay.provider->read(asked.size()), asked);

    const std::string told = Fixture::server_text(std::string(200'000, 't')) +
                             Fixture::frame(Sender::server, Opcode::pong, "p") +
                             Fixture::server_text("");
    std::thread sender([&] { relay.provider->send(told); });
    EXPECT_EQ(relay.caller->read(told.size()), told);
    sender.join();
}

TEST(WebSocketRelay, PassesBytesOneByOne) {
    Fixture relay;
    const std::string told =
        Fixture::server_text("slow") + Fixture::frame(Sender::server, Opcode::ping, "x");
    for (const char byte : told) {
        relay.provider->send({&byte, 1});
    }
    EXPECT_EQ(relay.caller->read(told.size()), told);
}

TEST(WebSocketRelay, PassesTheCallersCloseAndItsAnswer) {
    Fixture relay;
    const std::string close = Fixture::close_frame(Sender::client, 4321, "enough");
    relay.caller->send(close);
    EXPECT_EQ(relay.provider->read(close.size()), close);
    relay.provider->send(
        Fixture::server_text("last word") + Fixture::close_frame(Sender::server, 4321, "enough"));
    EXPECT_EQ(relay.caller->read(11), Fixture::server_text("last word"));
    EXPECT_EQ(Fixture::read_close(*relay.caller), "8:4321:enough");
    EXPECT_EQ(relay.await_end(), RelayEnd::caller_closed);
}

TEST(WebSocketRelay, PassesTheProvidersClose) {
    Fixture relay;
    relay.provider->send(Fixture::close_frame(Sender::server, 4001, "session expired"));
    EXPECT_EQ(Fixture::read_close(*relay.caller), "8:4001:session expired");
    relay.caller->send(Fixture::close_frame(Sender::client, 4001, ""));
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:4001:");
    EXPECT_EQ(relay.await_end(), RelayEnd::provider_closed);
}

TEST(WebSocketRelay, TellsTheCallerOfAProviderThatIsGone) {
    Fixture relay;
    relay.notice_text = "sorry";
    relay.provider->close();
    EXPECT_EQ(relay.caller->read(7), Fixture::server_text("sorry"));
    EXPECT_EQ(
        Fixture::read_close(*relay.caller), "8:1011:The connection to the provider broke off.");
    relay.caller->send(Fixture::close_frame(Sender::client, 1011, ""));
    EXPECT_EQ(relay.await_end(), RelayEnd::provider_gone);
}

TEST(WebSocketRelay, SaysNothingInTheMiddleOfAFrame) {
    Fixture relay{{.close = 200ms}};
    relay.notice_text = "sorry";
    const std::string half = Fixture::server_text("a frame that does not end").substr(0, 10);
    relay.provider->send(half);
    EXPECT_EQ(relay.caller->read(half.size()), half);
    relay.provider->close();
    EXPECT_EQ(relay.await_end(), RelayEnd::provider_gone);
    EXPECT_EQ(relay.caller->read_to_end(), "");
}

TEST(WebSocketRelay, TellsTheProviderOfACallerThatIsGone) {
    Fixture relay;
    relay.caller->close();
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:1001:");
    relay.provider->close();
    EXPECT_EQ(relay.await_end(), RelayEnd::caller_gone);
}

TEST(WebSocketRelay, ReadsTheProviderOnWhereSomethingIsUnfinished) {
    Fixture relay;
    relay.reads_on = true;
    relay.farewell_text = "cancel";
    relay.caller->send(Fixture::close_frame(Sender::client, 1000, ""));
    EXPECT_EQ(Fixture::read_close(*relay.caller), "8:1000:");
    EXPECT_EQ(relay.caller->read_to_end(), "") << "the caller does not wait for it";
    EXPECT_EQ(relay.provider->read(6 + 6).size(), 12U) << "the farewell, masked";
    relay.provider->send(Fixture::server_text("going on") + Fixture::server_text("done"));
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:1001:");
    relay.provider->close();
    EXPECT_EQ(relay.await_end(), RelayEnd::caller_closed);
    EXPECT_EQ(relay.seen, "going on\ndone\n");
}

TEST(WebSocketRelay, ReadsNoLongerThanItMayForWhatIsUnfinished) {
    Fixture relay{{.close = 100ms, .read_on = 100ms}};
    relay.reads_on = true;
    relay.caller->close();
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:1001:");
    EXPECT_EQ(relay.await_end(), RelayEnd::caller_gone);
}

TEST(WebSocketRelay, EndsRightBehindTheMessageAtHand) {
    Fixture relay;
    relay.last_message = "the last";
    relay.notice_text = "why";
    relay.provider->send(
        Fixture::server_text("one") + Fixture::server_text("the last") +
        Fixture::server_text("too much"));
    EXPECT_EQ(relay.caller->read(5), Fixture::server_text("one"));
    EXPECT_EQ(relay.caller->read(10), Fixture::server_text("the last"));
    EXPECT_EQ(relay.caller->read(5), Fixture::server_text("why"));
    EXPECT_EQ(Fixture::read_close(*relay.caller), "8:1008:used up");
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:1000:");
    relay.caller->send(Fixture::close_frame(Sender::client, 1008, ""));
    relay.provider->send(Fixture::close_frame(Sender::server, 1000, ""));
    EXPECT_EQ(relay.await_end(), RelayEnd::ordered);
    EXPECT_EQ(relay.seen, "one\nthe last\ntoo much\n") << "what is not forwarded is still metered";
}

TEST(WebSocketRelay, AnOrderFromOutsideWaitsForTheMessagesEnd) {
    Fixture relay;
    const std::string message = Fixture::server_text("in two parts");
    relay.provider->send(std::string_view{message}.substr(0, 6));
    EXPECT_EQ(relay.caller->read(6), message.substr(0, 6));
    relay.order(close_code::kGoingAway, "shutting down");
    relay.provider->send(std::string_view{message}.substr(6));
    EXPECT_EQ(relay.caller->read(message.size() - 6), message.substr(6));
    EXPECT_EQ(Fixture::read_close(*relay.caller), "8:1001:shutting down");
}

TEST(WebSocketRelay, ClosesOnACallerWhoBreaksTheRules) {
    Fixture relay;
    relay.caller->send(Fixture::server_text("not masked"));
    EXPECT_EQ(Fixture::read_close(*relay.caller), "8:1002:A client's frame is not masked.");
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:1001:") << "nothing of it was passed on";
}

TEST(WebSocketRelay, ClosesOnAProviderWhoBreaksTheRules) {
    Fixture relay;
    relay.provider->send(Fixture::client_text("masked"));
    EXPECT_EQ(
        Fixture::read_close(*relay.caller), "8:1011:The provider broke the WebSocket protocol.");
    EXPECT_EQ(Fixture::read_close(*relay.provider), "8:1002:A server's frame is masked.");
}

TEST(WebSocketRelay, BoundsMessages) {
    Fixture relay{{.message_bytes_max = 1000}};
    relay.caller->send(Fixture::client_text(std::string(1001, 'x')));
    EXPECT_EQ(
        Fixture::read_close(*relay.caller), "8:1009:The message is larger than what is relayed.");
}

TEST(WebSocketRelay, PingsASilentSideAndGivesItUp) {
    Fixture relay{{.idle = 400ms, .close = 200ms}};
    EXPECT_EQ(relay.caller->read(2), Fixture::frame(Sender::server, Opcode::ping, ""));
    EXPECT_EQ(relay.provider->read(6).size(), 6U) << "a masked ping";
    EXPECT_EQ(relay.await_end(), RelayEnd::timed_out);
}

TEST(WebSocketRelay, EndsALongSession) {
    Fixture relay{{.total = 200ms, .close = 200ms}};
    const std::string close = Fixture::read_close(*relay.caller);
    EXPECT_EQ(close.substr(0, 7), "8:1001:") << close;
    EXPECT_EQ(relay.await_end(), RelayEnd::ordered);
}

TEST(WebSocketRelay, HoldsASideBackThatTheOtherDoesNotRead) {
    Fixture relay;
    const std::string message = Fixture::server_text(std::string(1 << 20, 'm'));
    timeval soon{.tv_sec = 0, .tv_usec = 300'000};
    ::setsockopt(relay.provider->socket(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    std::size_t sent = 0;
    // Ends when the kernels' buffers on the way are full: nothing of it is kept in between.
    for (; sent < 256; ++sent) {
        if (::send(relay.provider->socket(), message.data(), message.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(message.size())) {
            break;
        }
    }
    EXPECT_LT(sent, 256U);
    EXPECT_EQ(relay.caller->read(message.size()), message);
}

}  // namespace
}  // namespace pulse::net::websocket
