#include "net/detail/loop_state.h"
#include "net/http/upstream_pool.h"
#include "net/listener.h"
#include "net/tls.h"

#include <gtest/gtest.h>

#include "test_certificates.h"
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::net {
namespace {

using namespace std::chrono_literals;
using Freshness = UpstreamPool::Freshness;

class Caller final : public ConnectionHandler {
public:
    void on_connection(Result<std::unique_ptr<UpstreamConnection>> result) override {
        is_called = true;
        if (result) {
            connection = std::move(*result);
        } else {
            error = result.error().code();
        }
    }
    bool is_called = false;
    std::unique_ptr<UpstreamConnection> connection;
    std::optional<Errc> error;
};

class Reader final : public ReadHandler, public WriteHandler {
public:
    void on_read(StreamStatus /*status*/, std::size_t bytes) override { size = bytes; }
    void on_written(StreamStatus /*status*/) override {}
    std::size_t size = 0;
};

/// A provider that speaks TLS, or listens and never answers a handshake, on the pool's own loop.
class TlsPooled : public testing::Test {
protected:
    void listen(std::shared_ptr<TlsContext> tls) {
        listener_ = *Listener::open(
            loop_, claim_.address(), {.tls = std::move(tls)}, [this](Stream stream) {
                provider_ = std::move(stream);
            });
    }
    void make_pool(const std::string& host) {
        Endpoint endpoint;
        endpoint.host = host;
        endpoint.port = claim_.address().port;
        endpoint.tls = *TlsContext::open_client(certificates_.authority());
        endpoint.connect_timeout = 200ms;
        pool_ = UpstreamPool::make(loop_, std::move(endpoint));
    }
    template <class Condition>
    void run_until(Condition is_done) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!is_done() && std::chrono::steady_clock::now() < deadline) {
            loop_.state().io().run_one_for(100ms);
        }
        EXPECT_TRUE(is_done());
    }
    /// Sends `bytes` and waits until the other side has read them.
    void pass(Stream& from, Stream& to, std::string_view bytes) {
        Reader reader;
        std::array<char, 64> buffer{};
        const std::array parts{bytes};
        to.async_read(buffer, reader);
        EXPECT_EQ(from.write(parts, reader), WriteProgress::done);
        run_until([&] { return reader.size > 0; });
        EXPECT_EQ(std::string_view(buffer.data(), reader.size), bytes);
    }

    TestCertificates certificates_;
    PortClaim claim_ = *PortClaim::take({.host = "127.0.0.1", .port = 0});
    Loop loop_;
    std::unique_ptr<Listener> listener_;
    Stream provider_;
    std::unique_ptr<UpstreamPool> pool_;
};

TEST_F(TlsPooled, KeepsAConnectionForTheNextRequest) {
    listen(*TlsContext::open_server(certificates_.certificate(), certificates_.private_key()));
    make_pool("127.0.0.1");
    Caller first;
    pool_->acquire(Freshness::any, first);
    run_until([&] { return first.is_called && provider_.is_open(); });
    ASSERT_NE(first.connection, nullptr);
    pass(first.connection->stream, provider_, "request");
    pass(provider_, first.connection->stream, "answer");

    pool_->give_back(std::move(first.connection));
    const auto watched = std::chrono::steady_clock::now() + 300ms;
    run_until([&] { return std::chrono::steady_clock::now() > watched; });
    Caller second;
    pool_->acquire(Freshness::any, second);

    ASSERT_NE(second.connection, nullptr);
    EXPECT_TRUE(second.connection->reused);
    pass(second.connection->stream, provider_, "request");
    pass(provider_, second.connection->stream, "answer");
    pool_->give_back(std::move(second.connection));
    provider_.close();
    run_until([&] { return pool_->metrics().idle == 0; });
}

TEST_F(TlsPooled, RefusesACertificateForAnotherHost) {
    listen(*TlsContext::open_server(certificates_.certificate(), certificates_.private_key()));
    make_pool("localhost");
    Caller caller;

    pool_->acquire(Freshness::any, caller);
    run_until([&] { return caller.is_called; });

    EXPECT_EQ(caller.error, Errc::upstream_unavailable);
}

TEST_F(TlsPooled, GivesUpWhenTheHandshakeIsNotAnsweredInTime) {
    listen(nullptr);
    make_pool("127.0.0.1");
    Caller caller;

    pool_->acquire(Freshness::any, caller);
    run_until([&] { return caller.is_called; });

    EXPECT_EQ(caller.error, Errc::upstream_timeout);
    EXPECT_EQ(pool_->metrics().connecting, 0U);
}

}  // namespace
}  // namespace pulse::net
