#pragma once

#include "base/clock.h"
#include "net/auth/auth_fetch.h"

namespace pulse::gateway {

/// Something that must be fetched, and again before it ends. One thread at a time calls it.
class Renewable {
public:
    Renewable() = default;
    Renewable(const Renewable&) = delete;
    Renewable& operator=(const Renewable&) = delete;
    virtual ~Renewable() = default;

    /// When renew() wants to be called next.
    [[nodiscard]] virtual TimePoint due() const = 0;
    /// Fetches; what was fetched before stays in use when that fails. Waits.
    virtual void renew(const net::AuthFetch& fetch, TimePoint now) = 0;
};

}  // namespace pulse::gateway
