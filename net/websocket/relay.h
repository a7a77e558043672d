#pragma once

#include "base/clock.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/websocket/frame_scanner.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::websocket {

/// Bounds of one relayed WebSocket.
struct RelayLimits {
    std::uint64_t message_bytes_max = std::uint64_t{32} << 20;  ///< in either direction
    /// A side that sends nothing is pinged after half of it, and is gone after all of it.
    std::chrono::milliseconds idle{120'000};
    std::chrono::milliseconds total{3'600'000};
    std::chrono::milliseconds close{5'000};    ///< what the closing handshakes may take
    std::chrono::milliseconds read_on{3'000};  ///< the provider, when the caller has left
};

/// What ended a relayed WebSocket.
enum class RelayEnd : std::uint8_t {
    caller_closed,
    provider_closed,
    caller_gone,  ///< without a Close, or it broke a rule
    provider_gone,
    ordered,  ///< by Relay::close()
    timed_out,
};

/// Reads along, and decides what a relay cannot know. Called on the worker.
class RelayObserver {
public:
    /// A piece of a text message of the provider, before it is forwarded.
    virtual void on_provider_text(std::string_view piece) = 0;
    /// That message is whole; its last piece is not forwarded yet. Relay::close() now ends the
    /// session right behind it.
    virtual void on_provider_text_end() = 0;
    /// Is something unfinished that the provider should be read on for when the caller has left?
    [[nodiscard]] virtual bool must_read_on() const = 0;
    /// A text message that asks the provider to come to an end with it; may be empty.
    [[nodiscard]] virtual std::string_view farewell() const = 0;
    /// A text message for the caller before a Close of ours; may be empty.
    [[nodiscard]] virtual std::string notice(std::uint16_t code, std::string_view reason) const = 0;
    /// All is over, and what could be sent is sent. The last call; it may destroy the relay.
    virtual void on_relay_end(RelayEnd end) = 0;

protected:
    ~RelayObserver() = default;
};

/// Relays the frames of a WebSocket between a caller (a client) and a provider (a server) as they
/// are, with back-pressure: a side is read only while the other takes what came. States:
///
/// | state      | what happens                                             | next       |
/// |------------|----------------------------------------------------------|------------|
/// | relaying   | a side's Close is passed on                              | closing    |
/// |            | caller closed or gone while the observer must read on    | reading_on |
/// |            | a side gone, a rule broken, close() at a message's end   | closing    |
/// | reading_on | the observer has what it needs, or `read_on` is over     | closing    |
/// | closing    | each side has closed or is gone, or `close` is over      | ended      |
///
/// Memory: 16 KiB a direction and what the kernel did not take of as much. Lives on one worker.
class Relay {
public:
    Relay(
        Loop& loop,
        Stream& caller,
        Stream& provider,
        const RelayLimits& limits,
        RelayObserver& observer);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Begins with what came behind the handshakes.
    void start(std::string_view early_of_caller, std::string_view early_of_provider);
    /// Ends it behind the provider's message at hand: a notice and a Close for the caller, a
    /// Close for the provider. The first order counts.
    void close(std::uint16_t code, std::string_view reason);

    [[nodiscard]] std::uint64_t bytes_of_caller() const { return bytes_of_caller_; }
    /// The caller was sent a Close. False: its connection must be cut, in the middle of a frame.
    [[nodiscard]] bool is_caller_told() const { return caller_.was_closed; }

    static constexpr std::size_t kBufferBytes = std::size_t{16} * 1024;

private:
    enum class State : std::uint8_t { relaying, reading_on, closing, ended };
    struct Order {
        std::uint16_t code;
        std::string reason;
    };
    struct Side final : ReadHandler, WriteHandler {
        Side(Relay& of, Stream& to, Sender who, std::uint64_t message_bytes_max);
        void on_read(StreamStatus status, std::size_t bytes) override;
        void on_written(StreamStatus status) override;
        /// Nothing more is expected from it.
        [[nodiscard]] bool is_over() const { return has_closed || is_gone; }

        Relay& relay;
        Stream& stream;
        const Sender sender;
        FrameScanner scanner;      ///< of what it sends
        std::vector<char> buffer;  ///< what it sent
        std::size_t kept = 0;      ///< of it, not yet taken
        std::string outbox;        ///< to it, behind the write that is pending
        std::size_t unsent = 0;
        bool forwards = true;     ///< what it sends goes to the other
        bool has_closed = false;  ///< its Close came
        bool was_closed = false;  ///< a Close was sent to it
        bool is_gone = false;
        bool is_pinged = false;
        SteadyTime heard_at;
        SteadyTime writes_since;
    };

    void take(Side& from);
    [[nodiscard]] bool take_found(Side& from, FrameScanner::Found found);
    void keep_rest(Side& from, std::string_view rest);
    void on_close_frame(Side& from, std::string_view frame);
    void on_bad_frame(Side& from);
    void on_gone(Side& side, RelayEnd end);
    void leave(RelayEnd end);
    void begin_closing(RelayEnd end);
    void obey();
    void say_end(std::uint16_t code, std::string_view reason);
    void send_close(Side& to, std::uint16_t code, std::string_view reason);
    void send(Side& to, std::string_view bytes);
    void flush(Side& to);
    void read_more(Side& from);
    void go_on();
    static void on_timer(void* self);
    void on_tick();
    void check_silence(Side& side, SteadyTime now);
    void end();
    [[nodiscard]] Side& other(Side& side) { return &side == &caller_ ? provider_ : caller_; }
    /// A frame of ours may stand among those that `to` is sent.
    [[nodiscard]] bool may_insert_frame(Side& to) { return other(to).scanner.is_between_frames(); }
    [[nodiscard]] bool wants_input(const Side& side) const;

    Loop& loop_;
    const RelayLimits limits_;
    RelayObserver& observer_;
    Side caller_;
    Side provider_;
    State state_ = State::relaying;
    RelayEnd end_ = RelayEnd::ordered;
    std::optional<Order> order_;
    std::uint64_t bytes_of_caller_ = 0;
    SteadyTime began_at_;
    SteadyTime deadline_ = SteadyTime::max();  ///< of the state
    std::chrono::milliseconds tick_;
    Timer timer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pulse::net::websocket
