// How long a Connection waits, and what it does when it has waited for too long.
#include "net/http/detail/connection.h"

#include <algorithm>
#include <chrono>

namespace pulse::net::detail {
namespace {

constexpr std::chrono::seconds kLingerTime{3};

SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

void Connection::begin_wait() {
    since_ = steady_now();
    unsent_ = stream_.bytes_unsent();
    set_deadline();
}

SteadyTime Connection::wanted_deadline() const {
    constexpr std::size_t kBytesPerSecond = std::size_t{64} * 1024;
    switch (state_) {
        case State::idle:
            return since_ + limits_.idle_timeout;
        case State::reading_head:
            return received_at_ + limits_.head_timeout;
        case State::reading_body: {
            const std::uint64_t bytes =
                body_place_ == BodyPlace::decoded ? body_.size() : head_.content_length;
            return since_ + limits_.body_timeout + std::chrono::seconds{bytes / kBytesPerSecond};
        }
        case State::answering:
            return stream_.is_writing() ? since_ + limits_.send_timeout : SteadyTime::max();
        case State::upgrading:
        case State::refusing:
        case State::flushing:
            return since_ + limits_.send_timeout;
        case State::lingering:
            return since_ + kLingerTime;
        case State::upgraded:
        case State::gone:
        case State::ended:
            break;
    }
    return SteadyTime::max();
}

// The timer is moved only when a deadline comes nearer; when it is early it is armed again for what
// is left. Most requests therefore do not touch it.
void Connection::set_deadline() {
    deadline_ = wanted_deadline();
    if (deadline_ >= timer_due_) {
        return;
    }
    timer_due_ = deadline_;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_now());
    timer_.arm(std::max(left, std::chrono::milliseconds{0}));
}

void Connection::on_timer(void* self) {
    auto& connection = *static_cast<Connection*>(self);
    connection.timer_due_ = SteadyTime::max();
    if (connection.deadline_ == SteadyTime::max()) {
        return;
    }
    if (steady_now() < connection.deadline_) {
        connection.set_deadline();
    } else {
        connection.on_timeout();
    }
}

void Connection::on_timeout() {
    switch (state_) {
        case State::reading_head:
        case State::reading_body:
            is_processing_ = true;
            refuse(Error{
                Errc::request_timeout,
                state_ == State::reading_head ? "The request's head did not arrive in time."
                                              : "The request's body did not arrive in time."});
            process();
            return;
        case State::answering:
        case State::upgrading:
        case State::refusing:
        case State::flushing:
            if (stream_.bytes_unsent() < unsent_) {
                begin_wait();  // slow, but reading
                return;
            }
            stream_.reset();
            if (state_ == State::answering || state_ == State::upgrading) {
                go_away();
            } else {
                end();
            }
            return;
        case State::idle:
        case State::upgraded:
        case State::lingering:
        case State::gone:
        case State::ended:
            end();
            return;
    }
}

}  // namespace pulse::net::detail
