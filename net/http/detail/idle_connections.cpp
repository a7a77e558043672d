#include "net/http/detail/idle_connections.h"

#include "base/assert.h"
#include "base/clock.h"

#include <algorithm>
#include <utility>

namespace pulse::net::detail {

namespace {

using std::chrono::milliseconds;

// A connection that came back this short ago is handed out without a look at its socket: a close
// that came since is the same race as one that is still on its way. Saves a system call per request
// where connections are busy.
constexpr milliseconds kTrusted{2};
// A connection that was idle for so long is watched; a busy one never costs a watch. Also how often
// they are looked at.
constexpr milliseconds kWatchedAfter{100};

}  // namespace

/// One idle connection. Reused for others: a busy pool allocates nothing.
class IdleConnections::Idle final : public ReadHandler {
public:
    explicit Idle(IdleConnections& owner) : owner_(owner) {}

    void put(std::unique_ptr<UpstreamConnection> connection, SteadyTime now) {
        connection_ = std::move(connection);
        since_ = now;
    }
    [[nodiscard]] std::unique_ptr<UpstreamConnection> take() {
        if (std::exchange(is_watched_, false)) {
            connection_->stream.cancel_wait_input();
        }
        return std::move(connection_);
    }
    void watch() {
        if (!std::exchange(is_watched_, true)) {
            connection_->stream.async_wait_input(*this);
        }
    }
    [[nodiscard]] bool has_input() const { return connection_->stream.has_input(); }
    [[nodiscard]] milliseconds age(SteadyTime now) const {
        return std::chrono::duration_cast<milliseconds>(now - since_);
    }

private:
    void on_read(StreamStatus /*status*/, std::size_t /*bytes*/) override {
        owner_.on_input(*this);
    }

    IdleConnections& owner_;
    std::unique_ptr<UpstreamConnection> connection_;
    SteadyTime since_{};
    bool is_watched_ = false;
};

IdleConnections::IdleConnections(Loop& loop, std::size_t connections_max, milliseconds idle_timeout)
    : connections_max_(connections_max),
      idle_timeout_(idle_timeout),
      timer_(
          loop, [](void* self) { static_cast<IdleConnections*>(self)->on_timer(); }, this) {}

IdleConnections::~IdleConnections() = default;

void IdleConnections::put(std::unique_ptr<UpstreamConnection> connection) {
    if (connections_max_ == 0) {
        return;
    }
    if (idle_.size() >= connections_max_) {
        drop_oldest();
    }
    if (spare_.empty()) {
        spare_.push_back(std::make_unique<Idle>(*this));
    }
    spare_.back()->put(std::move(connection), std::chrono::steady_clock::now());
    idle_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    if (!timer_.is_armed()) {
        timer_.arm(kWatchedAfter);
    }
}

std::unique_ptr<UpstreamConnection> IdleConnections::take() {
    if (idle_.empty()) {
        return nullptr;
    }
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!idle_.empty()) {
        spare_.push_back(std::move(idle_.back()));
        idle_.pop_back();
        Idle& last = *spare_.back();
        const bool is_dead = last.age(now) >= kTrusted && last.has_input();
        auto connection = last.take();
        if (!is_dead) {
            return connection;
        }
    }
    return nullptr;
}

void IdleConnections::drop_oldest() {
    drop(0);
}

void IdleConnections::drop(std::size_t index) {
    const auto at = idle_.begin() + static_cast<std::ptrdiff_t>(index);
    const auto closed = (*at)->take();
    spare_.push_back(std::move(*at));
    idle_.erase(at);
}

void IdleConnections::on_input(const Idle& idle) {
    const auto at = std::find_if(
        idle_.begin(), idle_.end(), [&](const auto& each) { return each.get() == &idle; });
    PULSE_ASSERT(at != idle_.end());
    drop(static_cast<std::size_t>(at - idle_.begin()));
}

void IdleConnections::on_timer() {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!idle_.empty() && idle_.front()->age(now) >= idle_timeout_) {
        drop_oldest();
    }
    for (const auto& idle : idle_) {
        if (idle->age(now) < kWatchedAfter) {
            break;
        }
        idle->watch();
    }
    if (!idle_.empty()) {
        timer_.arm(kWatchedAfter);
    }
}

}  // namespace pulse::net::detail
