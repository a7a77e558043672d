#pragma once

#include "net/loop.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pulse::net {

/// How a read or a write ended.
enum class StreamStatus : std::uint8_t {
    ok,
    end,    ///< the peer finished sending (for TLS: with close_notify)
    cut,    ///< reset, or TLS that ended without close_notify
    error,  ///< anything else of the network or TLS
};

/// Waits for bytes. Called at most once per async_read(), never inside it.
class ReadHandler {
public:
    virtual void on_read(StreamStatus status, std::size_t bytes) = 0;

protected:
    ~ReadHandler() = default;
};

/// Waits until what write() could not send at once is sent. Never called inside write().
class WriteHandler {
public:
    virtual void on_written(StreamStatus status) = 0;

protected:
    ~WriteHandler() = default;
};

enum class WriteProgress : std::uint8_t {
    done,     ///< all bytes are with the kernel
    pending,  ///< the rest was copied and follows; the handler will be called
    failed,
};

namespace detail {
class StreamState;
}

/// A connected TCP or TLS byte stream, non-blocking. At most one read and one unfinished write at a
/// time. Closing or destroying it is always safe: its handlers are then not called any more. Lives
/// on one worker.
class Stream {
public:
    Stream();
    explicit Stream(std::shared_ptr<detail::StreamState> state);
    ~Stream();
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;

    [[nodiscard]] bool is_open() const;

    /// Reads at least one byte into `buffer`, which must live until the handler was called or the
    /// stream closed.
    void async_read(std::span<char> buffer, ReadHandler& handler);
    /// Reads nothing and calls the handler with `cut` when the peer resets the connection: for an
    /// owner who has no room. Stands in for a read.
    void async_wait_reset(ReadHandler& handler);
    /// Reads nothing and calls the handler with `ok` when there is something to read, be it the
    /// end: for an owner who expects nothing. Not while reading; the next async_read() takes its
    /// place.
    void async_wait_input(ReadHandler& handler);
    void cancel_wait_input();
    /// Whether bytes or an end wait in the kernel. One system call.
    [[nodiscard]] bool has_input() const;
    /// Takes a pending read back: its handler is called soon, with `ok` and what has arrived, if
    /// anything (0 bytes). Not while a write is pending.
    void cancel_read();
    [[nodiscard]] bool is_reading() const;

    /// Sends the parts in one system call where the kernel takes them (gather write; for TLS in as
    /// few records as it can). Must not be called while a write is pending.
    [[nodiscard]] WriteProgress write(
        std::span<const std::string_view> parts, WriteHandler& handler);
    [[nodiscard]] bool is_writing() const;
    /// What a pending write still has to send.
    [[nodiscard]] std::size_t bytes_unsent() const;

    /// Bytes given to the wire so far, TLS's own included: a mark for has_acknowledged_beyond().
    [[nodiscard]] std::uint64_t bytes_sent() const;
    /// Has the peer's kernel acknowledged a byte that was sent behind the mark? False proves that
    /// the peer has processed nothing of it. One system call; true when it cannot be known.
    [[nodiscard]] bool has_acknowledged_beyond(std::uint64_t mark) const;

    /// Sends what ends the direction to the peer (FIN, close_notify). Reads go on.
    void shutdown_send();
    /// Closes at once: no handler is called after it.
    void close();
    /// Closes with a reset, so that the peer cannot take a cut answer for a finished one.
    void reset();

    /// The peer's address, "203.0.113.7" or "2001:db8::1" (IPv4-mapped addresses as IPv4).
    [[nodiscard]] const std::string& peer_address() const;
    [[nodiscard]] bool is_tls() const;

private:
    std::shared_ptr<detail::StreamState> state_;
};

}  // namespace pulse::net
