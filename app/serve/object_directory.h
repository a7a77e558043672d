#pragma once

#include "app/serve/lookup_thread.h"
#include "gateway/ports.h"

#include <deque>
#include <mutex>
#include <unordered_map>

namespace pulse::app {

/// Who made which object of a provider: the latest ones in memory, all others in the ledger. Thread-safe.
class ObjectDirectory final : public gateway::ObjectOwners {
public:
    explicit ObjectDirectory(LookupThread& lookups) : lookups_(lookups) {}

    void note(std::string_view provider, std::string_view object, std::string_view key_id) override;
    void find(
        std::string_view provider,
        std::vector<std::string> objects,
        net::Loop& loop,
        Answer answer) override;

    void find_unbilled(
        std::string_view provider,
        std::vector<std::string> objects,
        net::Loop& loop,
        Unbilled answer) override;

    /// More than an instance makes in the second that a row needs to the ledger.
    static constexpr std::size_t kRememberedMax = 65'536;

private:
    [[nodiscard]] std::string remembered(std::string_view provider, std::string_view object) const;

    LookupThread& lookups_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::string> owners_ PULSE_GUARDED_BY(mutex_);  ///< by provider, zero, object
    std::deque<std::string> order_ PULSE_GUARDED_BY(mutex_);
};

}  // namespace pulse::app
