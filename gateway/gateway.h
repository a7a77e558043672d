#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/worker.h"

namespace pulse::gateway {

/// The data plane: N workers on one port. Lives on the thread that made it.
class Gateway {
public:
    /// Claims the port and opens the listeners; nothing is accepted before start(). Errors: configuration (the port is taken,
    /// the certificate cannot be read).
    [[nodiscard]] static Result<std::unique_ptr<Gateway>> open(
        const WorkerDependencies& shared, const Snapshot& first, std::size_t workers);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    void start();
    void publish(const Snapshot& snapshot);
    /// Refuses new calls, waits until the running ones ended or `grace` is over, and stops the workers.
    void drain(std::chrono::milliseconds grace);

    [[nodiscard]] const net::ListenAddress& address() const { return claim_->address(); }
    [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

private:
    Gateway() = default;
    std::optional<net::PortClaim> claim_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace pulse::gateway
