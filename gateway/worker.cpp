#include "gateway/worker.h"

#include <pthread.h>

#include <string>
#include <utility>

#include "gateway/exchange/exchange.h"

namespace pulse::gateway {

namespace {
constexpr std::chrono::milliseconds kGaugeInterval{500};
constexpr std::chrono::milliseconds kEndInterval{50};
constexpr int kEndLooksMax = 40;  // 2 s
}

Worker::Worker(std::size_t index, const WorkerDependencies& shared, const Snapshot& first)
    : index_(index),
      quota_(shared.quota(loop_, index)),
      context_{
          .loop = loop_,
          .clock = shared.clock,
          .quota = *quota_,
          .spool = shared.spool.writer(index),
          .metrics = metrics_,
          .bodies = shared.bodies,
          .lookup = shared.lookup,
          .objects = shared.objects,
          .counting = shared.counting,
          .content = shared.content,
          .snapshot = {},
          .ids = {},
          .hasher = {},
          .tails = UpstreamTails(loop_),
          .durable_answers = DurableAnswers(loop_, shared.spool.writer(index))},
      gauge_timer_(loop_, [](void* self) { static_cast<Worker*>(self)->note_pools(); }, this),
      end_timer_(loop_, [](void* self) { static_cast<Worker*>(self)->end_when_settled(); }, this) {
    adopt(first);
    server_ = net::HttpServer::make(
        loop_, first.settings->server, shared.bodies, [this](net::ServerConnection& connection) {
            return std::make_unique<Exchange>(context_, connection);
        });
}

Worker::~Worker() { stop(); }

Result<void> Worker::listen(const net::ListenAddress& address, std::shared_ptr<net::TlsContext> tls) {
    auto listener = net::Listener::open(
        loop_, address, {.tls = std::move(tls)}, [this](net::Stream stream) { take(std::move(stream)); });
    if (!listener) {
        return listener.error();
    }
    listener_ = *std::move(listener);
    return {};
}

void Worker::take(net::Stream stream) {
    connections_.fetch_add(1, std::memory_order_relaxed);
    server_->add(std::move(stream), [this] {
        connections_.fetch_sub(1, std::memory_order_relaxed);
        if (listener_ != nullptr) {
            listener_->on_stream_ended();
        }
    });
}

void Worker::start() {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), ("worker-" + std::to_string(index_)).c_str());
        note_pools();
        loop_.run();
    });
}

void Worker::note_pools() {
    std::vector<PoolGauge> gauges;
    const LocalSnapshot& snapshot = *context_.snapshot;
    for (const auto& provider : snapshot.shared.routes->providers()) {
        const net::PoolMetrics pool = snapshot.pools[provider->index]->metrics();
        gauges.push_back({provider->name, pool.idle, pool.busy, pool.connecting, pool.waiting});
    }
    {
        const std::scoped_lock lock(gauges_mutex_);
        gauges_ = std::move(gauges);
    }
    gauge_timer_.arm(kGaugeInterval);
}

void Worker::publish(const Snapshot& snapshot) {
    loop_.post([this, snapshot] { adopt(snapshot); });
}

void Worker::adopt(const Snapshot& snapshot) {
    auto* local = new LocalSnapshot{.shared = snapshot, .pools = {}, .holders = 0};
    const SnapshotRef held(local);
    for (const auto& provider : snapshot.routes->providers()) {
        std::weak_ptr<net::UpstreamPool>& known = pools_[provider->pool_key];
        std::shared_ptr<net::UpstreamPool> pool = known.lock();
        if (pool == nullptr) {
            pool = net::UpstreamPool::make(loop_, provider->endpoint);
            known = pool;
        }
        local->pools.push_back(std::move(pool));
    }
    context_.snapshot = held;
    context_.calibrations.clear();
    std::erase_if(pools_, [](const auto& entry) { return entry.second.expired(); });
}

void Worker::begin_drain() {
    loop_.post([this] { context_.is_draining = true; });
}

void Worker::close_listener() {
    loop_.post([this] {
        listener_->close();
        server_->drain();
    });
}

void Worker::stop() {
    if (!thread_.joinable()) {
        return;
    }
    loop_.post([this] {
        // Settles what is unfinished.
        server_.reset();
        quota_->give_back();
        end_when_settled();
    });
    thread_.join();
}

/// The loop goes on until a store behind a network has heard of every end.
void Worker::end_when_settled() {
    if (quota_->settlements_waiting() == 0 || ++end_looks_ > kEndLooksMax) {
        return loop_.stop();
    }
    end_timer_.arm(kEndInterval);
}

void Worker::with_quota(std::function<void(policy::QuotaStore& quota)> task) {
    loop_.post([this, task = std::move(task)] { task(*quota_); });
}

}  // namespace pulse::gateway
