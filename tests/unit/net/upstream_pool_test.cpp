#include "net/http/upstream_pool.h"

#include "net/detail/loop_state.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulse::net {
namespace {

using namespace std::chrono_literals;
using Freshness = UpstreamPool::Freshness;

/// A provider's listening socket; the kernel takes connections for it, the test accepts them when
/// it wants.
class Provider {
public:
    explicit Provider(bool is_listening = true) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        socklen_t size = sizeof address;
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        if (is_listening) {
            EXPECT_EQ(::listen(fd_, 64), 0);
        }
    }
    ~Provider() {
        for (const int peer : peers_) {
            ::close(peer);
        }
        ::close(fd_);
    }
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    void accept() { peers_.push_back(::accept(fd_, nullptr, nullptr)); }
    void close(std::size_t peer) {
        ::close(peers_.at(peer));
        peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(peer));
    }
    void send(std::size_t peer, std::string_view bytes) {
        EXPECT_EQ(
            ::send(peers_.at(peer), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] bool has_another() const {
        pollfd state{.fd = fd_, .events = POLLIN, .revents = 0};
        return ::poll(&state, 1, 0) == 1;
    }

private:
    int fd_;
    std::uint16_t port_ = 0;
    std::vector<int> peers_;
};

class Caller final : public ConnectionHandler {
public:
    void on_connection(Result<std::unique_ptr<UpstreamConnection>> result) override {
        ++calls;
        if (result) {
            connection = std::move(*result);
        } else {
            error = result.error().code();
        }
    }
    int calls = 0;
    std::unique_ptr<UpstreamConnection> connection;
    std::optional<Errc> error;
};

class Pooled : public testing::Test {
protected:
    [[nodiscard]] Endpoint endpoint() const {
        Endpoint endpoint;
        endpoint.host = "127.0.0.1";
        endpoint.port = provider_.port();
        return endpoint;
    }
    void make_pool(Endpoint endpoint) { pool_ = UpstreamPool::make(loop_, std::move(endpoint)); }

    /// Runs the loop until `is_done`; a test that waits for 10 s has failed.
    template <class Condition>
    void run_until(Condition is_done) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!is_done() && std::chrono::steady_clock::now() < deadline) {
            loop_.state().io().run_one_for(100ms);
        }
        EXPECT_TRUE(is_done());
    }
    void acquire(Caller& caller, Freshness freshness = Freshness::any) {
        pool_->acquire(freshness, caller);
        run_until([&] { return caller.calls == 1; });
    }
    /// A connection that was handed out, and that the provider accepted.
    std::unique_ptr<UpstreamConnection> connect() {
        Caller caller;
        acquire(caller, Freshness::fresh);
        provider_.accept();
        return std::move(caller.connection);
    }

    Provider provider_;
    Loop loop_;
    std::unique_ptr<UpstreamPool> pool_;
};

TEST_F(Pooled, OpensAConnection) {
    make_pool(endpoint());
    Caller caller;

    acquire(caller);

    ASSERT_NE(caller.connection, nullptr);
    EXPECT_TRUE(caller.connection->stream.is_open());
    EXPECT_FALSE(caller.connection->reused);
    EXPECT_EQ(caller.connection->requests, 0U);
    EXPECT_EQ(pool_->metrics().busy, 1U);
    pool_->discard(std::move(caller.connection));
    EXPECT_EQ(pool_->metrics().busy, 0U);
}

TEST_F(Pooled, HandsOutAConnectionAgain) {
    make_pool(endpoint());
    pool_->give_back(connect());
    Caller caller;

    pool_->acquire(Freshness::any, caller);

    ASSERT_NE(caller.connection, nullptr);
    EXPECT_TRUE(caller.connection->reused);
    EXPECT_EQ(caller.connection->requests, 1U);
    EXPECT_FALSE(provider_.has_another());
    pool_->discard(std::move(caller.connection));
}

TEST_F(Pooled, HandsOutTheLatestFirst) {
    make_pool(endpoint());
    auto first = connect();
    auto second = connect();
    const UpstreamConnection* const latest = second.get();
    pool_->give_back(std::move(first));
    pool_->give_back(std::move(second));
    Caller caller;

    pool_->acquire(Freshness::any, caller);

    EXPECT_EQ(caller.connection.get(), latest);
    pool_->discard(std::move(caller.connection));
}

TEST_F(Pooled, OpensAFreshOneWhenAskedTo) {
    make_pool(endpoint());
    pool_->give_back(connect());
    Caller caller;

    acquire(caller, Freshness::fresh);

    EXPECT_FALSE(caller.connection->reused);
    EXPECT_EQ(pool_->metrics().idle, 1U);
    pool_->discard(std::move(caller.connection));
}

TEST_F(Pooled, DropsAnIdleConnectionThatTheProviderCloses) {
    make_pool(endpoint());
    pool_->give_back(connect());

    provider_.close(0);

    run_until([&] { return pool_->metrics().idle == 0; });
}

TEST_F(Pooled, DropsAnIdleConnectionThatTheProviderClosesLater) {
    make_pool(endpoint());
    pool_->give_back(connect());
    const auto watched = std::chrono::steady_clock::now() + 300ms;
    run_until([&] { return std::chrono::steady_clock::now() > watched; });
    ASSERT_EQ(pool_->metrics().idle, 1U);

    provider_.close(0);

    run_until([&] { return pool_->metrics().idle == 0; });
}

TEST_F(Pooled, DropsAnIdleConnectionThatSendsUnasked) {
    make_pool(endpoint());
    pool_->give_back(connect());

    provider_.send(0, "HTTP/1.1 408 Request Timeout\r\n\r\n");

    run_until([&] { return pool_->metrics().idle == 0; });
}

TEST_F(Pooled, NeverHandsOutAConnectionWhoseCloseIsReadable) {
    make_pool(endpoint());
    pool_->give_back(connect());
    provider_.close(0);
    const auto later = std::chrono::steady_clock::now() + 5ms;
    while (std::chrono::steady_clock::now() < later) {  // the loop does not run: it has not noticed
    }
    Caller caller;

    acquire(caller);

    ASSERT_NE(caller.connection, nullptr);
    EXPECT_FALSE(caller.connection->reused);
    pool_->discard(std::move(caller.connection));
}

TEST_F(Pooled, ReadsEveryByteAfterItWasWatched) {
    class Reader final : public ReadHandler {
    public:
        void on_read(StreamStatus status, std::size_t bytes) override {
            EXPECT_EQ(status, StreamStatus::ok);
            size = bytes;
        }
        std::size_t size = 0;
    };
    make_pool(endpoint());
    pool_->give_back(connect());
    const auto watched = std::chrono::steady_clock::now() + 300ms;
    run_until([&] { return std::chrono::steady_clock::now() > watched; });
    Caller caller;
    pool_->acquire(Freshness::any, caller);
    ASSERT_NE(caller.connection, nullptr);
    Reader reader;
    std::array<char, 64> buffer{};

    caller.connection->stream.async_read(buffer, reader);
    provider_.send(0, "HTTP/1.1");
    run_until([&] { return reader.size > 0; });

    EXPECT_EQ(std::string_view(buffer.data(), reader.size), "HTTP/1.1");
    pool_->give_back(std::move(caller.connection));
    EXPECT_EQ(pool_->metrics().idle, 1U);
}

TEST_F(Pooled, ClosesIdleConnectionsInTime) {
    Endpoint short_lived = endpoint();
    short_lived.idle_timeout = 100ms;
    make_pool(short_lived);
    pool_->give_back(connect());
    pool_->give_back(connect());

    run_until([&] { return pool_->metrics().idle == 0; });
}

TEST_F(Pooled, ClosesTheLongestIdleWhenTheyAreTooMany) {
    Endpoint small = endpoint();
    small.idle_max = 1;
    make_pool(small);
    auto first = connect();
    auto second = connect();
    const UpstreamConnection* const latest = second.get();

    pool_->give_back(std::move(first));
    pool_->give_back(std::move(second));

    EXPECT_EQ(pool_->metrics().idle, 1U);
    Caller caller;
    pool_->acquire(Freshness::any, caller);
    EXPECT_EQ(caller.connection.get(), latest);
    pool_->discard(std::move(caller.connection));
}

TEST_F(Pooled, DoesNotKeepAConnectionThatIsStillRead) {
    class Reader final : public ReadHandler {
        void on_read(StreamStatus, std::size_t) override {}
    };
    make_pool(endpoint());
    auto connection = connect();
    Reader reader;
    std::array<char, 8> buffer{};
    connection->stream.async_read(buffer, reader);

    pool_->give_back(std::move(connection));

    EXPECT_EQ(pool_->metrics().idle, 0U);
    EXPECT_EQ(pool_->metrics().busy, 0U);
}

TEST_F(Pooled, LetsCallersWaitInOrderAtTheLimit) {
    Endpoint narrow = endpoint();
    narrow.connections_max = 1;
    make_pool(narrow);
    auto only = connect();
    Caller first;
    Caller cancelled;
    Caller second;
    pool_->acquire(Freshness::any, first);
    pool_->acquire(Freshness::any, cancelled);
    pool_->acquire(Freshness::any, second);
    EXPECT_EQ(pool_->metrics().waiting, 3U);
    EXPECT_EQ(pool_->metrics().connecting, 0U);

    pool_->cancel(cancelled);
    pool_->give_back(std::move(only));
    ASSERT_NE(first.connection, nullptr);
    EXPECT_EQ(second.calls, 0);
    pool_->give_back(std::move(first.connection));

    EXPECT_NE(second.connection, nullptr);
    EXPECT_EQ(cancelled.calls, 0);
    pool_->discard(std::move(second.connection));
}

TEST_F(Pooled, OpensANewOneForAWaiterWhenOneWasDiscarded) {
    Endpoint narrow = endpoint();
    narrow.connections_max = 1;
    make_pool(narrow);
    auto only = connect();
    Caller waiter;
    pool_->acquire(Freshness::any, waiter);

    pool_->discard(std::move(only));
    run_until([&] { return waiter.calls == 1; });

    EXPECT_FALSE(waiter.connection->reused);
    pool_->discard(std::move(waiter.connection));
}

TEST_F(Pooled, GivesAnIdleConnectionUpForAFreshOneAtTheLimit) {
    Endpoint narrow = endpoint();
    narrow.connections_max = 1;
    make_pool(narrow);
    auto only = connect();
    Caller waiter;
    pool_->acquire(Freshness::fresh, waiter);

    pool_->give_back(std::move(only));
    run_until([&] { return waiter.calls == 1; });

    EXPECT_FALSE(waiter.connection->reused);
    EXPECT_EQ(pool_->metrics().idle, 0U);
    pool_->discard(std::move(waiter.connection));
}

TEST_F(Pooled, RefusesWhenTooManyWait) {
    Endpoint narrow = endpoint();
    narrow.connections_max = 1;
    narrow.waiters_max = 1;
    make_pool(narrow);
    auto only = connect();
    Caller waiter;
    pool_->acquire(Freshness::any, waiter);
    Caller refused;

    pool_->acquire(Freshness::any, refused);

    EXPECT_EQ(refused.error, Errc::overloaded);
    pool_->cancel(waiter);
    pool_->discard(std::move(only));
}

TEST_F(Pooled, GivesTheConnectionOfACancelledCallerToTheNext) {
    make_pool(endpoint());
    Caller gone;
    pool_->acquire(Freshness::any, gone);

    pool_->cancel(gone);
    run_until([&] { return pool_->metrics().idle == 1; });

    EXPECT_EQ(gone.calls, 0);
    EXPECT_EQ(pool_->metrics().connecting, 0U);
}

TEST_F(Pooled, SaysThatNobodyListens) {
    const Provider deaf{false};
    Endpoint dead = endpoint();
    dead.port = deaf.port();
    make_pool(dead);
    Caller caller;

    acquire(caller);

    EXPECT_EQ(caller.error, Errc::upstream_unavailable);
    EXPECT_EQ(pool_->metrics().connecting, 0U);
}

TEST_F(Pooled, LooksNamesUpAndTriesTheirAddresses) {
    Endpoint named = endpoint();
    named.host = "localhost";  // ::1 too where the machine has it, on which nobody listens
    make_pool(named);
    Caller caller;

    acquire(caller);

    ASSERT_NE(caller.connection, nullptr);
    EXPECT_EQ(caller.connection->stream.peer_address(), "127.0.0.1");
    pool_->discard(std::move(caller.connection));
}

TEST_F(Pooled, SaysThatANameIsUnknown) {
    Endpoint unknown = endpoint();
    unknown.host = std::string(300, 'x');  // longer than a name may be: no server is asked
    make_pool(unknown);
    Caller first;
    Caller second;
    pool_->acquire(Freshness::any, first);
    pool_->acquire(Freshness::any, second);

    run_until([&] { return first.calls == 1 && second.calls == 1; });

    EXPECT_EQ(first.error, Errc::upstream_unavailable);
    EXPECT_EQ(second.error, Errc::upstream_unavailable);
    Caller third;
    pool_->acquire(Freshness::any, third);
    EXPECT_EQ(third.error, Errc::upstream_unavailable);  // remembered: no second look-up
}

TEST_F(Pooled, ForgetsItsWaitersWhenItIsDestroyed) {
    make_pool(endpoint());
    Caller caller;
    pool_->acquire(Freshness::any, caller);

    pool_.reset();
    loop_.state().io().poll();

    EXPECT_EQ(caller.calls, 0);
}

TEST_F(Pooled, MayBeAskedAgainInsideTheAnswer) {
    class Persistent final : public ConnectionHandler {
    public:
        explicit Persistent(UpstreamPool& pool) : pool_(pool) {}
        void on_connection(Result<std::unique_ptr<UpstreamConnection>> result) override {
            ASSERT_TRUE(result.has_value());
            pool_.give_back(std::move(*result));
            if (++calls < 3) {
                pool_.acquire(UpstreamPool::Freshness::any, *this);
            }
        }
        int calls = 0;

    private:
        UpstreamPool& pool_;
    };
    make_pool(endpoint());
    Persistent caller{*pool_};

    pool_->acquire(Freshness::any, caller);
    run_until([&] { return caller.calls == 3; });

    EXPECT_EQ(pool_->metrics().idle, 1U);
    EXPECT_EQ(pool_->metrics().busy, 0U);
}

}  // namespace
}  // namespace pulse::net
