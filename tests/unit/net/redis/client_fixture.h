#pragma once

#include "base/clock.h"
#include "net/redis/client.h"

#include "../loop_thread.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::net::redis {

/// How a call ended.
struct Outcome {
    std::optional<Reply> reply;
    std::optional<Failure> failure;
    std::chrono::milliseconds took{0};

    [[nodiscard]] std::string text() const {
        if (failure) {
            return std::string{to_string(failure->kind)} + ": " + failure->text;
        }
        return reply->kind() == Reply::Kind::integer ? std::to_string(reply->integer())
                                                     : std::string{reply->text()};
    }
    [[nodiscard]] bool is(Failure::Kind kind) const { return failure && failure->kind == kind; }
};

/// Tells a function how its call ended, then goes.
class OneCall final : public ReplyHandler {
public:
    using OnDone = std::function<void(Outcome)>;
    explicit OneCall(OnDone on_done) : on_done_(std::move(on_done)) {}
    void on_reply(const Reply& reply) override { finish({.reply = reply, .failure = {}}); }
    void on_failure(const Failure& failure) override { finish({.reply = {}, .failure = failure}); }

private:
    void finish(Outcome outcome) {
        outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - began_);
        const OnDone on_done = std::move(on_done_);
        delete this;
        on_done(std::move(outcome));
    }
    OnDone on_done_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// Keeps what it is told.
class StateLog final : public NodeObserver {
public:
    void on_node_state(const NodeStatus& status) override {
        const std::lock_guard lock{mutex_};
        states_.push_back(std::string{to_string(status.state)});
        texts_ +=
            status.node + " " + std::string{to_string(status.state)} + " " + status.reason + "\n";
    }
    [[nodiscard]] std::vector<std::string> states() {
        const std::lock_guard lock{mutex_};
        return states_;
    }
    [[nodiscard]] std::string text() {
        const std::lock_guard lock{mutex_};
        return texts_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> states_;
    std::string texts_;
};

/// A client on a loop of its own; its calls come from the test's thread and wait for their end.
class ClientThread {
public:
    /// Deadlines long enough for a machine that is busy, where they are not what is tested.
    [[nodiscard]] static ClientSettings settings_for(const std::string& url) {
        ClientSettings settings;
        settings.address = parse_redis_url(url).value();
        settings.deadline = std::chrono::milliseconds{1'000};
        settings.connect_timeout = std::chrono::milliseconds{2'000};
        return settings;
    }
    explicit ClientThread(const std::string& url) : ClientThread(settings_for(url)) {}
    explicit ClientThread(ClientSettings settings) {
        thread_.run([&] {
            client_ = std::make_unique<Client>(
                thread_.loop(), system_clock(), std::move(settings), &states);
        });
    }
    ~ClientThread() {
        thread_.run([&] { client_.reset(); });
    }
    ClientThread(const ClientThread&) = delete;
    ClientThread& operator=(const ClientThread&) = delete;

    template <class Task>
    auto run(Task task) {
        return thread_.run([&] { return task(*client_); });
    }
    /// Of the client's thread.
    void start(const std::vector<std::string>& words, OneCall::OnDone on_done) {
        const std::vector<std::string_view> views{words.begin(), words.end()};
        const std::string_view key = views.size() > 1 ? views[1] : std::string_view{};
        client_->command(key, views, *new OneCall{std::move(on_done)});
    }
    [[nodiscard]] Outcome call(const std::vector<std::string>& words) {
        std::promise<Outcome> ended;
        thread_.run([&] {
            start(words, [&ended](Outcome outcome) { ended.set_value(std::move(outcome)); });
        });
        return ended.get_future().get();
    }
    [[nodiscard]] Outcome eval(
        const Script& script,
        const std::vector<std::string_view>& keys,
        const std::vector<std::string_view>& args) {
        std::promise<Outcome> ended;
        thread_.run([&] {
            client_->eval(script, keys, args, *new OneCall{[&ended](Outcome outcome) {
                              ended.set_value(std::move(outcome));
                          }});
        });
        return ended.get_future().get();
    }
    /// Whether `condition` comes true within 20 s; it is asked from the test's thread.
    [[nodiscard]] static bool await(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) {
                return false;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        return true;
    }
    [[nodiscard]] bool await_state(NodeState state) {
        return await([&] { return run([](Client& client) { return client.state(); }) == state; });
    }
    [[nodiscard]] Loop& loop() { return thread_.loop(); }
    [[nodiscard]] ClientMetrics metrics() {
        return run([](Client& client) { return client.metrics(); });
    }

    StateLog states;

private:
    LoopThread thread_;
    std::unique_ptr<Client> client_;
};

/// Keeps what is published.
class Listening final : public SubscriptionHandler {
public:
    void on_subscribed() override { ++subscribed; }
    void on_message(std::string_view payload) override {
        const std::lock_guard lock{mutex_};
        messages_.emplace_back(payload);
    }
    void on_interrupted() override { ++interrupted; }
    void on_refused(std::string_view /*reason*/) override { ++refused; }
    [[nodiscard]] bool has(std::string_view message) {
        const std::lock_guard lock{mutex_};
        return std::find(messages_.begin(), messages_.end(), message) != messages_.end();
    }
    std::atomic<int> subscribed = 0;
    std::atomic<int> interrupted = 0;
    std::atomic<int> refused = 0;

private:
    std::mutex mutex_;
    std::vector<std::string> messages_;
};

}  // namespace pulse::net::redis
