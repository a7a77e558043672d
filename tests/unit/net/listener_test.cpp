#include "net/listener.h"

#include "net/detail/listen_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "blocking_client.h"
#include "loop_thread.h"
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace pulse::net {
namespace {

using ::testing::HasSubstr;

struct AddressCase {
    const char* text;
    const char* host;
    std::uint16_t port;
    const char* written;
};

class GoodListenAddress : public ::testing::TestWithParam<AddressCase> {};

TEST_P(GoodListenAddress, IsReadAndWritten) {
    const auto address = parse_listen_address(GetParam().text);

    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(address->host, GetParam().host);
    EXPECT_EQ(address->port, GetParam().port);
    EXPECT_EQ(address->to_string(), GetParam().written);
}

INSTANTIATE_TEST_SUITE_P(
    Forms,
    GoodListenAddress,
    ::testing::Values(
        AddressCase{"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"},
        AddressCase{"[::1]:8080", "::1", 8080, "[::1]:8080"},
        AddressCase{"[::]:1", "::", 1, "[::]:1"},
        AddressCase{"localhost:80", "127.0.0.1", 80, "127.0.0.1:80"},
        AddressCase{"0.0.0.0:0", "0.0.0.0", 0, "0.0.0.0:0"},
        AddressCase{":65535", "", 65535, ":65535"}));

class BadListenAddress : public ::testing::TestWithParam<const char*> {};

TEST_P(BadListenAddress, IsRefusedWithTheFormsThatWork) {
    const auto address = parse_listen_address(GetParam());

    ASSERT_FALSE(address.has_value());
    EXPECT_EQ(address.error().code(), Errc::configuration);
    EXPECT_THAT(address.error().detail(), HasSubstr("127.0.0.1:8080"));
}

INSTANTIATE_TEST_SUITE_P(
    Forms,
    BadListenAddress,
    ::testing::Values(
        "",
        "8080",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:80x",
        "::1:8080",
        "[::1]",
        "[::g]:1",
        "[127.0.0.1]:1",
        "example.com:80",
        "127.0.0.1:-1",
        "[]:1"));

TEST(PortClaim, PicksAPortAndKeepsItFromOthers) {
    const auto claim = PortClaim::take({.host = "127.0.0.1", .port = 0});
    ASSERT_TRUE(claim.has_value());

    const auto second = PortClaim::take(claim->address());

    EXPECT_NE(claim->address().port, 0);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code(), Errc::configuration);
    EXPECT_THAT(second.error().detail(), HasSubstr(claim->address().to_string()));
    EXPECT_THAT(second.error().detail(), HasSubstr("process " + std::to_string(::getpid())));
}

TEST(PortClaim, IsRefusedWhenAnotherProgramSharesItsPort) {
    const auto other =
        detail::bind_socket({.host = "127.0.0.1", .port = 0}, detail::PortSharing::shared);
    ASSERT_TRUE(other.has_value());
    ASSERT_EQ(::listen(*other, 1), 0);
    const ListenAddress address{.host = "127.0.0.1", .port = detail::port_of(*other)};

    const auto claim = PortClaim::take(address);
    ::close(*other);

    ASSERT_FALSE(claim.has_value());
    EXPECT_THAT(claim.error().detail(), HasSubstr("another program has it"));
}

TEST(PortClaim, IsFreeAgainAfterItsEnd) {
    ListenAddress address;
    {
        const auto claim = PortClaim::take({.host = "127.0.0.1", .port = 0});
        ASSERT_TRUE(claim.has_value());
        address = claim->address();
    }

    EXPECT_TRUE(PortClaim::take(address).has_value());
}

/// Listeners of one loop; keeps what they accept.
class Accepting {
public:
    explicit Accepting(Listener::Settings settings = {}, std::string host = "127.0.0.1")
        : claim_(*PortClaim::take({.host = std::move(host), .port = 0})) {
        thread_.run([&] {
            listener_ =
                *Listener::open(thread_.loop(), claim_.address(), settings, [this](Stream stream) {
                    streams_.push_back(std::move(stream));
                    ++accepted_;
                    accepted_.notify_all();
                });
        });
    }
    ~Accepting() {
        thread_.run([&] {
            listener_.reset();
            streams_.clear();
        });
    }
    Accepting(const Accepting&) = delete;
    Accepting& operator=(const Accepting&) = delete;

    [[nodiscard]] std::uint16_t port() const { return claim_.address().port; }
    [[nodiscard]] int accepted() const { return accepted_; }
    /// Blocks until more than `before` are there.
    void await_more_than(int before) const { accepted_.wait(before); }
    template <class Task>
    auto run(Task task) {
        return thread_.run([&] { return task(*listener_, streams_); });
    }

private:
    PortClaim claim_;
    LoopThread thread_;
    std::unique_ptr<Listener> listener_;
    std::vector<Stream> streams_;
    std::atomic<int> accepted_{0};
};

TEST(Listener, AcceptsAHundredCallers) {
    Accepting listener;
    std::vector<std::unique_ptr<BlockingClient>> clients;

    for (int i = 0; i < 100; ++i) {
        clients.push_back(std::make_unique<BlockingClient>(listener.port()));
        listener.await_more_than(i);
    }

    EXPECT_EQ(listener.accepted(), 100);
}

TEST(Listener, TakesIpv4CallersOnAllAddresses) {
    Accepting listener{{}, ""};

    BlockingClient client{listener.port()};
    listener.await_more_than(0);

    EXPECT_EQ(
        listener.run([](Listener&, auto& streams) { return streams.at(0).peer_address(); }),
        "127.0.0.1");
}

TEST(Listener, LeavesCallersBeyondItsBoundInTheKernelsQueueUntilOneEnds) {
    Accepting listener{{.tls = nullptr, .connections_max = 2}};
    BlockingClient a{listener.port()};
    BlockingClient b{listener.port()};
    BlockingClient c{listener.port()};
    listener.await_more_than(0);
    listener.await_more_than(1);

    const int before = listener.run([&](Listener&, auto&) { return listener.accepted(); });
    listener.run([](Listener& self, auto&) { self.on_stream_ended(); });
    listener.await_more_than(2);

    EXPECT_EQ(before, 2);
    EXPECT_EQ(listener.accepted(), 3);
}

TEST(Listener, ClosedItRefusesNewCallersAndLeavesTheOldOnesAlone) {
    Accepting listener;
    BlockingClient old{listener.port()};
    listener.await_more_than(0);

    listener.run([](Listener& self, auto&) { self.close(); });

    EXPECT_ANY_THROW(BlockingClient{listener.port()});
    EXPECT_TRUE(listener.run([](Listener&, auto& streams) { return streams.at(0).is_open(); }));
}

TEST(Listener, RecoversWhenTheProcessHadNoDescriptorLeft) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizers need descriptors of their own";
#endif
    Accepting listener;
    BlockingClient first{listener.port()};
    listener.await_more_than(0);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);

    // The waiting caller takes the last descriptor that is allowed.
    std::optional<BlockingClient> waiting;
    const int highest = ::dup(0);
    ::close(highest);
    rlimit tight = limit;
    tight.rlim_cur = static_cast<rlim_t>(highest) + 1;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    waiting.emplace(listener.port());
    listener.run([](Listener&, auto&) {});
    const int before = listener.accepted();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    listener.await_more_than(1);

    EXPECT_EQ(before, 1);
    EXPECT_EQ(listener.accepted(), 2);
}

}  // namespace
}  // namespace pulse::net
