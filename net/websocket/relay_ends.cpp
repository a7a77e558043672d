// How a Relay comes to its end: who is told what, and when it has waited long enough.
#include "net/websocket/frame_writer.h"
#include "net/websocket/relay.h"

#include <chrono>

namespace pulse::net::websocket {
namespace {

SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

/// Who writes what a side is sent: the caller hears a server, the provider a client.
Sender sender_to(Sender side) {
    return side == Sender::client ? Sender::server : Sender::client;
}

}  // namespace

void Relay::on_close_frame(Side& from, std::string_view frame) {
    from.has_closed = true;
    from.forwards = false;
    Side& to = other(from);
    const bool is_caller = &from == &caller_;
    if (is_caller && state_ == State::relaying && observer_.must_read_on()) {
        send_close(caller_, from.scanner.close_code(), {});
        return leave(RelayEnd::caller_closed);
    }
    if (!to.is_gone && !to.was_closed && may_insert_frame(to)) {
        to.was_closed = true;
        send(to, frame);
    }
    begin_closing(is_caller ? RelayEnd::caller_closed : RelayEnd::provider_closed);
}

void Relay::on_bad_frame(Side& from) {
    send_close(from, from.scanner.close_code(), from.scanner.reason());
    from.has_closed = true;  // nothing that it sends can be understood any more
    from.forwards = false;
    if (state_ != State::relaying) {
        return;
    }
    if (&from == &caller_) {
        return leave(RelayEnd::caller_gone);
    }
    say_end(close_code::kInternal, "The provider broke the WebSocket protocol.");
    begin_closing(RelayEnd::provider_gone);
}

void Relay::on_gone(Side& side, RelayEnd end) {
    if (side.is_gone) {
        return;
    }
    side.is_gone = true;
    side.forwards = false;
    side.outbox.clear();
    if (side.stream.is_open()) {
        side.stream.close();
    }
    if (state_ != State::relaying) {
        // What the other side still waits for does not come any more.
        Side& left = other(side);
        if (state_ == State::closing && left.has_closed && !left.was_closed) {
            send_close(left, left.scanner.close_code(), {});
        }
        return;
    }
    if (&side == &caller_) {
        return leave(end);
    }
    say_end(close_code::kInternal, "The connection to the provider broke off.");
    begin_closing(end);
}

/// The caller has left; the provider is read on where something is unfinished.
void Relay::leave(RelayEnd end) {
    caller_.forwards = provider_.forwards = false;
    if (!observer_.must_read_on()) {
        send_close(provider_, close_code::kGoingAway, {});
        return begin_closing(end);
    }
    if (caller_.was_closed && caller_.stream.is_open()) {
        caller_.stream.shutdown_send();  // it does not wait for what is read on
    }
    end_ = end;
    state_ = State::reading_on;
    deadline_ = steady_now() + limits_.read_on;
    if (const std::string_view text = observer_.farewell();
        !text.empty() && caller_.scanner.is_between_messages()) {
        std::string frame;
        append_frame(frame, Sender::client, Opcode::text, text);
        send(provider_, frame);
    }
}

void Relay::begin_closing(RelayEnd end) {
    if (state_ == State::closing || state_ == State::ended) {
        return;
    }
    end_ = end;
    state_ = State::closing;
    deadline_ = steady_now() + limits_.close;
}

/// Carries out what close() asked for, once it may.
void Relay::obey() {
    if (!order_ || state_ != State::relaying || !provider_.scanner.is_between_messages()) {
        return;
    }
    say_end(order_->code, order_->reason);
    send_close(provider_, close_code::kNormal, {});
    begin_closing(RelayEnd::ordered);
    take(provider_);  // what came behind that message
}

/// Tells the caller why it ends, as far as the message that it is being sent lets it.
void Relay::say_end(std::uint16_t code, std::string_view reason) {
    provider_.forwards = caller_.forwards = false;
    if (provider_.scanner.is_between_messages() && !caller_.is_gone && !caller_.was_closed) {
        if (const std::string text = observer_.notice(code, reason); !text.empty()) {
            std::string frame;
            append_frame(frame, Sender::server, Opcode::text, text);
            send(caller_, frame);
        }
    }
    send_close(caller_, code, reason);
}

/// A side in the middle of a frame cannot be told: its connection just ends.
void Relay::send_close(Side& to, std::uint16_t code, std::string_view reason) {
    if (to.is_gone || to.was_closed) {
        return;
    }
    if (!may_insert_frame(to)) {
        to.is_gone = true;
        return;
    }
    to.was_closed = true;
    std::string frame;
    append_close(frame, sender_to(to.sender), code, reason);
    send(to, frame);
}

void Relay::on_timer(void* self) {
    static_cast<Relay*>(self)->on_tick();
}

void Relay::on_tick() {
    const SteadyTime now = steady_now();
    timer_.arm(tick_);
    if (state_ == State::relaying && !order_ && now - began_at_ >= limits_.total) {
        close(
            close_code::kGoingAway,
            "The session has reached its longest duration; open a new one.");
    } else if (now >= deadline_) {
        switch (state_) {
            case State::relaying:
                // Ordered, but the provider's message does not end.
                say_end(order_->code, order_->reason);
                send_close(provider_, close_code::kNormal, {});
                begin_closing(RelayEnd::ordered);
                break;
            case State::reading_on:
                send_close(provider_, close_code::kGoingAway, {});
                begin_closing(end_);
                break;
            case State::closing:
                return end();
            case State::ended:
                return;
        }
    }
    check_silence(caller_, now);
    check_silence(provider_, now);
    go_on();
}

void Relay::check_silence(Side& side, SteadyTime now) {
    if (state_ != State::relaying || side.is_over()) {
        return;
    }
    if (side.stream.is_writing() && side.stream.bytes_unsent() < side.unsent) {
        side.unsent = side.stream.bytes_unsent();
        side.writes_since = now;
    }
    const bool is_stuck = side.stream.is_writing() && now - side.writes_since >= limits_.idle;
    if (!side.stream.is_reading()) {
        side.heard_at = now;  // not read: its silence says nothing
    }
    if (is_stuck || now - side.heard_at >= limits_.idle) {
        side.stream.reset();
        return on_gone(side, RelayEnd::timed_out);
    }
    if (!side.is_pinged && now - side.heard_at >= limits_.idle / 2 && may_insert_frame(side)) {
        side.is_pinged = true;
        std::string frame;
        append_frame(frame, sender_to(side.sender), Opcode::ping, {});
        send(side, frame);
    }
}

void Relay::end() {
    if (state_ == State::ended) {
        return;
    }
    state_ = State::ended;
    timer_.cancel();
    // The observer may destroy this, and callers of end() are still on the stack.
    loop_.post([this, alive = alive_] {
        if (*alive) {
            observer_.on_relay_end(end_);
        }
    });
}

}  // namespace pulse::net::websocket
