#include "bench/upstream/server.h"

#include "bench/upstream/answers.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <system_error>
#include <unordered_map>

namespace pulse::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct Connection {
    std::uint64_t id = 0;
    int fd = -1;
    std::string in;
    const std::vector<std::string>* pieces = nullptr;  ///< of the answer under way
    std::size_t piece = 0;
    std::size_t sent = 0;  ///< of that piece
    std::chrono::milliseconds pause{0};
};

struct Wake {
    Clock::time_point at;
    std::uint64_t connection;
    bool operator>(const Wake& other) const { return at > other.at; }
};

class Provider {
public:
    explicit Provider(std::uint16_t port);
    void run();

private:
    void watch(int fd, std::uint64_t id, std::uint32_t events);
    void accept_all();
    void go_on(std::uint64_t id);
    void receive(Connection& connection);
    [[nodiscard]] bool answer_next(Connection& connection);
    void send_pieces(Connection& connection);
    void wake_due();
    void arm_timer();
    void close(Connection& connection);
    [[nodiscard]] const std::vector<std::string>& pieces_for(const Ask& ask);

    static constexpr std::uint64_t kListener = 1;
    static constexpr std::uint64_t kTimer = 2;
    static constexpr std::uint64_t kSignal = 3;

    int epoll_ = -1;
    int listener_ = -1;
    int timer_ = -1;
    int signal_ = -1;
    std::uint64_t next_id_ = 16;
    std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
    std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;
    std::vector<std::string> buffered_{make_buffered_answer()};
    std::map<std::pair<unsigned, bool>, std::vector<std::string>> streams_;
    std::array<char, 256 * 1024> buffer_{};
};

Provider::Provider(std::uint16_t port) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    ::sigprocmask(SIG_BLOCK, &stops, nullptr);
    signal_ = ::signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);

    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 4096) != 0 ||
        ::getsockname(listener_, plain, &size) != 0) {
        fail("listen");
    }
    watch(listener_, kListener, EPOLLIN);
    watch(timer_, kTimer, EPOLLIN);
    watch(signal_, kSignal, EPOLLIN);
    fmt::print("listening on {}\n", ntohs(address.sin_port));
    std::fflush(stdout);
}

void Provider::watch(int fd, std::uint64_t id, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        fail("epoll_ctl");
    }
}

void Provider::run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            if (event.data.u64 == kSignal) {
                return;
            }
            if (event.data.u64 == kListener) {
                accept_all();
                continue;
            }
            if (event.data.u64 == kTimer) {
                wake_due();
                continue;
            }
            if ((event.events & EPOLLOUT) != 0) {
                go_on(event.data.u64);
            }
            if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
                if (const auto found = connections_.find(event.data.u64);
                    found != connections_.end()) {
                    receive(*found->second);
                }
            }
        }
    }
}

/// The socket takes bytes again: sends the rest of a piece, if that is what it waited for.
void Provider::go_on(std::uint64_t id) {
    if (const auto found = connections_.find(id);
        found != connections_.end() && found->second->sent > 0) {
        send_pieces(*found->second);
    }
}

void Provider::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto connection = std::make_unique<Connection>();
        connection->id = next_id_++;
        connection->fd = fd;
        watch(fd, connection->id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
        connections_.emplace(connection->id, std::move(connection));
    }
}

void Provider::receive(Connection& connection) {
    for (;;) {
        const auto got = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
        if (got < 0 && errno == EAGAIN) {
            break;
        }
        if (got <= 0) {
            close(connection);
            return;
        }
        connection.in.append(buffer_.data(), static_cast<std::size_t>(got));
    }
    if (connection.pieces == nullptr && answer_next(connection)) {
        send_pieces(connection);
    }
}

/// Is a whole request there? Then it is taken off and its answer begun.
bool Provider::answer_next(Connection& connection) {
    const auto head_end = connection.in.find("\r\n\r\n");
    if (head_end == std::string::npos) {
        return false;
    }
    const std::string_view head(connection.in.data(), head_end + 2);
    std::size_t length = 0;
    for (const std::string_view name : {"\r\ncontent-length: ", "\r\nContent-Length: "}) {
        if (const auto at = head.find(name); at != std::string_view::npos) {
            std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
        }
    }
    const auto body_begin = head_end + 4;
    if (connection.in.size() < body_begin + length) {
        return false;
    }
    const auto ask = read_ask(std::string_view(connection.in).substr(body_begin, length));
    connection.in.erase(0, body_begin + length);
    connection.pieces = ask.stream ? &pieces_for(ask) : &buffered_;
    connection.piece = 0;
    connection.sent = 0;
    connection.pause = std::chrono::milliseconds(ask.stream ? ask.pause_ms : 0);
    return true;
}

const std::vector<std::string>& Provider::pieces_for(const Ask& ask) {
    auto& stream = streams_[{ask.events, ask.include_usage}];
    if (stream.empty()) {
        stream = make_stream(ask.events, ask.include_usage);
    }
    return stream;
}

/// Every piece is its own send, as every token of a model is: what the proxy makes of it is what is
/// measured.
void Provider::send_pieces(Connection& connection) {
    while (connection.pieces != nullptr) {
        const auto& piece = (*connection.pieces)[connection.piece];
        const auto sent = ::send(
            connection.fd,
            piece.data() + connection.sent,
            piece.size() - connection.sent,
            MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) {
                close(connection);
            }
            return;
        }
        connection.sent += static_cast<std::size_t>(sent);
        if (connection.sent < piece.size()) {
            return;
        }
        connection.sent = 0;
        if (++connection.piece == connection.pieces->size()) {
            connection.pieces = nullptr;
            if (!answer_next(connection)) {
                return;
            }
        } else if (connection.pause.count() > 0) {
            wakes_.push({Clock::now() + connection.pause, connection.id});
            if (wakes_.top().connection == connection.id) {
                arm_timer();
            }
            return;
        }
    }
}

void Provider::wake_due() {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto got = ::read(timer_, &expirations, sizeof expirations);
    const auto now = Clock::now();
    while (!wakes_.empty() && wakes_.top().at <= now) {
        const auto id = wakes_.top().connection;
        wakes_.pop();
        if (const auto found = connections_.find(id); found != connections_.end()) {
            send_pieces(*found->second);
        }
    }
    arm_timer();
}

void Provider::arm_timer() {
    if (wakes_.empty()) {
        return;
    }
    const auto at =
        std::chrono::duration_cast<std::chrono::nanoseconds>(wakes_.top().at.time_since_epoch())
            .count();
    itimerspec when{};
    when.it_value.tv_sec = at / 1'000'000'000;
    when.it_value.tv_nsec = at % 1'000'000'000;
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void Provider::close(Connection& connection) {
    ::close(connection.fd);
    connections_.erase(connection.id);
}

}  // namespace

void run_provider(std::uint16_t port) {
    std::make_unique<Provider>(port)->run();
}

}  // namespace pulse::bench
