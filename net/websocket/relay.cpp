#include "net/websocket/relay.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::net::websocket {
namespace {

// Behind what is kept: more than the longest head and control frame together.
constexpr std::size_t kRoomMin = 256;
constexpr std::chrono::milliseconds kTickMin{50};
constexpr std::chrono::milliseconds kTickMax{5'000};

SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Relay::Side::Side(Relay& of, Stream& to, Sender who, std::uint64_t message_bytes_max)
    : relay(of), stream(to), sender(who), scanner(who, message_bytes_max), buffer(kBufferBytes) {}

void Relay::Side::on_read(StreamStatus status, std::size_t bytes) {
    if (status != StreamStatus::ok) {
        relay.on_gone(
            *this, sender == Sender::client ? RelayEnd::caller_gone : RelayEnd::provider_gone);
        return relay.go_on();
    }
    heard_at = steady_now();
    is_pinged = false;
    kept += bytes;
    relay.take(*this);
    relay.go_on();
}

void Relay::Side::on_written(StreamStatus status) {
    if (status != StreamStatus::ok) {
        relay.on_gone(
            *this, sender == Sender::client ? RelayEnd::caller_gone : RelayEnd::provider_gone);
    } else {
        relay.flush(*this);
    }
    relay.go_on();
}

Relay::Relay(
    Loop& loop,
    Stream& caller,
    Stream& provider,
    const RelayLimits& limits,
    RelayObserver& observer)
    : loop_(loop),
      limits_(limits),
      observer_(observer),
      caller_(*this, caller, Sender::client, limits.message_bytes_max),
      provider_(*this, provider, Sender::server, limits.message_bytes_max),
      began_at_(steady_now()),
      tick_(std::clamp(
          std::min({limits.idle, limits.total, limits.close, limits.read_on}) / 4,
          kTickMin,
          kTickMax)),
      timer_(loop, &Relay::on_timer, this) {
    caller_.heard_at = provider_.heard_at = began_at_;
}

Relay::~Relay() {
    *alive_ = false;
}

void Relay::start(std::string_view early_of_caller, std::string_view early_of_provider) {
    timer_.arm(tick_);
    keep_rest(caller_, early_of_caller);
    keep_rest(provider_, early_of_provider);
    take(provider_);
    take(caller_);
    go_on();
}

void Relay::close(std::uint16_t code, std::string_view reason) {
    if (order_ || state_ != State::relaying) {
        return;
    }
    order_ = Order{code, std::string(reason)};
    deadline_ = steady_now() + limits_.close;
    // Not now: the observer may be on the stack, and the message at hand is not forwarded yet.
    loop_.post([this, alive = alive_] {
        if (*alive) {
            go_on();
        }
    });
}

/// Goes through what `from` has sent and forwards what is whole enough.
void Relay::take(Side& from) {
    const std::string_view all{from.buffer.data(), from.kept};
    std::string_view rest = all;
    std::string_view close_frame;
    bool is_bad = false;
    for (bool goes_on = state_ != State::ended && !from.is_over(); goes_on;) {
        const std::string_view before = rest;
        const FrameScanner::Found found = from.scanner.next(rest);
        is_bad = found == FrameScanner::Found::bad;
        goes_on = take_found(from, found);
        if (found == FrameScanner::Found::control && from.scanner.control() == Opcode::close) {
            close_frame = before.substr(0, before.size() - rest.size());
            goes_on = false;
        }
    }
    const std::string_view taken = all.substr(0, all.size() - rest.size() - close_frame.size());
    if (from.forwards && !taken.empty()) {
        bytes_of_caller_ += &from == &caller_ ? taken.size() : 0;
        send(other(from), taken);
    }
    if (!close_frame.empty()) {
        on_close_frame(from, close_frame);
    } else if (is_bad) {
        on_bad_frame(from);
    }
    keep_rest(from, rest);
}

/// False: what comes behind it is not looked at now.
bool Relay::take_found(Side& from, FrameScanner::Found found) {
    const bool is_read_along = from.sender == Sender::server;
    switch (found) {
        case FrameScanner::Found::data:
            if (is_read_along && from.scanner.message() == Opcode::text) {
                observer_.on_provider_text(from.scanner.payload());
            }
            return true;
        case FrameScanner::Found::message_end:
            if (is_read_along && from.scanner.message() == Opcode::text) {
                observer_.on_provider_text_end();
            }
            return !(is_read_along && order_);
        case FrameScanner::Found::control:
            return true;
        case FrameScanner::Found::more:
        case FrameScanner::Found::bad:
            return false;
    }
    return false;
}

void Relay::keep_rest(Side& from, std::string_view rest) {
    from.buffer.resize(std::max(kBufferBytes, rest.size() + kRoomMin));
    std::copy(rest.begin(), rest.end(), from.buffer.begin());
    from.kept = rest.size();
}

void Relay::send(Side& to, std::string_view bytes) {
    if (to.is_gone) {
        return;
    }
    to.outbox.append(bytes.data(), to.stream.is_writing() ? bytes.size() : 0);
    if (to.stream.is_writing()) {
        return;
    }
    const std::array<std::string_view, 1> parts{bytes};
    switch (to.stream.write(parts, to)) {
        case WriteProgress::done:
            return;
        case WriteProgress::pending:
            to.writes_since = steady_now();
            to.unsent = to.stream.bytes_unsent();
            return;
        case WriteProgress::failed:
            // Its end is read, or the next tick finds it: nobody is called back from here.
            to.stream.close();
            to.outbox.clear();
            return;
    }
}

void Relay::flush(Side& to) {
    if (!to.outbox.empty() && !to.stream.is_writing()) {
        const std::string waiting = std::exchange(to.outbox, {});
        send(to, waiting);
    }
}

bool Relay::wants_input(const Side& side) const {
    switch (state_) {
        case State::relaying:
            return !side.is_over() &&
                   !(order_ && &side == &provider_ && side.scanner.is_between_messages());
        case State::reading_on:
            return &side == &provider_ && !side.is_over();
        case State::closing:
            return !side.is_over();
        case State::ended:
            return false;
    }
    return false;
}

void Relay::read_more(Side& from) {
    const Side& to = other(from);
    const bool is_held_up = from.forwards && (to.stream.is_writing() || !to.outbox.empty());
    if (!wants_input(from) || is_held_up || !from.stream.is_open() || from.stream.is_reading()) {
        return;
    }
    from.stream.async_read({from.buffer.data() + from.kept, from.buffer.size() - from.kept}, from);
}

/// After anything has happened: what follows from it.
void Relay::go_on() {
    for (Side* side : {&caller_, &provider_}) {
        if (!side->is_gone && !side->stream.is_open()) {
            on_gone(*side, side == &caller_ ? RelayEnd::caller_gone : RelayEnd::provider_gone);
        }
    }
    obey();
    if (state_ == State::reading_on && (!observer_.must_read_on() || provider_.is_over())) {
        send_close(provider_, close_code::kGoingAway, {});
        begin_closing(end_);
    }
    if (state_ == State::closing && caller_.is_over() && provider_.is_over()) {
        const bool is_sending = caller_.stream.is_open() && caller_.stream.is_writing();
        if (!is_sending) {
            return end();
        }
    }
    read_more(caller_);
    read_more(provider_);
}

}  // namespace pulse::net::websocket
