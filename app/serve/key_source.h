#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "policy/access/key_directory.h"
#include "storage/database.h"

namespace pulse::app {

/// Reads all keys, policies and budgets. A stored policy that cannot be read blocks its key or all keys below it, a budget that
/// cannot be read lets what it is for spend nothing (logged): neither ever frees of a limit.
/// Errors: storage_unavailable.
[[nodiscard]] Result<std::shared_ptr<const policy::KeyDirectory>> read_keys(storage::Database& database);

/// Watches the database's version of keys and policies, four times a second, and hands out a new directory when it changed: a
/// revoked key is refused everywhere within a second. A database that is away changes nothing.
class KeyWatch {
public:
    using OnChange =
        std::function<void(std::shared_ptr<const policy::KeyDirectory>, storage::Database&)>;
    KeyWatch(std::unique_ptr<storage::Database> database, std::int64_t version, OnChange on_change);
    ~KeyWatch();
    KeyWatch(const KeyWatch&) = delete;
    KeyWatch& operator=(const KeyWatch&) = delete;

private:
    void run();
    std::unique_ptr<storage::Database> database_;
    std::int64_t version_;
    OnChange on_change_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace pulse::app
