#include "net/listener.h"
#include "net/stream.h"

#include <gtest/gtest.h>

#include "client_fixture.h"
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace pulse::net::redis {
namespace {

/// Takes any connection, answers the log-in, and each later read with a text of the test's.
class FakeServer {
public:
    FakeServer(std::string login_answer, std::string answer)
        : login_answer_(std::move(login_answer)), answer_(std::move(answer)) {
        thread_.run([this] {
            listener_ =
                *Listener::open(thread_.loop(), claim_.address(), {}, [this](Stream stream) {
                    peers_.push_back(std::make_unique<Peer>(*this, std::move(stream)));
                });
        });
    }
    ~FakeServer() {
        thread_.run([this] {
            peers_.clear();
            listener_.reset();
        });
    }
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    [[nodiscard]] std::string url() const {
        return "redis://127.0.0.1:" + std::to_string(claim_.address().port);
    }

private:
    struct Peer final : ReadHandler, WriteHandler {
        Peer(FakeServer& owner, Stream connected) : server(owner), stream(std::move(connected)) {
            stream.async_read(buffer, *this);
        }
        void on_read(StreamStatus status, std::size_t /*bytes*/) override {
            if (status != StreamStatus::ok) {
                stream.close();
                return;
            }
            const std::array<std::string_view, 1> parts{
                is_logged_in ? server.answer_ : server.login_answer_};
            is_logged_in = true;
            if (!parts[0].empty()) {
                (void)stream.write(parts, *this);
            }
            stream.async_read(buffer, *this);
        }
        void on_written(StreamStatus /*status*/) override {}

        FakeServer& server;
        Stream stream;
        bool is_logged_in = false;
        std::array<char, 4096> buffer{};
    };

    std::string login_answer_;
    std::string answer_;
    PortClaim claim_ = *PortClaim::take({.host = "127.0.0.1", .port = 0});
    LoopThread thread_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<Peer>> peers_;
};

constexpr const char* kWelcome = "+OK\r\n+PONG\r\n";  // to CLIENT SETNAME and PING

TEST(RedisFakeServer, GarbageFailsTheCallsAndClosesTheConnection) {
    FakeServer server{kWelcome, "HTTP/1.1 400 Bad Request\r\n"};
    ClientThread client{server.url()};
    ASSERT_TRUE(client.await_state(NodeState::up));

    const Outcome outcome = client.call({"GET", "k"});

    EXPECT_TRUE(outcome.is(Failure::Kind::protocol)) << outcome.text();
    // So soon after it was opened: not again at once.
    EXPECT_EQ(client.states.states(), (std::vector<std::string>{"up", "down"}));
    EXPECT_TRUE(client.await_state(NodeState::up));
}

TEST(RedisFakeServer, GarbageForALogInMakesItDown) {
    FakeServer server{"<html>\r\n", ""};
    ClientThread client{server.url()};

    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_TRUE(client.call({"GET", "k"}).is(Failure::Kind::unavailable));
}

TEST(RedisFakeServer, AReplyThatNobodyAskedForClosesTheConnection) {
    FakeServer server{kWelcome, "+one\r\n+two\r\n"};
    ClientThread client{server.url()};
    ASSERT_TRUE(client.await_state(NodeState::up));

    EXPECT_EQ(client.call({"GET", "k"}).text(), "one");
    EXPECT_TRUE(ClientThread::await(
        [&] { return client.states.text().find("nobody asked for") != std::string::npos; }));
}

TEST(RedisFakeServer, ASilentLogInTimesOut) {
    FakeServer server{"", ""};
    ClientSettings settings = ClientThread::settings_for(server.url());
    settings.connect_timeout = std::chrono::milliseconds{200};
    ClientThread client{settings};

    EXPECT_TRUE(client.await_state(NodeState::down));
    EXPECT_NE(client.states.text().find("no answer to the log-in"), std::string::npos);
}

TEST(RedisFakeServer, CallsBeforeItConnectedWereCertainlyNotExecuted) {
    FakeServer server{"", ""};
    ClientSettings settings = ClientThread::settings_for(server.url());
    settings.deadline = std::chrono::milliseconds{30};
    ClientThread client{settings};

    const Outcome outcome = client.call({"GET", "k"});

    EXPECT_TRUE(outcome.is(Failure::Kind::unavailable)) << outcome.text();
    EXPECT_FALSE(may_have_executed(outcome.failure->kind));
}

TEST(RedisFakeServer, ALoadingServerIsDownUntilItHasLoaded) {
    FakeServer server{kWelcome, "-LOADING Redis is loading the dataset in memory\r\n"};
    ClientThread client{server.url()};
    ASSERT_TRUE(client.await_state(NodeState::up));

    const Outcome outcome = client.call({"GET", "k"});

    EXPECT_TRUE(outcome.is(Failure::Kind::unavailable)) << outcome.text();
    EXPECT_NE(client.states.text().find("down LOADING"), std::string::npos);
}

TEST(RedisFakeServer, ACallIsSentOnThreeTimesAtMost) {
    FakeServer server{kWelcome, "-NOSCRIPT No matching script\r\n"};
    ClientThread client{server.url()};
    ASSERT_TRUE(client.await_state(NodeState::up));
    const Script script{"return 1"};

    const Outcome outcome = client.eval(script, {"k"}, {});

    EXPECT_EQ(client.metrics().redirects, 1U);
    EXPECT_TRUE(outcome.reply && outcome.reply->is_error()) << outcome.text();
}

}  // namespace
}  // namespace pulse::net::redis
