#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/uuid.h"
#include "net/loop.h"

namespace pulse::gateway {

/// A request's row as the data plane shows it.
struct FoundRequest {
    std::string key_id;  ///< who made it
    std::string json;    ///< the body of GET /v1/pulse/requests/{id}
};

/// Reads rows on a thread of its own, never on a worker. A row that is still on its way to the ledger is waited for,
/// 2 s at most. Thread-safe.
class RequestLookup {
public:
    using Answer = std::function<void(Result<std::optional<FoundRequest>>)>;

    RequestLookup() = default;
    RequestLookup(const RequestLookup&) = delete;
    RequestLookup& operator=(const RequestLookup&) = delete;
    virtual ~RequestLookup() = default;

    /// `answer` is called on `loop`. Errors: storage_unavailable, overloaded (too many look-ups wait).
    virtual void find(const Uuid& id, net::Loop& loop, Answer answer) = 0;
};

}  // namespace pulse::gateway
