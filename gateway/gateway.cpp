#include "gateway/gateway.h"

#include <algorithm>
#include <thread>

namespace pulse::gateway {

namespace {
// Between "not ready" and "not listening": a load balancer that polls /readyz has the time to turn away.
constexpr std::chrono::milliseconds kReadyPause{500};
constexpr std::chrono::milliseconds kDrainPoll{20};
}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::open(
    const WorkerDependencies& shared, const Snapshot& first, std::size_t workers) {
    std::unique_ptr<Gateway> gateway(new Gateway);
    const GatewaySettings& settings = *first.settings;
    auto claim = net::PortClaim::take(settings.listen);
    if (!claim) {
        return claim.error();
    }
    gateway->claim_ = *std::move(claim);
    std::shared_ptr<net::TlsContext> tls;
    if (!settings.tls_certificate.empty()) {
        auto opened = net::TlsContext::open_server(settings.tls_certificate, settings.tls_private_key);
        if (!opened) {
            return opened.error();
        }
        tls = *std::move(opened);
    }
    for (std::size_t i = 0; i < workers; ++i) {
        gateway->workers_.push_back(std::make_unique<Worker>(i, shared, first));
        if (auto listening = gateway->workers_.back()->listen(gateway->address(), tls); !listening) {
            return listening.error();
        }
    }
    return gateway;
}

Gateway::~Gateway() = default;

void Gateway::start() {
    for (const auto& worker : workers_) {
        worker->start();
    }
}

void Gateway::publish(const Snapshot& snapshot) {
    for (const auto& worker : workers_) {
        worker->publish(snapshot);
    }
}

void Gateway::drain(std::chrono::milliseconds grace) {
    const auto until = std::chrono::steady_clock::now() + grace;
    for (const auto& worker : workers_) {
        worker->begin_drain();
    }
    const auto is_busy = [&] {
        return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) {
            return worker->connections() > 0;
        });
    };
    if (is_busy()) {
        std::this_thread::sleep_for(std::min(kReadyPause, grace));
    }
    for (const auto& worker : workers_) {
        worker->close_listener();
    }
    while (is_busy() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(kDrainPoll);
    }
    for (const auto& worker : workers_) {
        worker->stop();
    }
}

}  // namespace pulse::gateway
