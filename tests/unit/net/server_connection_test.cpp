#include "net/http/server_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "http_server_fixture.h"
#include "http_text.h"
#include <algorithm>
#include <filesystem>
#include <numeric>
#include <string>

namespace pulse::net {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

std::string letters(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>('a' + i % 26);
    }
    return text;
}

/// Answers later, from a posted task, as an exchange with an upstream does.
Behaviour answer_later(Loop*& loop) {
    Behaviour behaviour;
    behaviour.on_request = [&loop](ServerConnection& connection) {
        loop->post([&connection] { answer(connection, connection.body()); });
    };
    return behaviour;
}

/// Keeps the connection of the request that waits for its answer.
struct Held {
    ServerConnection* connection = nullptr;
    Behaviour behaviour() {
        Behaviour made;
        made.on_request = [this](ServerConnection& waiting) {
            connection = &waiting;
        };
        return made;
    }
};

TEST(ServerConnection, AnswersRequestAfterRequestOnOneConnection) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send(post("/a", "hello"));
    const std::string first = client.read(ok("hello").size());
    client.send(get("/b"));
    const std::string second = client.read(ok("").size());

    EXPECT_EQ(first, ok("hello"));
    EXPECT_EQ(second, ok(""));
    EXPECT_THAT(
        server.journal().lines(),
        ElementsAre("head /a", "request /a 5", "head /b", "request /b 0"));
}

TEST(ServerConnection, ReadsARequestThatArrivesByteByByte) {
    TestServer server;
    BlockingClient client{server.port()};

    for (const char byte : post("/slow", "0123456789")) {
        client.send({&byte, 1});
    }

    EXPECT_EQ(client.read(ok("0123456789").size()), ok("0123456789"));
}

TEST(ServerConnection, ReadsAHeadThatOutgrowsTheFirstBuffer) {
    TestServer server;
    BlockingClient client{server.port()};
    const std::string long_field = "x-long: " + std::string(30'000, 'v') + "\r\n";

    client.send(post("/a", "body", long_field));

    EXPECT_EQ(client.read(ok("body").size()), ok("body"));
}

class BodySize : public ::testing::TestWithParam<std::size_t> {};

TEST_P(BodySize, IsReadWholeAndPaddedWithZeros) {
    std::atomic<bool> is_padded{false};
    Behaviour behaviour;
    behaviour.on_request = [&](ServerConnection& connection) {
        const std::string_view body = connection.body();
        is_padded = std::all_of(
            body.data() + body.size(),
            body.data() + body.size() + ServerConnection::kBodyPadding,
            [](char c) { return c == '\0'; });
        answer(connection, body);
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};
    const std::string body = letters(GetParam());

    client.send(post("/a", body) + get("/next"));
    const std::string answers = client.read(ok(body).size() + ok("").size());

    EXPECT_TRUE(answers == ok(body) + ok(""));
    EXPECT_TRUE(is_padded);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes,
    BodySize,
    ::testing::Values(0, 1, 1000, 3900, 4030, 4031, 4032, 4033, 4096, 5000, 65'536, 3'000'000));

TEST(ServerConnection, ServesPipelinedRequestsInOrder) {
    TestServer server;
    BlockingClient client{server.port()};
    std::string asked;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        asked += post("/p", "body" + std::to_string(i));
        expected += ok("body" + std::to_string(i));
    }

    client.send(asked);

    EXPECT_TRUE(client.read(expected.size()) == expected);
}

TEST(ServerConnection, ServesPipelinedRequestsThatAreAnsweredLater) {
    Loop* loop = nullptr;
    TestServer server{answer_later(loop)};
    loop = &server.loop();
    BlockingClient client{server.port()};
    std::string asked;
    std::string expected;
    for (int i = 0; i < 300; ++i) {
        const std::string body = letters(static_cast<std::size_t>(i) * 37 % 6000);
        asked += i % 3 == 0 ? chunked("/c", "3\r\nabc\r\n0\r\n\r\n") : post("/p", body);
        expected += ok(i % 3 == 0 ? "abc" : body);
    }

    std::thread sender{[&] {
        client.send(asked);
    }};
    const std::string got = client.read(expected.size());
    sender.join();

    EXPECT_TRUE(got == expected);
}

TEST(ServerConnection, CollectsNoMoreThanItsBoundWhileItAnswers) {
    Held held;
    TestServer server{held.behaviour(), {.limits = {.pipelined_bytes_max = 8 * 1024}}};
    BlockingClient client{server.port()};
    const std::string next = post("/next", letters(20'000));
    client.send(get("/first"));
    ASSERT_TRUE(server.journal().await("request /first 0"));

    client.send(next);
    server.run([&] { answer(*held.connection, "first"); });
    const std::string first = client.read(ok("first").size());
    ASSERT_TRUE(server.journal().await("request /next 20000"));
    server.run([&] { answer(*held.connection, "second"); });

    EXPECT_EQ(first, ok("first"));
    EXPECT_EQ(client.read(ok("second").size()), ok("second"));
}

TEST(ServerConnection, SeesAResetBehindMorePipelinedBytesThanItCollects) {
    Held held;
    TestServer server{held.behaviour(), {.limits = {.pipelined_bytes_max = 4 * 1024}}};
    BlockingClient client{server.port()};
    client.send(get("/first"));
    ASSERT_TRUE(server.journal().await("request /first 0"));

    client.send(std::string(100'000, 'x'));
    client.reset();

    EXPECT_TRUE(server.journal().await("gone"));
}

TEST(ServerConnection, DecodesAChunkedBody) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send(
        chunked("/c", "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\ntrailer: t\r\n\r\n") + get("/next"));

    EXPECT_EQ(client.read(ok("hello world").size() + ok("").size()), ok("hello world") + ok(""));
}

TEST(ServerConnection, DecodesALargeChunkedBodyByteByByteAtFirst) {
    TestServer server;
    BlockingClient client{server.port()};
    const std::string body = letters(300'000);
    std::string coded;
    for (std::size_t at = 0; at < body.size(); at += 1000) {
        coded += "3e8\r\n" + body.substr(at, 1000) + "\r\n";
    }
    const std::string request = chunked("/c", coded + "0\r\n\r\n");

    for (const char byte : request.substr(0, 200)) {
        client.send({&byte, 1});
    }
    client.send(std::string_view{request}.substr(200));

    EXPECT_TRUE(client.read(ok(body).size()) == ok(body));
}

TEST(ServerConnection, AsksForTheBodyAfterTheHeadIsAccepted) {
    TestServer server;
    BlockingClient client{server.port()};
    const std::string request = post("/e", "body", "expect: 100-continue\r\n");
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";

    client.send(request.substr(0, request.size() - 4));
    const std::string asked = client.read(go_on.size());
    client.send("body");

    EXPECT_EQ(asked, go_on);
    EXPECT_EQ(client.read(ok("body").size()), ok("body"));
}

TEST(ServerConnection, DoesNotAskForABodyThatIsAlreadyThere) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send(post("/e", "body", "expect: 100-continue\r\n"));

    EXPECT_EQ(client.read(ok("body").size()), ok("body"));
}

TEST(ServerConnection, RefusesBeforeTheBodyWhenTheHeadIsNotAccepted) {
    Behaviour behaviour;
    behaviour.on_head = [](ServerConnection&) -> Result<void> {
        return Error{Errc::unauthenticated};
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};

    client.send(
        "POST /e HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\n\r\n");

    EXPECT_EQ(client.read_to_end(), refusal("unauthenticated"));
    EXPECT_EQ(client.ended_by(), BlockingClient::End::finished);
}

TEST(ServerConnection, RefusesAnUnknownExpectation) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send(get("/e", "expect: a-miracle\r\n"));

    EXPECT_EQ(client.read_to_end(), refusal("invalid_request"));
}

TEST(ServerConnection, ClosesWhenTheCallerAsksForIt) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send(get("/a", "connection: close\r\n"));

    EXPECT_EQ(client.read_to_end(), last(""));
    EXPECT_EQ(client.ended_by(), BlockingClient::End::finished);
    client.close();
    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerConnection, ClosesAnOldConnectionUnlessItAsksForKeepAlive) {
    TestServer server;
    BlockingClient plain{server.port()};
    BlockingClient kept{server.port()};

    plain.send("GET /old HTTP/1.0\r\n\r\n");
    kept.send("GET /old HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    const std::string first = kept.read(ok("").size());
    kept.send("GET /old HTTP/1.0\r\n\r\n");

    EXPECT_EQ(plain.read_to_end(), last(""));
    EXPECT_EQ(first, ok(""));
    EXPECT_EQ(kept.read_to_end(), last(""));
}

TEST(ServerConnection, IgnoresOneEmptyLineBeforeARequest) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send("\r\n" + get("/a") + "\r\n" + get("/b"));

    EXPECT_EQ(client.read(2 * ok("").size()), ok("") + ok(""));
}

TEST(ServerConnection, IgnoresAnEmptyLineThatComesInTwoPieces) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send("\r");
    std::this_thread::sleep_for(std::chrono::milliseconds{30});  // two reads of the server, whenever it can
    client.send("\n");
    std::this_thread::sleep_for(std::chrono::milliseconds{30});
    client.send(get("/a"));

    EXPECT_EQ(client.read(ok("").size()), ok(""));
}

TEST(ServerConnection, TellsOfACallerWhoHangsUpWhileItIsAnswered) {
    Held held;
    TestServer server{held.behaviour()};
    BlockingClient client{server.port()};
    client.send(get("/a"));
    ASSERT_TRUE(server.journal().await("request /a 0"));

    client.close();

    EXPECT_TRUE(server.journal().await("gone"));
    EXPECT_TRUE(server.journal().await("destroyed"));
    EXPECT_EQ(server.run([&] { return server.server().connections(); }), 0U);
}

TEST(ServerConnection, TakesAHalfClosedCallerForGone) {
    Held held;
    TestServer server{held.behaviour()};
    BlockingClient client{server.port()};
    client.send(get("/a"));
    ASSERT_TRUE(server.journal().await("request /a 0"));

    client.shutdown_send();

    EXPECT_TRUE(server.journal().await("gone"));
}

TEST(ServerConnection, StaysUntilTheHandlerOfAGoneCallerLetsGo) {
    Held held;
    Behaviour behaviour = held.behaviour();
    behaviour.on_gone = [](ServerConnection&) {
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};
    client.send(post("/a", "body"));
    ASSERT_TRUE(server.journal().await("request /a 4"));
    client.close();
    ASSERT_TRUE(server.journal().await("gone"));

    const std::string body = server.run([&] { return std::string{held.connection->body()}; });
    const auto late = server.run([&] {
        const std::array<std::string_view, 1> parts{"late"};
        return held.connection->send(parts);
    });
    server.run([&] { held.connection->abort(); });

    EXPECT_EQ(body, "body");
    EXPECT_EQ(late, WriteProgress::failed);
    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerConnection, TellsOfACallerWhoHangsUpInABodyOnlyAfterItsHeadWasAccepted) {
    TestServer server;
    BlockingClient in_body{server.port()};
    in_body.send("POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf");
    ASSERT_TRUE(server.journal().await("head /body"));
    in_body.close();
    ASSERT_TRUE(server.journal().await("destroyed"));
    BlockingClient in_head{server.port()};
    in_head.send("POST /head HTT");
    in_head.close();
    ASSERT_TRUE(server.journal().await("destroyed", 2));

    EXPECT_THAT(
        server.journal().lines(), ElementsAre("head /body", "gone", "destroyed", "destroyed"));
}

TEST(ServerConnection, AbortIsSeenAsACut) {
    Behaviour behaviour;
    behaviour.on_request = [](ServerConnection& connection) {
        const std::array<std::string_view, 1> parts{
            "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\nhalf"};
        (void)connection.send(parts);
        connection.abort();
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};

    client.send(get("/a"));
    (void)client.read_to_end();

    EXPECT_EQ(client.ended_by(), BlockingClient::End::broken);
    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerConnection, SaysWhenAPendingSendIsDone) {
    Held held;
    TestServer server{held.behaviour()};
    BlockingClient client{server.port()};
    const std::string big(std::size_t{24} << 20, 'x');
    client.send(get("/a"));
    ASSERT_TRUE(server.journal().await("request /a 0"));

    const auto progress = server.run([&] {
        const std::array<std::string_view, 1> parts{big};
        return held.connection->send(parts);
    });
    const std::string got = client.read(big.size());
    ASSERT_TRUE(server.journal().await("sent"));
    server.run([&] { held.connection->finish(ServerConnection::After::keep_alive); });
    client.send(get("/b"));

    EXPECT_EQ(progress, WriteProgress::pending);
    EXPECT_TRUE(got == big);
    EXPECT_TRUE(server.journal().await("request /b 0"));
}

TEST(ServerConnection, FinishedWithAPendingSendItServesTheNextRequestAfterIt) {
    const std::string big = letters(std::size_t{24} << 20);
    Behaviour behaviour;
    behaviour.on_request = [&](ServerConnection& connection) {
        answer(connection, big);
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};

    client.send(get("/a") + get("/b"));
    const std::string got = client.read(2 * ok(big).size());

    EXPECT_TRUE(got == ok(big) + ok(big));
    EXPECT_THAT(server.journal().lines(), Not(Contains("sent")));
}

TEST(ServerConnection, StampsWhenTheFirstByteCame) {
    SteadyTime received{};
    SteadyTime asked{};
    Behaviour behaviour;
    behaviour.on_request = [&](ServerConnection& connection) {
        received = connection.received_at();
        asked = std::chrono::steady_clock::now();
        answer(connection, connection.peer_address());
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};
    const auto before = std::chrono::steady_clock::now();

    client.send(get("/a"));
    const std::string got = client.read(ok("127.0.0.1").size());

    EXPECT_EQ(got, ok("127.0.0.1"));
    EXPECT_GE(received, before);
    EXPECT_LE(received, asked);
}

TEST(ServerConnection, DrainsIdleConnectionsNowAndBusyOnesAfterTheirAnswer) {
    Held held;
    TestServer server{held.behaviour()};
    BlockingClient idle{server.port()};
    BlockingClient busy{server.port()};
    busy.send(get("/a"));
    ASSERT_TRUE(server.journal().await("request /a 0"));
    server.await_connections(2);

    const auto busy_before = server.run([&] { return server.server().busy(); });
    server.run([&] { server.server().drain(); });
    const std::string nothing = idle.read_to_end();
    server.run([&] { answer(*held.connection, "bye"); });

    EXPECT_EQ(busy_before, 1U);
    EXPECT_EQ(nothing, "");
    EXPECT_EQ(idle.ended_by(), BlockingClient::End::finished);
    EXPECT_EQ(busy.read_to_end(), last("bye"));
}

}  // namespace
}  // namespace pulse::net
