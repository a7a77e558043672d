#pragma once

#include <list>
#include <memory>

#include "net/http/chunked.h"
#include "net/http/upstream_pool.h"

namespace pulse::gateway {

/// Connections whose answer was complete for the caller (`[DONE]`) before its last bytes came: read on to the end of the chunked
/// body, so that they can carry another request. A second and 16 KiB at most. Lives on one worker.
class UpstreamTails {
public:
    explicit UpstreamTails(net::Loop& loop);
    ~UpstreamTails();
    UpstreamTails(const UpstreamTails&) = delete;
    UpstreamTails& operator=(const UpstreamTails&) = delete;

    void add(
        std::shared_ptr<net::UpstreamPool> pool,
        std::unique_ptr<net::UpstreamConnection> connection,
        const net::ChunkedDecoder& decoder);

private:
    class Tail;
    void remove(Tail& tail);
    net::Loop& loop_;
    std::list<std::unique_ptr<Tail>> tails_;
};

}  // namespace pulse::gateway
