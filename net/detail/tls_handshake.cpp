#include "net/detail/tls_stream.h"

#include <memory>
#include <utility>

namespace pulse::net::detail {

namespace {

class StreamHandshake final : public TlsHandshake {
public:
    StreamHandshake(std::shared_ptr<TlsStream> stream, OnDone on_done)
        : stream_(std::move(stream)), on_done_(std::move(on_done)) {
        stream_->handshake([this](const Result<void>& result) { finish(result); });
    }
    ~StreamHandshake() override {
        if (stream_) {
            stream_->close();
        }
    }

private:
    void finish(const Result<void>& result) {
        // Its owner may destroy this inside on_done.
        Stream stream{std::exchange(stream_, nullptr)};
        const OnDone on_done = std::move(on_done_);
        if (result) {
            on_done(std::move(stream));
        } else {
            on_done(result.error());
        }
    }

    std::shared_ptr<TlsStream> stream_;
    OnDone on_done_;
};

}  // namespace

std::unique_ptr<TlsHandshake> start_client_handshake(
    Loop& loop,
    Socket socket,
    std::shared_ptr<TlsContext> tls,
    const std::string& host,
    TlsHandshake::OnDone on_done) {
    return std::make_unique<StreamHandshake>(
        std::make_shared<TlsStream>(loop, std::move(socket), std::move(tls), host),
        std::move(on_done));
}

std::unique_ptr<TlsHandshake> start_server_handshake(
    Loop& loop, Socket socket, std::shared_ptr<TlsContext> tls, TlsHandshake::OnDone on_done) {
    return std::make_unique<StreamHandshake>(
        std::make_shared<TlsStream>(loop, std::move(socket), std::move(tls)), std::move(on_done));
}

}  // namespace pulse::net::detail
