#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "net/detail/stream_state.h"
#include "net/http/detail/name_lookup.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulse::net::detail {

/// Where a Connector connects to.
struct ConnectTarget {
    std::string host;  ///< for the certificate and for messages
    std::shared_ptr<TlsContext> tls;
    std::vector<NameLookup::Address> addresses;  ///< tried in order
    std::chrono::milliseconds timeout{0};        ///< of all addresses together; each has its share
};

/// One connection being opened: TCP and, where asked for, TLS. Pending operations hold it alive,
/// and find it cancelled. Lives on one worker.
class Connector : public std::enable_shared_from_this<Connector> {
public:
    /// An open stream, upstream_timeout or upstream_unavailable with the last reason. Never called
    /// inside start().
    using OnDone = std::function<void(Connector&, Result<Stream>)>;

    Connector(Loop& loop, ConnectTarget target, OnDone on_done);

    void start();
    /// OnDone is not called any more.
    void cancel();
    /// Addresses that did not answer, so far.
    [[nodiscard]] std::size_t failed() const { return next_; }
    [[nodiscard]] const ConnectTarget& target() const { return target_; }

private:
    void try_next();
    void on_connected(const boost::system::error_code& error);
    void on_secured(Result<Stream> stream);
    void on_timeout();
    void fail_address(Errc code, const std::string& reason);
    void finish(Result<Stream> result);
    [[nodiscard]] std::chrono::milliseconds share_of_time() const;

    Loop& loop_;
    ConnectTarget target_;
    OnDone on_done_;
    SteadyTime deadline_{};
    std::size_t next_ = 0;  // the address being tried
    std::optional<Socket> socket_;
    std::unique_ptr<TlsHandshake> handshake_;
    Error error_{Errc::upstream_unavailable, "no address"};
    Timer timer_;
};

}  // namespace pulse::net::detail
