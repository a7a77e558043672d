#pragma once

#include "app/serve/lookup_thread.h"
#include "gateway/ports.h"

namespace pulse::app {

/// Looks requests up in the ledger. Thread-safe.
class RequestReader final : public gateway::RequestLookup {
public:
    explicit RequestReader(LookupThread& lookups) : lookups_(lookups) {}

    void find(const Uuid& id, net::Loop& loop, Answer answer) override;

private:
    LookupThread& lookups_;
};

}  // namespace pulse::app
