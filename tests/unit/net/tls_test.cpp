#include "net/tls.h"

#include "net/detail/loop_state.h"
#include "net/detail/stream_state.h"
#include "net/detail/tls_context.h"
#include "net/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blocking_client.h"
#include "loop_thread.h"
#include "test_certificates.h"
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace pulse::net {
namespace {

using ::testing::HasSubstr;

/// One end: collects what it reads, and can be waited for.
class End final : public ReadHandler, public WriteHandler {
public:
    void take(Stream stream) {
        stream_ = std::move(stream);
        read();
    }
    void read() { stream_.async_read(buffer_, *this); }
    [[nodiscard]] Stream& stream() { return stream_; }

    [[nodiscard]] bool await_bytes(std::size_t bytes) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(
            lock, std::chrono::seconds{10}, [&] { return text_.size() >= bytes; });
    }
    [[nodiscard]] StreamStatus await_end() {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return end_ != StreamStatus::ok; });
        return end_;
    }
    [[nodiscard]] std::string text() {
        const std::lock_guard lock{mutex_};
        return text_;
    }

private:
    void on_read(StreamStatus status, std::size_t bytes) override {
        {
            const std::lock_guard lock{mutex_};
            text_.append(buffer_, bytes);
            end_ = status;
        }
        changed_.notify_all();
        if (status == StreamStatus::ok) {
            read();
        }
    }
    void on_written(StreamStatus) override {}

    Stream stream_;
    char buffer_[20'000] = {};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    StreamStatus end_ = StreamStatus::ok;
};

/// A TLS listener and clients of it, on one loop.
class TlsTest : public ::testing::Test {
protected:
    TlsTest() {
        thread_.run([&] {
            Listener::Settings settings;
            settings.tls = server_tls_;
            listener_ =
                *Listener::open(thread_.loop(), claim_.address(), settings, [this](Stream stream) {
                    server_ = std::make_unique<End>();
                    server_->take(std::move(stream));
                    accepted_.set_value();
                });
        });
    }
    ~TlsTest() override {
        thread_.run([&] {
            handshake_.reset();
            listener_.reset();
            server_.reset();
            client_.reset();
        });
    }

    /// Empty when it works, else the reason.
    std::string connect(const std::string& host) {
        accepted_ = {};
        std::promise<std::string> outcome;
        thread_.run([&] {
            client_ = std::make_unique<End>();
            detail::Socket socket{thread_.loop().state().io()};
            socket.connect({boost::asio::ip::address_v4::loopback(), claim_.address().port});
            handshake_ = detail::start_client_handshake(
                thread_.loop(), std::move(socket), client_tls_, host, [&](Result<Stream> stream) {
                    if (stream) {
                        client_->take(std::move(*stream));
                    }
                    outcome.set_value(stream ? std::string{} : stream.error().detail());
                });
        });
        std::string reason = outcome.get_future().get();
        if (reason.empty()) {
            accepted_.get_future().wait();
        }
        return reason;
    }
    [[nodiscard]] WriteProgress write(End& from, std::vector<std::string_view> parts) {
        return thread_.run([&] { return from.stream().write(parts, from); });
    }

    TestCertificates files_;
    std::shared_ptr<TlsContext> server_tls_ =
        *TlsContext::open_server(files_.certificate(), files_.private_key());
    std::shared_ptr<TlsContext> client_tls_ = *TlsContext::open_client(files_.authority());
    PortClaim claim_ = *PortClaim::take({.host = "127.0.0.1", .port = 0});
    LoopThread thread_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<detail::TlsHandshake> handshake_;
    std::promise<void> accepted_;
    std::unique_ptr<End> server_;
    std::unique_ptr<End> client_;
};

TEST_F(TlsTest, CarriesBytesBothWays) {
    ASSERT_EQ(connect("server.test"), "");

    ASSERT_EQ(write(*client_, {"ques", "tion"}), WriteProgress::done);
    ASSERT_TRUE(server_->await_bytes(8));
    ASSERT_EQ(write(*server_, {"answer"}), WriteProgress::done);
    ASSERT_TRUE(client_->await_bytes(6));

    EXPECT_EQ(server_->text(), "question");
    EXPECT_EQ(client_->text(), "answer");
    EXPECT_TRUE(thread_.run([&] { return client_->stream().is_tls(); }));
}

TEST_F(TlsTest, CarriesMoreThanTheKernelTakesAtOnce) {
    ASSERT_EQ(connect("server.test"), "");
    std::string big(std::size_t{6} << 20, 'x');
    for (std::size_t i = 0; i < big.size(); i += 1000) {
        big[i] = static_cast<char>('a' + i / 1000 % 26);
    }

    (void)write(*server_, {"head", big, "tail"});
    ASSERT_TRUE(client_->await_bytes(big.size() + 8));

    EXPECT_TRUE(client_->text() == "head" + big + "tail");
}

TEST_F(TlsTest, AcceptsTheAddressThatTheCertificateNames) {
    EXPECT_EQ(connect("127.0.0.1"), "");
}

TEST_F(TlsTest, RefusesACertificateForAnotherHost) {
    EXPECT_THAT(connect("other.test"), HasSubstr("hostname mismatch"));
    EXPECT_THAT(connect("127.0.0.2"), HasSubstr("IP address mismatch"));
}

TEST_F(TlsTest, RefusesAnAuthorityThatIsNotTrusted) {
    const TestCertificates strangers;
    client_tls_ = *TlsContext::open_client(strangers.authority());

    EXPECT_NE(connect("server.test"), "");
}

TEST_F(TlsTest, ResumesTheSessionOfAnEarlierConnectionToTheSameHost) {
    ASSERT_EQ(connect("server.test"), "");
    // A ticket comes with the server's first bytes.
    ASSERT_EQ(write(*server_, {"x"}), WriteProgress::done);
    ASSERT_TRUE(client_->await_bytes(1));
    thread_.run([&] { client_.reset(); });
    ASSERT_EQ(server_->await_end(), StreamStatus::end);

    ASSERT_EQ(connect("server.test"), "");

    EXPECT_EQ(client_tls_->counts().handshakes, 2U);
    EXPECT_EQ(client_tls_->counts().resumed, 1U);
    EXPECT_EQ(server_tls_->counts().resumed, 1U);
}

TEST_F(TlsTest, DoesNotOfferASessionToAnotherHost) {
    ASSERT_EQ(connect("server.test"), "");
    ASSERT_EQ(write(*server_, {"x"}), WriteProgress::done);
    ASSERT_TRUE(client_->await_bytes(1));

    ASSERT_EQ(connect("127.0.0.1"), "");

    EXPECT_EQ(client_tls_->counts().resumed, 0U);
}

TEST_F(TlsTest, CloseNotifyIsAnEnd) {
    ASSERT_EQ(connect("server.test"), "");

    thread_.run([&] { server_->stream().shutdown_send(); });

    EXPECT_EQ(client_->await_end(), StreamStatus::end);
}

TEST_F(TlsTest, ResetIsACut) {
    ASSERT_EQ(connect("server.test"), "");

    thread_.run([&] { server_->stream().reset(); });

    EXPECT_EQ(client_->await_end(), StreamStatus::cut);
}

TEST_F(TlsTest, EndOfTheTcpStreamWithoutCloseNotifyIsACut) {
    BlockingClient client{claim_.address().port};
    const detail::SslContextPtr context{SSL_CTX_new(TLS_client_method())};
    const detail::SslPtr ssl{SSL_new(context.get())};
    SSL_set_fd(ssl.get(), client.socket());
    ASSERT_EQ(SSL_connect(ssl.get()), 1);
    accepted_.get_future().wait();

    client.shutdown_send();

    EXPECT_EQ(server_->await_end(), StreamStatus::cut);
}

TEST_F(TlsTest, SpeaksNothingOlderThanTls12) {
    BlockingClient client{claim_.address().port};
    const detail::SslContextPtr context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    const detail::SslPtr ssl{SSL_new(context.get())};
    SSL_set_fd(ssl.get(), client.socket());

    EXPECT_NE(SSL_connect(ssl.get()), 1);
}

TEST_F(TlsTest, ChoosesHttp11) {
    BlockingClient client{claim_.address().port};
    const detail::SslContextPtr context{SSL_CTX_new(TLS_client_method())};
    const detail::SslPtr ssl{SSL_new(context.get())};
    const unsigned char offered[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl.get(), offered, sizeof offered - 1);
    SSL_set_fd(ssl.get(), client.socket());
    ASSERT_EQ(SSL_connect(ssl.get()), 1);

    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl.get(), &chosen, &size);

    EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
}

TEST_F(TlsTest, ACallerWhoDoesNotSpeakTlsIsDropped) {
    BlockingClient client{claim_.address().port};

    client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    (void)client.read_to_end();

    EXPECT_NE(client.ended_by(), BlockingClient::End::open);
}

TEST_F(TlsTest, DestroyingAHandshakeCallsNobody) {
    bool called = false;
    BlockingClient silent{claim_.address().port};
    thread_.run([&] {
        detail::Socket socket{thread_.loop().state().io()};
        socket.connect({boost::asio::ip::address_v4::loopback(), claim_.address().port});
        auto handshake = detail::start_client_handshake(
            thread_.loop(), std::move(socket), client_tls_, "server.test", [&](Result<Stream>) {
                called = true;
            });
        handshake.reset();
    });
    ASSERT_EQ(connect("server.test"), "");

    EXPECT_FALSE(called);
}

TEST(TlsContext, NamesTheFileThatItCannotUse) {
    const TestCertificates files;

    const auto no_file = TlsContext::open_server("/nowhere/cert.pem", files.private_key());
    const auto wrong_key = TlsContext::open_server(files.certificate(), files.other_key());
    const auto no_authority = TlsContext::open_client("/nowhere/ca.pem");

    ASSERT_FALSE(no_file.has_value());
    EXPECT_EQ(no_file.error().code(), Errc::configuration);
    EXPECT_THAT(
        no_file.error().detail(), HasSubstr("certificate \"/nowhere/cert.pem\": No such file"));
    ASSERT_FALSE(wrong_key.has_value());
    EXPECT_THAT(wrong_key.error().detail(), HasSubstr("key values mismatch"));
    ASSERT_FALSE(no_authority.has_value());
    EXPECT_THAT(no_authority.error().detail(), HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace pulse::net
