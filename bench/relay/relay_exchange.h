#pragma once

#include "net/http/chunked.h"
#include "net/http/head.h"
#include "net/http/server_connection.h"
#include "net/http/upstream_pool.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::bench {

/// One request to the upstream and its answer back, as the gateway would do it if it did nothing
/// else.
///
///   idle → connecting → awaiting_head → relaying → idle
///   any state, caller gone                 → idle (upstream discarded, connection aborted)
///   connecting | awaiting_head, failed     → idle (502)
///   relaying, failed                       → idle (connection aborted: a cut is never shown as
///   success)
///
/// Lives on one worker.
class RelayExchange final : public net::RequestHandler,
                            private net::ConnectionHandler,
                            private net::ReadHandler,
                            private net::WriteHandler {
public:
    RelayExchange(net::ServerConnection& caller, net::UpstreamPool& pool)
        : caller_(caller), pool_(pool) {}
    ~RelayExchange() override;

    [[nodiscard]] Result<void> on_head(net::ServerConnection& connection) override;
    void on_request(net::ServerConnection& connection) override;
    void on_refused(net::ServerConnection& connection, const Error& error) override;
    void on_sent(net::ServerConnection& connection) override;
    void on_gone(net::ServerConnection& connection) override;

private:
    enum class State : std::uint8_t { idle, connecting, awaiting_head, relaying };
    /// What came of an answer so far.
    enum class Body : std::uint8_t { more, whole, bad };

    void on_connection(Result<std::unique_ptr<net::UpstreamConnection>> connection) override;
    void on_read(net::StreamStatus status, std::size_t bytes) override;
    void on_written(net::StreamStatus status) override;

    void write_upstream_head();
    void write_caller_head();
    void read_more();
    void read_head();
    void relay(std::string_view bytes);
    void relay_end_of_stream();
    [[nodiscard]] Body take_body(std::string_view bytes);
    void send_and_continue(Body body);
    void release_upstream();
    void fail();
    void finish_answer();

    static constexpr std::size_t kBufferBytes = 16 * 1024;

    net::ServerConnection& caller_;
    net::UpstreamPool& pool_;
    std::unique_ptr<net::UpstreamConnection> upstream_;
    State state_ = State::idle;
    std::size_t filled_ = 0;  // of buffer_, while the head is not whole
    std::size_t scanned_ = 0;
    std::uint64_t left_ = 0;     // of a body with a length
    bool is_rechunked_ = false;  // the answer goes out in chunks
    net::ResponseHead answer_;
    net::ChunkedDecoder decoder_;
    std::vector<std::string_view> data_;   // the body's bytes in the latest read
    std::vector<std::string_view> parts_;  // what goes out in one send
    std::string head_;                     // ours, towards the upstream or the caller
    char chunk_header_[20] = {};
    std::array<char, kBufferBytes> buffer_;
};

}  // namespace pulse::bench
