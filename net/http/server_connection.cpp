#include "net/http/server_connection.h"

#include "base/log.h"
#include "net/http/detail/connection.h"

#include <chrono>
#include <list>
#include <utility>

namespace pulse::net {
namespace {

constexpr std::chrono::minutes kHttp2Interval{1};

class Server final : public HttpServer, private detail::ConnectionOwner {
public:
    Server(Loop& loop, const ServerLimits& limits, BodyBudget& budget, MakeHandler make_handler)
        : loop_(loop), limits_(limits), budget_(budget), make_handler_(std::move(make_handler)) {}

    void add(Stream stream, std::function<void()> on_ended) override {
        auto connection = std::make_shared<detail::Connection>(
            detail::Connection::Parts{
                .loop = loop_, .limits = limits_, .budget = budget_, .owner = *this},
            std::move(stream),
            std::move(on_ended));
        connection->place = connections_.insert(connections_.end(), connection);
        connection->start(make_handler_(*connection));
    }

    void drain() override {
        is_draining_ = true;
        for (auto at = connections_.begin(); at != connections_.end();) {
            detail::Connection& connection = **at++;
            connection.drain();
        }
    }

    [[nodiscard]] std::size_t connections() const override { return connections_.size(); }

    [[nodiscard]] std::size_t busy() const override {
        std::size_t count = 0;
        for (const auto& connection : connections_) {
            count += connection->is_idle() ? 0U : 1U;
        }
        return count;
    }

private:
    [[nodiscard]] bool is_draining() const override { return is_draining_; }

    void retire(detail::Connection& connection) override {
        if (retired_.empty()) {
            loop_.post([weak = std::weak_ptr<Server*>{alive_}] {
                if (const auto alive = weak.lock()) {
                    (*alive)->bury();
                }
            });
        }
        retired_.splice(retired_.end(), connections_, connection.place);
    }

    void bury() {
        const auto ended = std::exchange(retired_, {});
        for (const auto& connection : ended) {
            connection->tell_ended();
        }
    }

    void on_http2(const std::string& peer_address) override {
        const auto now = std::chrono::steady_clock::now();
        if (now < next_http2_line_) {
            return;
        }
        next_http2_line_ = now + kHttp2Interval;
        log_warn(
            "a caller spoke HTTP/2, which is not served: switch it to HTTP/1.1 (AWS's JavaScript "
            "SDK: "
            "requestHandler: new NodeHttpHandler(); curl: --http1.1)",
            {{"peer", peer_address}});
    }

    Loop& loop_;
    const ServerLimits limits_;
    BodyBudget& budget_;
    const MakeHandler make_handler_;
    bool is_draining_ = false;
    SteadyTime next_http2_line_{};
    std::list<std::shared_ptr<detail::Connection>> connections_;
    std::list<std::shared_ptr<detail::Connection>> retired_;
    const std::shared_ptr<Server*> alive_ = std::make_shared<Server*>(this);
};

}  // namespace

void RequestHandler::on_upgraded(
    ServerConnection& connection, Stream& /*stream*/, std::string_view /*early*/) {
    connection.abort();
}

void RequestHandler::on_drain(ServerConnection& /*connection*/) {}

std::unique_ptr<HttpServer> HttpServer::make(
    Loop& loop, ServerLimits limits, BodyBudget& budget, MakeHandler make_handler) {
    return std::make_unique<Server>(loop, limits, budget, std::move(make_handler));
}

}  // namespace pulse::net
