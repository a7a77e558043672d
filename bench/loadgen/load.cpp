#include "bench/loadgen/load.h"

#include "bench/loadgen/answer_reader.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace pulse::bench {
namespace {

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail("socket");
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The call blocks: a connection that is not there yet must not be timed as a slow answer.
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        fail("connect");
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

struct Connection {
    int fd = -1;
    bool busy = false;
    std::size_t sent = 0;
    std::int64_t due_ns = 0;
    AnswerReader answer;
};

class Load {
public:
    explicit Load(const LoadPlan& plan) : plan_(plan), connections_(plan.connections) {
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (epoll_ < 0 || timer_ < 0) {
            fail("epoll or timer");
        }
        watch(timer_, EPOLLIN, nullptr);
        result_.latencies_ns.reserve(plan.requests);
        for (auto& connection : connections_) {
            open(connection);
            idle_.push_back(&connection);
        }
    }
    ~Load() {
        for (const auto& connection : connections_) {
            ::close(connection.fd);
        }
        ::close(timer_);
        ::close(epoll_);
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    LoadResult run();

private:
    void watch(int fd, std::uint32_t events, Connection* connection) {
        epoll_event event{};
        event.events = events;
        event.data.ptr = connection;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
            fail("epoll_ctl");
        }
    }
    void open(Connection& connection) {
        connection.fd = connect_to(plan_.port);
        watch(connection.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &connection);
    }
    void reopen(Connection& connection) {
        ::close(connection.fd);
        open(connection);
    }
    [[nodiscard]] bool is_open_loop() const { return plan_.rate != 0; }
    [[nodiscard]] std::int64_t due_time(std::size_t index) const {
        return started_ns_ + static_cast<std::int64_t>(index * 1'000'000'000ULL / plan_.rate);
    }
    [[nodiscard]] std::size_t finished() const {
        return result_.answered + result_.wrong + result_.cut;
    }

    void start_due();
    void arm_timer(std::int64_t at_ns);
    void ask(Connection& connection, std::int64_t due_ns);
    void send_rest(Connection& connection);
    void receive(Connection& connection);
    void take_answer(Connection& connection, AnswerReader::State state);
    void lose(Connection& connection);
    void done_with(Connection& connection);

    const LoadPlan& plan_;
    std::vector<Connection> connections_;
    std::vector<Connection*> idle_;
    LoadResult result_;
    std::size_t asked_ = 0;
    std::int64_t started_ns_ = 0;
    int epoll_ = -1;
    int timer_ = -1;
    std::array<char, 256 * 1024> buffer_{};
};

LoadResult Load::run() {
    started_ns_ = now_ns();
    const auto give_up_ns =
        started_ns_ + static_cast<std::int64_t>(plan_.timeout_s) * 1'000'000'000;
    start_due();
    std::array<epoll_event, 256> events{};
    while (finished() < plan_.requests && now_ns() < give_up_ns) {
        const int count =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            auto* const connection = static_cast<Connection*>(event.data.ptr);
            if (connection == nullptr) {
                std::uint64_t expirations = 0;
                [[maybe_unused]] const auto got = ::read(timer_, &expirations, sizeof expirations);
                start_due();
                continue;
            }
            if ((event.events & EPOLLOUT) != 0 && connection->busy) {
                send_rest(*connection);
            }
            if ((event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
                receive(*connection);
            }
        }
    }
    result_.elapsed_ns = now_ns() - started_ns_;
    result_.cut += plan_.requests - finished();
    std::sort(result_.latencies_ns.begin(), result_.latencies_ns.end());
    return std::move(result_);
}

/// Closed loop: every idle connection asks. Open loop: what is due is asked on idle connections;
/// when none is idle the request stays due, and its latency grows.
void Load::start_due() {
    while (asked_ < plan_.requests && !idle_.empty()) {
        const auto now = now_ns();
        const auto due = is_open_loop() ? due_time(asked_) : now;
        if (due > now) {
            arm_timer(due);
            return;
        }
        auto& connection = *idle_.back();
        idle_.pop_back();
        ++asked_;
        ask(connection, due);
    }
}

void Load::arm_timer(std::int64_t at_ns) {
    itimerspec when{};
    when.it_value.tv_sec = at_ns / 1'000'000'000;
    when.it_value.tv_nsec = at_ns % 1'000'000'000;
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void Load::ask(Connection& connection, std::int64_t due_ns) {
    connection.busy = true;
    connection.sent = 0;
    connection.due_ns = due_ns;
    connection.answer.reset();
    send_rest(connection);
}

void Load::send_rest(Connection& connection) {
    while (connection.sent < plan_.request.size()) {
        const auto sent = ::send(
            connection.fd,
            plan_.request.data() + connection.sent,
            plan_.request.size() - connection.sent,
            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) {
            return;  // full: EPOLLOUT follows; broken: EPOLLHUP does
        }
        connection.sent += static_cast<std::size_t>(sent);
    }
}

void Load::receive(Connection& connection) {
    for (;;) {
        const auto got = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) {
            return;
        }
        if (got <= 0) {
            lose(connection);
            return;
        }
        std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
        if (!connection.busy) {
            reopen(connection);  // bytes that nobody asked for
            return;
        }
        const auto state = connection.answer.feed(bytes);
        if (state != AnswerReader::State::more) {
            take_answer(connection, state);
            return;  // the next request was sent; its answer raises a new edge
        }
    }
}

void Load::take_answer(Connection& connection, AnswerReader::State state) {
    const auto& answer = connection.answer;
    const bool as_expected =
        state == AnswerReader::State::done && answer.status() == 200 &&
        (plan_.expected_events == 0 ||
         (answer.events() == plan_.expected_events && answer.ended_with_done()));
    if (as_expected) {
        ++result_.answered;
        result_.events += answer.events();
        result_.body_bytes += answer.body_bytes();
        result_.latencies_ns.push_back(now_ns() - connection.due_ns);
    } else {
        ++result_.wrong;
        result_.first_wrong_status =
            result_.first_wrong_status == 0 ? answer.status() : result_.first_wrong_status;
    }
    if (state == AnswerReader::State::bad) {
        reopen(connection);
    }
    done_with(connection);
}

void Load::lose(Connection& connection) {
    reopen(connection);
    if (connection.busy) {
        ++result_.cut;
        done_with(connection);
    }
}

void Load::done_with(Connection& connection) {
    connection.busy = false;
    idle_.push_back(&connection);
    start_due();
}

}  // namespace

LoadResult run_load(const LoadPlan& plan) {
    // On the heap: the read buffer is larger than a frame should be.
    return std::make_unique<Load>(plan)->run();
}

}  // namespace pulse::bench
