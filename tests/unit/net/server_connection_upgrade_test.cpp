#include "net/http/server_connection.h"

#include <gtest/gtest.h>

#include "http_server_fixture.h"
#include <array>
#include <string>
#include <string_view>

namespace pulse::net {
namespace {

constexpr std::string_view kOpening =
    "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
constexpr std::string_view kSwitching =
    "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";

void switch_protocols(ServerConnection& connection) {
    const std::array<std::string_view, 1> parts{kSwitching};
    static_cast<void>(connection.send(parts));
    connection.upgrade();
}

/// Reads once, sends back what came, and ends the connection.
class Echo final : private ReadHandler, private WriteHandler {
public:
    void begin(ServerConnection& connection, Stream& stream) {
        connection_ = &connection;
        stream_ = &stream;
        stream.async_read(buffer_, *this);
    }

private:
    void on_read(StreamStatus status, std::size_t bytes) override {
        if (status != StreamStatus::ok) {
            return connection_->abort();
        }
        const std::array<std::string_view, 1> parts{std::string_view{buffer_.data(), bytes}};
        EXPECT_EQ(stream_->write(parts, *this), WriteProgress::done);
        connection_->finish(ServerConnection::After::keep_alive);
    }
    void on_written(StreamStatus) override {}

    ServerConnection* connection_ = nullptr;
    Stream* stream_ = nullptr;
    std::array<char, 256> buffer_{};
};

TEST(ServerConnectionUpgrade, HandsTheStreamOverAndEndsItInOrder) {
    Echo echo;
    Behaviour behaviour;
    behaviour.on_request = switch_protocols;
    behaviour.on_upgraded = [&](ServerConnection& connection, Stream& stream) {
        echo.begin(connection, stream);
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};

    client.send(kOpening);
    EXPECT_EQ(client.read(kSwitching.size()), kSwitching);
    ASSERT_TRUE(server.journal().await("upgraded "));
    client.send("raw bytes, no HTTP");

    EXPECT_EQ(client.read_to_end(), "raw bytes, no HTTP");
    EXPECT_EQ(client.ended_by(), BlockingClient::End::finished);
    client.close();
    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerConnectionUpgrade, HandsOverWhatCameBehindTheRequest) {
    Behaviour behaviour;
    behaviour.on_request = switch_protocols;
    TestServer server{behaviour};
    BlockingClient client{server.port()};

    client.send(std::string{kOpening} + "early");

    EXPECT_TRUE(server.journal().await("upgraded early"));
    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerConnectionUpgrade, TellsTheHandlerThatTheServerDrains) {
    Behaviour behaviour;
    behaviour.on_request = switch_protocols;
    behaviour.on_upgraded = [](ServerConnection&, Stream&) {
    };
    TestServer server{behaviour};
    BlockingClient client{server.port()};
    client.send(kOpening);
    ASSERT_TRUE(server.journal().await("upgraded "));

    server.run([&] { server.server().drain(); });

    EXPECT_TRUE(server.journal().await("drain"));
    EXPECT_EQ(server.run([&] { return server.server().busy(); }), 1U)
        << "it is the handler's to end";
}

}  // namespace
}  // namespace pulse::net
