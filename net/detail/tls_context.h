#pragma once

#include "base/assert.h"
#include "net/loop.h"
#include "net/tls.h"

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace pulse::net::detail {

template <auto kFree>
struct OpensslDeleter {
    template <class T>
    void operator()(T* object) const {
        kFree(object);
    }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDeleter<SSL_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, OpensslDeleter<SSL_SESSION_free>>;

/// What the oldest error in OpenSSL's queue says; empties the queue.
[[nodiscard]] std::string openssl_reason();

/// The newest session of each host, per worker: one that is shared would tie the workers'
/// connections together for whoever watches the tickets. Thread-safe.
class TlsSessions {
public:
    void put(const LoopState& worker, const std::string& host, SslSessionPtr session);
    /// Null when there is none.
    [[nodiscard]] SslSessionPtr find(const LoopState& worker, const std::string& host) const;

private:
    static constexpr std::size_t kSessionsMax = 1024;
    using Key = std::pair<const LoopState*, std::string>;

    mutable std::mutex mutex_;
    std::map<Key, SslSessionPtr> sessions_ PULSE_GUARDED_BY(mutex_);
};

}  // namespace pulse::net::detail

namespace pulse::net {

struct TlsContext::Impl {
    detail::SslContextPtr context;
    detail::TlsSessions sessions;  ///< of a client
    std::atomic<std::uint64_t> handshakes{0};
    std::atomic<std::uint64_t> resumed{0};
};

}  // namespace pulse::net
