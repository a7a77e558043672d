#pragma once

#include "net/http/chunked.h"
#include "net/http/detail/body_buffer.h"
#include "net/http/detail/connection_owner.h"
#include "net/http/detail/input_buffer.h"
#include "net/http/server_connection.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include <vector>

namespace pulse::net::detail {

/// One connection of an HttpServer. Its life:
///
/// | state        | what happens                                              | next         |
/// |--------------|-----------------------------------------------------------|--------------|
/// | idle         | a byte arrives                                            | reading_head |
/// |              | caller gone, idle for too long, server drains             | ended        |
/// | reading_head | head whole, on_head() agrees                              | reading_body |
/// |              | head bad, too large, too slow; on_head() refuses          | refusing     |
/// |              | caller gone                                               | ended        |
/// | reading_body | body whole (or none): on_request()                        | answering    |
/// |              | body bad, too large, too slow, no memory for it           | refusing     |
/// |              | caller gone                                               | gone         |
/// | answering    | finish()                                                  | flushing     |
/// |              | caller gone, or does not read: on_gone()                  | gone         |
/// |              | upgrade()                                                 | upgrading    |
/// | upgrading    | all is sent, the read is taken back: on_upgraded()        | upgraded     |
/// |              | caller gone, or does not read: on_gone()                  | gone         |
/// | upgraded     | finish(); the stream was the handler's                    | flushing     |
/// | refusing     | finish(), or on_refused() returned and has sent something | flushing     |
/// | flushing     | all is sent; keep-alive                                   | idle         |
/// |              | all is sent; close: the sending direction is ended        | lingering    |
/// |              | connection broken, or caller does not read                | ended        |
/// | lingering    | caller gone, sent 64 KiB more, or 1 s is over             | ended        |
/// | gone         | finish() or abort()                                       | ended        |
/// | any          | abort()                                                   | ended        |
///
/// Two input buffers: `front` holds the request that is being served, `back` what came behind it.
/// While a request is answered the read that watches for the hang-up fills `back`; with the
/// answer's end they change places, and the read stays armed. Nothing is parsed, moved or freed in
/// a buffer that a read is armed into. Lives on one worker.
class Connection final : public ServerConnection,
                         public std::enable_shared_from_this<Connection>,
                         private ReadHandler,
                         private WriteHandler {
public:
    struct Parts {
        Loop& loop;
        const ServerLimits& limits;
        BodyBudget& budget;
        ConnectionOwner& owner;
    };
    Connection(const Parts& parts, Stream stream, std::function<void()> on_ended);
    ~Connection() override;

    void start(std::unique_ptr<RequestHandler> handler);
    [[nodiscard]] bool is_idle() const { return state_ == State::idle; }
    /// Closes it without a word.
    void end();
    /// Ends it when it is idle, and tells a handler that has the stream in its hands.
    void drain();
    /// After retire(): destroys the handler and tells who added the connection.
    void tell_ended();

    [[nodiscard]] const RequestHead& head() const override { return head_; }
    [[nodiscard]] std::string_view body() const override;
    [[nodiscard]] const std::string& peer_address() const override { return peer_address_; }
    [[nodiscard]] bool is_tls() const override { return is_tls_; }
    [[nodiscard]] SteadyTime received_at() const override { return received_at_; }
    void expect_upload() override { body_.expect_upload(); }
    [[nodiscard]] WriteProgress send(std::span<const std::string_view> parts) override;
    [[nodiscard]] bool is_sending() const override { return stream_.is_writing(); }
    void finish(After after) override;
    void upgrade() override;
    void abort() override;
    [[nodiscard]] bool will_keep_alive() const override;

    std::list<std::shared_ptr<Connection>>::iterator place;  ///< the owner's

private:
    enum class State : std::uint8_t {
        idle,
        reading_head,
        reading_body,
        answering,
        upgrading,
        upgraded,
        refusing,
        flushing,
        lingering,
        gone,
        ended,
    };
    enum class BodyPlace : std::uint8_t { none, in_front, apart, decoded };

    void on_read(StreamStatus status, std::size_t bytes) override;
    void on_written(StreamStatus status) override;
    static void on_timer(void* self);
    void on_timeout();
    void on_hangup(StreamStatus status);
    void go_away();
    void hand_over_stream();

    void process();
    [[nodiscard]] bool step();
    [[nodiscard]] bool begin_request();
    [[nodiscard]] bool read_head();
    [[nodiscard]] Result<void> accept_head(std::size_t size);
    [[nodiscard]] Result<void> begin_body();
    [[nodiscard]] bool read_body();
    [[nodiscard]] Result<bool> take_chunks();
    [[nodiscard]] Result<void> keep_pieces();
    void send_continue();
    void deliver();
    void refuse(const Error& error);
    void end_answer();
    void process_later();
    void rest();
    void arm_read();
    /// The deadline's wait starts now, with what is unsent now.
    void begin_wait();
    void set_deadline();
    [[nodiscard]] SteadyTime wanted_deadline() const;
    void clear_head();
    [[nodiscard]] std::size_t body_bytes_max() const {
        return body_.is_upload() ? limits_.upload_bytes_max : limits_.body_bytes_max;
    }

    [[nodiscard]] InputBuffer& front() { return buffers_[front_]; }
    [[nodiscard]] InputBuffer& back() { return buffers_[1 - front_]; }

    Loop& loop_;
    const ServerLimits& limits_;
    ConnectionOwner& owner_;
    Stream stream_;
    const std::string peer_address_;
    const bool is_tls_;
    std::function<void()> on_ended_;
    std::unique_ptr<RequestHandler> handler_;

    std::array<InputBuffer, 2> buffers_;
    std::size_t front_ = 0;
    InputBuffer* read_into_ = nullptr;  ///< null: into body_
    BodyBuffer body_;
    RequestHead head_;
    ChunkedDecoder decoder_;
    std::vector<std::string_view> pieces_;

    State state_ = State::idle;
    BodyPlace body_place_ = BodyPlace::none;
    bool is_processing_ = false;
    bool is_deferred_ = false;
    bool keeps_alive_ = false;
    bool has_sent_ = false;   ///< something of the current answer
    bool is_broken_ = false;  ///< a send failed
    bool has_ended_ = false;  ///< the caller half-closed after the request's end
    bool skipped_line_ = false;
    std::size_t scanned_ = 0;
    std::size_t discarded_ = 0;
    std::size_t unsent_ = 0;  // when the wait began
    SteadyTime received_at_{};
    SteadyTime since_{};  ///< of the wait that the deadline bounds
    SteadyTime deadline_ = SteadyTime::max();
    SteadyTime timer_due_ = SteadyTime::max();
    Timer timer_;
};

}  // namespace pulse::net::detail
