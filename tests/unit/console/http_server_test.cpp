#include "console/api/http_server.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>

#include <stdexcept>
#include <string>

namespace pulse::console {
namespace {

using testing::HasSubstr;

/// All that comes back for these bytes until the server closes.
[[nodiscard]] std::string raw_answer(std::uint16_t port, std::string_view bytes) {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port});
    boost::system::error_code error;
    asio::write(socket, asio::buffer(bytes), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
}

class HttpServerTest : public testing::Test {
protected:
    [[nodiscard]] std::uint16_t start(HttpServer::Handler handler) {
        server_ = HttpServer::start({.threads = 1}, std::move(handler)).value();
        return server_->port();
    }
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, GivesTheHandlerThePeerAndFieldNamesInLowerCase) {
    const auto port = start([](const HttpRequest& request) {
        HttpResponse response;
        response.body = request.peer + " " + std::string{request.field("x-custom")};
        return response;
    });

    EXPECT_THAT(
        raw_answer(port, "GET / HTTP/1.1\r\nHost: a\r\nX-CUSTOM: yes\r\nConnection: close\r\n\r\n"),
        HasSubstr("127.0.0.1 yes"));
}

TEST_F(HttpServerTest, AnswersAnExceptionWith500AndGoesOn) {
    const auto port = start(
        [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret detail"); });
    const std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    const std::string answer = raw_answer(port, request);

    EXPECT_THAT(answer, HasSubstr("500 Internal"));
    EXPECT_EQ(answer.find("secret detail"), std::string::npos);
    EXPECT_THAT(raw_answer(port, request), HasSubstr("500 Internal"));
}

TEST_F(HttpServerTest, GivesNoContentNoLength) {
    const auto port = start([](const HttpRequest&) {
        HttpResponse response;
        response.status = 204;
        return response;
    });

    const std::string answer =
        raw_answer(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 204"));
    EXPECT_THAT(answer, testing::Not(HasSubstr("Content-Length")));
    EXPECT_THAT(answer, testing::Not(HasSubstr("Content-Type")));
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithWhatItCannotRead) {
    const auto port = start([](const HttpRequest&) { return HttpResponse{}; });

    EXPECT_THAT(
        raw_answer(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"),
        HasSubstr("HTTP/1.1 413"));
    EXPECT_THAT(
        raw_answer(
            port, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
        HasSubstr("HTTP/1.1 431"));
    EXPECT_THAT(raw_answer(port, "nonsense\r\n\r\n"), HasSubstr("HTTP/1.1 400"));
}

}  // namespace
}  // namespace pulse::console
