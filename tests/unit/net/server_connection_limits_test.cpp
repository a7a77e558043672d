// What a ServerConnection does not put up with: bad, large and slow requests, and callers who
// vanish.
#include "net/http/server_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_server_fixture.h"
#include "http_text.h"
#include "test_certificates.h"
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>

namespace pulse::net {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Not;

std::ptrdiff_t open_descriptors() {
    return std::distance(
        std::filesystem::directory_iterator{"/proc/self/fd"},
        std::filesystem::directory_iterator{});
}

TEST(ServerLimits, RefusesABadHeadAndClosesAfterTheAnswer) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send("GET / HTTP/1.1\r\nhost : x\r\n\r\n" + get("/smuggled"));

    EXPECT_EQ(client.read_to_end(), refusal("invalid_request"));
    EXPECT_EQ(client.ended_by(), BlockingClient::End::finished);
    EXPECT_THAT(server.journal().lines(), Not(Contains("head /smuggled")));
}

TEST(ServerLimits, RefusesAHeadThatIsTooLarge) {
    TestServer server{{}, {.limits = {.head_bytes_max = 8192}}};
    BlockingClient client{server.port()};

    client.send("GET / HTTP/1.1\r\nhost: x\r\nx-large: " + std::string(20'000, 'v') + "\r\n\r\n");

    EXPECT_EQ(client.read_to_end(), refusal("header_too_large"));
}

TEST(ServerLimits, RefusesABodyThatIsTooLargeByItsLengthAlone) {
    TestServer server{{}, {.limits = {.body_bytes_max = 1000}}};
    BlockingClient client{server.port()};

    client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\n");

    EXPECT_EQ(client.read_to_end(), refusal("request_too_large"));
}

TEST(ServerLimits, RefusesAChunkedBodyThatGrowsTooLarge) {
    TestServer server{{}, {.limits = {.body_bytes_max = 1000}}};
    BlockingClient client{server.port()};

    client.send(chunked("/", "3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\n"));
    client.send("y");

    EXPECT_EQ(client.read_to_end(), refusal("request_too_large"));
}

TEST(ServerLimits, RefusesBrokenChunks) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send(chunked("/", "zz\r\n"));

    EXPECT_EQ(client.read_to_end(), refusal("invalid_request"));
}

TEST(ServerLimits, TheAnswerSurvivesABodyThatIsStillBeingSent) {
    TestServer server{{}, {.limits = {.body_bytes_max = 1000}}};
    BlockingClient client{server.port()};

    client.send(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + std::string(60'000, 'x'));

    EXPECT_EQ(client.read_to_end(), refusal("request_too_large"));
    EXPECT_EQ(client.ended_by(), BlockingClient::End::finished);
}

TEST(ServerLimits, RefusesABodyForWhichThereIsNoMemoryAndTakesItLater) {
    TestServer server{{}, {.limits = {}, .body_memory = 50'000, .tls = nullptr}};
    BlockingClient too_much{server.port()};
    BlockingClient fitting{server.port()};
    const std::string body(40'000, 'x');

    too_much.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50001\r\n\r\n");
    const std::string refused = too_much.read_to_end();
    fitting.send(post("/", body) + post("/", body));

    EXPECT_EQ(refused, refusal("overloaded"));
    EXPECT_TRUE(fitting.read(2 * ok(body).size()) == ok(body) + ok(body));
}

TEST(ServerLimits, GivesAllBodyMemoryBack) {
    TestServer server{{}, {.limits = {}, .body_memory = 100'000, .tls = nullptr}};
    {
        BlockingClient cut{server.port()};
        cut.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\nhalf");
        ASSERT_TRUE(server.journal().await("head /"));
    }
    ASSERT_TRUE(server.journal().await("destroyed"));

    EXPECT_TRUE(server.run([&] { return server.budget().try_take(100'000); }));
}

TEST(ServerLimits, RefusesAHeadThatIsTooSlow) {
    TestServer server{{}, {.limits = {.head_timeout = 60ms}}};
    BlockingClient client{server.port()};

    client.send("GET / HT");

    EXPECT_EQ(client.read_to_end(), refusal("request_timeout"));
    EXPECT_THAT(server.journal().lines(), Contains("refused request_timeout"));
}

TEST(ServerLimits, RefusesABodyThatIsTooSlow) {
    TestServer server{{}, {.limits = {.body_timeout = 60ms}}};
    BlockingClient small{server.port()};
    BlockingClient large{server.port()};

    small.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
    large.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\nhalf");

    EXPECT_EQ(small.read_to_end(), refusal("request_timeout"));
    EXPECT_EQ(large.read_to_end(), refusal("request_timeout"));
}

TEST(ServerLimits, ClosesAnIdleConnectionWithoutAWord) {
    TestServer server{{}, {.limits = {.idle_timeout = 60ms}}};
    BlockingClient silent{server.port()};
    BlockingClient used{server.port()};

    used.send(get("/a"));
    const std::string answered = used.read(ok("").size());

    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_EQ(answered, ok(""));
    EXPECT_EQ(used.read_to_end(), "");
    EXPECT_TRUE(server.journal().await("destroyed", 2));
}

TEST(ServerLimits, ACallerWhoDoesNotReadIsGone) {
    Behaviour behaviour;
    const std::string big(std::size_t{24} << 20, 'x');
    behaviour.on_request = [&](ServerConnection& connection) {
        const std::array<std::string_view, 1> parts{big};
        (void)connection.send(parts);
    };
    TestServer server{behaviour, {.limits = {.send_timeout = 60ms}}};
    BlockingClient client{server.port()};

    client.send(get("/a"));

    EXPECT_TRUE(server.journal().await("gone"));
    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerLimits, AnswersAnHttp2CallerThatItWantsHttp11) {
    TestServer server;
    BlockingClient client{server.port()};

    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    EXPECT_EQ(client.read_to_end(), refusal("upgrade_required"));
}

TEST(ServerLimits, WaitsAMomentForACallerWhoGoesOnSendingAfterARefusal) {
    TestServer server;
    BlockingClient client{server.port()};
    client.send("BAD\r\n\r\n");
    ASSERT_EQ(client.read(refusal("invalid_request").size()), refusal("invalid_request"));

    client.send("more");
    client.close();

    EXPECT_TRUE(server.journal().await("destroyed"));
}

TEST(ServerLimits, TenThousandAbortedConnectionsLeaveNoDescriptorBehind) {
    TestServer server;
    const auto before = open_descriptors();
    const std::string half = "POST /half HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\nhalf";

    for (int i = 0; i < 10'000; ++i) {
        BlockingClient client{server.port()};
        client.send(std::string_view{half}.substr(0, static_cast<std::size_t>(i) % half.size()));
        client.reset();
    }
    BlockingClient last_one{server.port()};
    last_one.send(get("/alive"));
    const std::string alive = last_one.read(ok("").size());
    server.await_connections(1);
    last_one.close();
    server.await_connections(0);

    EXPECT_EQ(alive, ok(""));
    EXPECT_EQ(open_descriptors(), before);
}

TEST(ServerLimits, ServesTlsCallersToo) {
    const TestCertificates files;
    TestServer server{
        {},
        {.limits = {}, .tls = *TlsContext::open_server(files.certificate(), files.private_key())}};
    BlockingClient client{server.port()};
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{
        SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context.get()), &SSL_free};
    SSL_set_fd(ssl.get(), client.socket());
    ASSERT_EQ(SSL_connect(ssl.get()), 1);
    const std::string asked = post("/a", "hello") + post("/b", "world");
    const std::string expected = ok("hello") + ok("world");
    std::string got(expected.size(), '\0');
    std::size_t size = 0;

    SSL_write(ssl.get(), asked.data(), static_cast<int>(asked.size()));
    for (int n = 1; size < got.size() && n > 0; size += static_cast<std::size_t>(std::max(n, 0))) {
        n = SSL_read(ssl.get(), got.data() + size, static_cast<int>(got.size() - size));
    }

    EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace pulse::net
