#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "gateway/snapshot.h"
#include "net/http/upstream_pool.h"

namespace pulse::gateway {

/// A snapshot as one worker holds it: with its pools, counted without atomics because it never leaves the worker.
struct LocalSnapshot {
    Snapshot shared;
    std::vector<std::shared_ptr<net::UpstreamPool>> pools;  ///< one per provider of the routes, in their order
    int holders = 0;
};

/// A counted reference to a LocalSnapshot; the last one deletes it. Lives on one worker.
class SnapshotRef {
public:
    SnapshotRef() = default;
    explicit SnapshotRef(LocalSnapshot* snapshot) : snapshot_(snapshot) { hold(); }
    SnapshotRef(const SnapshotRef& other) : snapshot_(other.snapshot_) { hold(); }
    SnapshotRef(SnapshotRef&& other) noexcept : snapshot_(std::exchange(other.snapshot_, nullptr)) {}
    SnapshotRef& operator=(SnapshotRef other) noexcept {
        std::swap(snapshot_, other.snapshot_);
        return *this;
    }
    ~SnapshotRef() {
        if (snapshot_ != nullptr && --snapshot_->holders == 0) {
            delete snapshot_;
        }
    }

    [[nodiscard]] const LocalSnapshot* operator->() const { return snapshot_; }
    [[nodiscard]] const LocalSnapshot& operator*() const { return *snapshot_; }
    explicit operator bool() const { return snapshot_ != nullptr; }
    [[nodiscard]] const GatewaySettings& settings() const { return *snapshot_->shared.settings; }

private:
    void hold() {
        if (snapshot_ != nullptr) {
            ++snapshot_->holders;
        }
    }
    LocalSnapshot* snapshot_ = nullptr;
};

}  // namespace pulse::gateway
