#pragma once

#include "base/error.h"
#include "storage/database.h"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace pulse::console {

/// Connections to the database, one for each request that runs at the time: as many as the console
/// has threads. A connection that was lost connects again by itself. Thread-safe.
class StorePool {
public:
    using Open = std::function<Result<std::unique_ptr<storage::Database>>()>;
    explicit StorePool(Open open) : open_(std::move(open)) {}

    /// One connection for one request, given back at the end.
    class Lease {
    public:
        Lease(StorePool& owner, std::unique_ptr<storage::Database> database)
            : owner_(&owner), database_(std::move(database)) {}
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease();
        [[nodiscard]] storage::sql::Session& session() const { return database_->session(); }

    private:
        StorePool* owner_;
        std::unique_ptr<storage::Database> database_;
    };
    /// Errors: storage_unavailable.
    [[nodiscard]] Result<Lease> lease();

private:
    Open open_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<storage::Database>> idle_;
};

}  // namespace pulse::console
