#include "console/api/http_server.h"

#include "base/log.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

namespace pulse::console {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t kConnectionsMax = 1000;
constexpr std::uint32_t kHeadBytesMax = 16 * 1024;
constexpr std::uint64_t kBodyBytesMax = std::uint64_t{1} << 20;
constexpr std::chrono::seconds kRequestTime{30};
constexpr int kNoContent = 204;

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, const HttpServer::Handler& handler, std::atomic<std::size_t>& open)
        : stream_(std::move(socket)), handler_(handler), open_(open) {
        open_.fetch_add(1);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { open_.fetch_sub(1); }

    void read() {
        parser_.emplace();
        parser_->header_limit(kHeadBytesMax);
        parser_->body_limit(kBodyBytesMax);
        stream_.expires_after(kRequestTime);
        http::async_read(
            stream_,
            buffer_,
            *parser_,
            beast::bind_front_handler(&Session::on_read, shared_from_this()));
    }

private:
    void on_read(beast::error_code error, std::size_t) {
        if (error == http::error::end_of_stream) {
            beast::error_code ignored;
            stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
            return;
        }
        if (error) {
            refuse(error);
            return;
        }
        respond(handle(parser_->get()), parser_->get().keep_alive());
    }

    /// What could not be read gets an answer where one can be written; then the connection ends.
    void refuse(beast::error_code error) {
        if (error == http::error::body_limit) {
            respond(
                error_response(413, "request_too_large", "A body has at most 1 MiB here."), false);
        } else if (error == http::error::header_limit) {
            respond(
                error_response(431, "header_too_large", "A head has at most 16 KiB here."), false);
        } else if (
            error.category() == http::make_error_code(http::error::bad_method).category() &&
            error != http::error::partial_message) {
            respond(error_response(400, "invalid_request", "This is no HTTP/1.1 request."), false);
        }
    }

    [[nodiscard]] HttpResponse handle(const http::request<http::string_body>& message) {
        HttpRequest request;
        request.method = std::string(message.method_string());
        const std::string_view target = message.target();
        const std::size_t mark = target.find('?');
        request.path = std::string(target.substr(0, mark));
        request.query =
            mark == std::string_view::npos ? std::string{} : std::string(target.substr(mark + 1));
        request.body = message.body();
        for (const auto& field : message) {
            std::string name(field.name_string());
            std::transform(name.begin(), name.end(), name.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
            });
            request.fields.emplace_back(std::move(name), field.value());
        }
        beast::error_code error;
        const auto peer = stream_.socket().remote_endpoint(error);
        request.peer = error ? std::string{} : peer.address().to_string();
        try {
            return handler_(request);
        } catch (const std::exception& failure) {
            log_error(
                "a request of the console failed",
                {{"path", request.path}, {"error", failure.what()}});
            return error_response(500, "internal", "This is our fault; the log says more.");
        }
    }

    void respond(const HttpResponse& answer, bool keep_alive) {
        const auto& request = parser_->get();
        response_ = {};
        response_.version(request.version());
        response_.result(static_cast<unsigned>(answer.status));
        response_.keep_alive(keep_alive);
        response_.set(http::field::content_type, answer.content_type);
        response_.set("x-content-type-options", "nosniff");
        response_.set(http::field::cache_control, "no-store");
        for (const auto& [name, value] : answer.fields) {
            // Several cookies are several fields.
            if (name == "set-cookie") {
                response_.insert(name, value);
            } else {
                response_.set(name, value);
            }
        }
        if (answer.status == kNoContent) {
            response_.erase(http::field::content_type);  // nor a length: RFC 9110 §8.6
        } else {
            response_.content_length(answer.body.size());
        }
        if (request.method() != http::verb::head) {
            response_.body() = answer.body;
        }
        stream_.expires_after(kRequestTime);
        http::async_write(
            stream_, response_, beast::bind_front_handler(&Session::on_write, shared_from_this()));
    }

    void on_write(beast::error_code error, std::size_t) {
        if (!error && response_.keep_alive()) {
            read();
        } else if (!error) {
            stream_.socket().shutdown(tcp::socket::shutdown_send, error);
        }
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
    const HttpServer::Handler& handler_;
    std::atomic<std::size_t>& open_;
};

class BeastServer final : public HttpServer {
public:
    BeastServer(Settings settings, Handler handler)
        : settings_(std::move(settings)), handler_(std::move(handler)), acceptor_(io_) {}
    BeastServer(const BeastServer&) = delete;
    BeastServer& operator=(const BeastServer&) = delete;
    ~BeastServer() override {
        io_.stop();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    [[nodiscard]] Result<void> open() {
        beast::error_code error;
        const auto address = asio::ip::make_address(settings_.host, error);
        if (error) {
            return Error(
                Errc::configuration, "`" + settings_.host + "` is no IP address to listen on");
        }
        const tcp::endpoint endpoint(address, settings_.port);
        acceptor_.open(endpoint.protocol(), error);
        if (!error) {
            acceptor_.set_option(asio::socket_base::reuse_address(true), error);
            acceptor_.bind(endpoint, error);
        }
        if (!error) {
            acceptor_.listen(asio::socket_base::max_listen_connections, error);
        }
        if (error) {
            return Error(
                Errc::configuration,
                "cannot listen on " + settings_.host + ":" + std::to_string(settings_.port) + ": " +
                    error.message());
        }
        port_ = acceptor_.local_endpoint().port();
        accept();
        for (std::size_t i = 0; i < settings_.threads; ++i) {
            threads_.emplace_back([this] {
                pthread_setname_np(pthread_self(), settings_.thread_name.c_str());
                io_.run();
            });
        }
        return {};
    }

    [[nodiscard]] std::uint16_t port() const override { return port_; }

private:
    void accept() {
        acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
            if (!error && open_.load() < kConnectionsMax) {
                std::make_shared<Session>(std::move(socket), handler_, open_)->read();
            }
            if (error != asio::error::operation_aborted) {
                accept();
            }
        });
    }

    Settings settings_;
    Handler handler_;
    std::atomic<std::size_t> open_{0};
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace

std::string_view HttpRequest::field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

HttpResponse error_response(int status, std::string_view code, std::string_view message) {
    HttpResponse response;
    response.status = status;
    response.body = boost::json::serialize(
        boost::json::object{{"error", {{"code", code}, {"message", message}}}});
    return response;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Settings settings, Handler handler) {
    auto server = std::make_unique<BeastServer>(std::move(settings), std::move(handler));
    if (auto opened = server->open(); !opened) {
        return opened.error();
    }
    return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace pulse::console
