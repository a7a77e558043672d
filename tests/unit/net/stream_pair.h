#pragma once

#include "net/listener.h"
#include "net/stream.h"

#include <sys/socket.h>

#include "blocking_client.h"
#include "loop_thread.h"
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::net {

/// A stream on a loop of its own, and the blocking client at its other end. Its calls come from the
/// test's thread.
class StreamPair final : public ReadHandler, public WriteHandler {
public:
    explicit StreamPair(int client_receive_buffer = 0) {
        std::promise<void> accepted;
        thread_.run([&] {
            listener_ = *Listener::open(thread_.loop(), claim_.address(), {}, [&](Stream stream) {
                stream_ = std::move(stream);
                accepted.set_value();
            });
        });
        client.emplace(claim_.address().port, client_receive_buffer);
        accepted.get_future().wait();
    }
    ~StreamPair() {
        thread_.run([&] {
            stream_ = Stream{};
            listener_.reset();
        });
    }
    StreamPair(const StreamPair&) = delete;
    StreamPair& operator=(const StreamPair&) = delete;

    template <class Task>
    auto run(Task task) {
        return thread_.run([&] { return task(stream_); });
    }
    void start_read() {
        run([this](Stream& stream) { stream.async_read(buffer_, *this); });
    }
    [[nodiscard]] WriteProgress write(std::vector<std::string_view> parts) {
        return run([&](Stream& stream) { return stream.write(parts, *this); });
    }

    struct Event {
        StreamStatus status;
        std::string bytes;
    };
    [[nodiscard]] std::optional<Event> await_read() { return await(read_); }
    [[nodiscard]] std::optional<Event> await_written() { return await(written_); }
    [[nodiscard]] bool has_events() {
        const std::lock_guard lock{mutex_};
        return read_.has_value() || written_.has_value();
    }

    std::optional<BlockingClient> client;

private:
    void on_read(StreamStatus status, std::size_t bytes) override {
        set(read_, {status, std::string{buffer_, bytes}});
    }
    void on_written(StreamStatus status) override { set(written_, {status, {}}); }

    void set(std::optional<Event>& slot, Event event) {
        {
            const std::lock_guard lock{mutex_};
            slot = std::move(event);
        }
        changed_.notify_all();
    }
    std::optional<Event> await(std::optional<Event>& slot) {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return slot.has_value(); });
        return std::exchange(slot, std::nullopt);
    }

    PortClaim claim_ = *PortClaim::take({.host = "127.0.0.1", .port = 0});
    LoopThread thread_;
    Stream stream_;
    std::unique_ptr<Listener> listener_;
    char buffer_[64 * 1024] = {};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Event> read_;
    std::optional<Event> written_;
};

}  // namespace pulse::net
