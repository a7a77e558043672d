#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Who made the objects that providers keep (files, batches, stored responses …). Objects made by this process are known
/// at once, those of others when the ledger has their rows. Thread-safe.
class ObjectOwners {
public:
    /// The keys' ids, one for each object in order; empty for an object that nobody made here.
    using Answer = std::function<void(Result<std::vector<std::string>>)>;

    ObjectOwners() = default;
    ObjectOwners(const ObjectOwners&) = delete;
    ObjectOwners& operator=(const ObjectOwners&) = delete;
    virtual ~ObjectOwners() = default;

    /// An object was made; its row is on its way to the ledger.
    virtual void note(std::string_view provider, std::string_view object, std::string_view key_id) = 0;
    /// `answer` is called on `loop`, or at once where all are known. Waits for rows that may be on their way, 1 s at
    /// most. Errors: storage_unavailable, overloaded.
    virtual void find(
        std::string_view provider, std::vector<std::string> objects, net::Loop& loop, Answer answer) = 0;

    /// How many. (No Result<bool>: moved within a closure it would become true, by its own conversion to bool.)
    using Unbilled = std::function<void(Result<std::int64_t>)>;
    /// How many of them are work that goes on and is not billed yet? Their provider is asked at once. `answer` is called
    /// on `loop`. Errors: storage_unavailable, overloaded.
    virtual void find_unbilled(
        std::string_view provider, std::vector<std::string> objects, net::Loop& loop, Unbilled answer) = 0;
};

/// What a call said and was told, each up to `logging.content_limit`.
struct CallContent {
    Uuid id;
    std::string request;
    std::string answer;  ///< of a stream its events
    bool is_request_cut = false;
    bool is_answer_cut = false;
    bool is_to_redact = true;
};

/// Keeps what calls said, where that is asked for. Thread-safe.
class ContentLog {
public:
    ContentLog() = default;
    ContentLog(const ContentLog&) = delete;
    ContentLog& operator=(const ContentLog&) = delete;
    virtual ~ContentLog() = default;

    /// Never waits: where too much is on its way, this is dropped and counted.
    virtual void take(CallContent content) = 0;
};

}  // namespace pulse::gateway
