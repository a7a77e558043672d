#pragma once

#include "base/assert.h"
#include "base/clock.h"
#include "base/settings/settings_source.h"
#include "gateway/providers/credentials/credential.h"
#include "gateway/providers/credentials/renewable.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pulse::gateway {

/// The credentials of all providers. Equal settings share one, so that a reload fetches nothing
/// again; one thread renews what must be renewed, and no request waits for it. Thread-safe.
class Credentials {
public:
    /// An AuthFetch that gives up within a second when `cancelled` becomes true.
    using Fetch = std::function<Result<net::AuthAnswer>(
        const net::AuthRequest& request, const std::atomic<bool>& cancelled)>;

    Credentials(EnvironmentLookup environment, Fetch fetch, const Clock& clock);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    /// The credential of a provider. Errors: configuration, which names the provider, what is wrong
    /// with its settings or its file, and the fix.
    [[nodiscard]] Result<std::shared_ptr<const Credential>> obtain(
        const CredentialSettings& settings);

    /// Starts the thread and waits, for `patience` at most, until what is due was asked for once:
    /// the first request should find it.
    void start(std::chrono::milliseconds patience);
    /// Ends the thread; what was fetched stays.
    void stop();

    /// Renews what is due and says when the next is. What the thread does; a test without a thread
    /// calls it itself.
    [[nodiscard]] TimePoint renew_due();

private:
    struct Kept {
        CredentialSettings settings;
        std::weak_ptr<const Credential> credential;
    };
    void run();
    [[nodiscard]] std::vector<std::shared_ptr<Renewable>> renewables();

    const EnvironmentLookup environment_;
    const Clock& clock_;
    std::atomic<bool> cancelled_{false};
    const net::AuthFetch fetch_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Kept> kept_ PULSE_GUARDED_BY(mutex_);
    bool has_new_ PULSE_GUARDED_BY(mutex_) = false;
    bool has_asked_ PULSE_GUARDED_BY(mutex_) = false;  ///< once for what was there at the start
    std::thread thread_;
};

}  // namespace pulse::gateway
