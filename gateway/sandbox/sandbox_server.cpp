#include "gateway/sandbox/sandbox_server.h"

#include <pthread.h>

#include <chrono>
#include <thread>
#include <vector>

#include "gateway/exchange/answer_head.h"
#include "gateway/sandbox/sandbox_answer.h"
#include "net/http/chunked.h"
#include "net/http/server_connection.h"
#include "net/listener.h"

namespace pulse::gateway {

namespace {

constexpr std::chrono::milliseconds kEventInterval{50};
constexpr std::size_t kBodyMemory = std::size_t{256} << 20;

/// Answers the requests of one connection. Lives on the sandbox's loop.
class SandboxHandler final : public net::RequestHandler {
public:
    SandboxHandler(net::Loop& loop, net::ServerConnection& connection)
        : connection_(connection), pace_(loop, [](void* self) { static_cast<SandboxHandler*>(self)->send_event(); }, this) {}

    Result<void> on_head(net::ServerConnection&) override { return {}; }

    void on_request(net::ServerConnection& connection) override {
        answer_ = answer_in_sandbox(connection.head().path, connection.body());
        next_ = 0;
        if (!answer_.is_stream) {
            return send_body();
        }
        head_.clear();
        append_status_line(head_, answer_.status);
        append_field(head_, "content-type", "text/event-stream; charset=utf-8");
        append_field(head_, "x-pulse-sandbox", "true");
        append_field(head_, "transfer-encoding", "chunked");
        head_.append("\r\n");
        send_event();
    }

    void on_refused(net::ServerConnection&, const Error& error) override {
        answer_ = {};
        answer_.status = error.code() == Errc::request_too_large ? 413 : 400;
        answer_.body = R"({"error":{"message":"The sandbox cannot read this request."}})";
        send_body();
    }
    void on_sent(net::ServerConnection&) override { pace_.arm(kEventInterval); }
    void on_gone(net::ServerConnection& connection) override {
        pace_.cancel();
        connection.abort();
    }

private:
    void send_body() {
        head_.clear();
        append_status_line(head_, answer_.status);
        append_field(head_, "content-type", "application/json");
        append_field(head_, "x-pulse-sandbox", "true");
        append_field(head_, "content-length", static_cast<std::int64_t>(answer_.body.size()));
        head_.append("\r\n");
        const std::string_view parts[] = {head_, answer_.body};
        static_cast<void>(connection_.send(parts));
        connection_.finish(net::ServerConnection::After::keep_alive);
    }

    void send_event() {
        if (connection_.is_sending()) {
            return;
        }
        const std::string& event = answer_.events[next_++];
        const bool is_last = next_ == answer_.events.size();
        const std::string_view parts[] = {
            head_,
            net::chunk_header(event.size(), chunk_header_),
            event,
            net::kChunkEnd,
            is_last ? net::kLastChunk : std::string_view{}};
        const net::WriteProgress progress = connection_.send(parts);
        head_.clear();
        if (is_last) {
            return connection_.finish(net::ServerConnection::After::keep_alive);
        }
        if (progress == net::WriteProgress::done) {
            pace_.arm(kEventInterval);
        }
    }

    net::ServerConnection& connection_;
    net::Timer pace_;
    SandboxAnswer answer_;
    std::size_t next_ = 0;
    std::string head_;
    char chunk_header_[20] = {};
};

class LoopbackSandbox final : public SandboxServer {
public:
    LoopbackSandbox() : bodies_(kBodyMemory) {
        server_ = net::HttpServer::make(loop_, {}, bodies_, [this](net::ServerConnection& connection) {
            return std::make_unique<SandboxHandler>(loop_, connection);
        });
    }
    LoopbackSandbox(const LoopbackSandbox&) = delete;
    LoopbackSandbox& operator=(const LoopbackSandbox&) = delete;
    ~LoopbackSandbox() override {
        loop_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    [[nodiscard]] Result<void> open() {
        auto claim = net::PortClaim::take({"127.0.0.1", 0});
        if (!claim) {
            return claim.error();
        }
        auto listener = net::Listener::open(loop_, claim->address(), {}, [this](net::Stream stream) {
            server_->add(std::move(stream), [this] { listener_->on_stream_ended(); });
        });
        if (!listener) {
            return listener.error();
        }
        listener_ = *std::move(listener);
        base_url_ = "http://" + claim->address().to_string() + "/v1";
        claim_ = std::make_unique<net::PortClaim>(*std::move(claim));
        thread_ = std::thread([this] {
            pthread_setname_np(pthread_self(), "sandbox");
            loop_.run();
        });
        return {};
    }
    [[nodiscard]] const std::string& base_url() const override { return base_url_; }

private:
    net::Loop loop_;
    net::BodyBudget bodies_;
    std::string base_url_;
    std::unique_ptr<net::PortClaim> claim_;
    std::unique_ptr<net::HttpServer> server_;
    std::unique_ptr<net::Listener> listener_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<SandboxServer>> SandboxServer::start() {
    auto sandbox = std::make_unique<LoopbackSandbox>();
    if (auto opened = sandbox->open(); !opened) {
        return opened.error();
    }
    return std::unique_ptr<SandboxServer>(std::move(sandbox));
}

}  // namespace pulse::gateway
