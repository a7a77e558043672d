// The bare relay: net/ without the exchange, the floor that the gateway is measured against.
// Usage: pulse_bare_relay LISTEN UPSTREAM [LOOPS]    addresses as host:port; runs until it is
// killed

#include "bench/relay/relay_exchange.h"
#include "net/http/body_budget.h"
#include "net/http/server_connection.h"
#include "net/http/upstream_pool.h"
#include "net/listener.h"
#include "net/loop.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace pulse;
using namespace pulse::net;

/// One loop with its listener, its callers and its pool. Lives on the thread that calls run().
class Worker {
public:
    Worker(const ListenAddress& upstream, BodyBudget& budget)
        : pool_(UpstreamPool::make(
              loop_, {.host = upstream.host, .port = upstream.port, .tls = nullptr})),
          server_(HttpServer::make(loop_, ServerLimits{}, budget, [this](ServerConnection& caller) {
              return std::make_unique<bench::RelayExchange>(caller, *pool_);
          })) {}

    [[nodiscard]] Result<void> listen(const ListenAddress& address) {
        auto listener = Listener::open(loop_, address, {}, [this](Stream stream) {
            server_->add(std::move(stream), [this] { listener_->on_stream_ended(); });
        });
        if (!listener) {
            return listener.error();
        }
        listener_ = std::move(*listener);
        return {};
    }
    void run() { loop_.run(); }

private:
    Loop loop_;
    std::unique_ptr<UpstreamPool> pool_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<HttpServer> server_;
};

[[nodiscard]] int say(const Error& error) {
    std::fprintf(stderr, "pulse_bare_relay: %s\n", error.detail().c_str());
    return EXIT_FAILURE;
}

[[nodiscard]] int serve(const PortClaim& claim, const ListenAddress& upstream, std::size_t loops) {
    BodyBudget budget{std::size_t{256} << 20};
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t i = 0; i < loops; ++i) {
        workers.push_back(std::make_unique<Worker>(upstream, budget));
        if (auto listening = workers.back()->listen(claim.address()); !listening) {
            return say(listening.error());
        }
    }
    std::printf("listening on %s\n", claim.address().to_string().c_str());
    std::fflush(stdout);
    // The first runs here: with one loop there is one thread, as in a worker of nginx.
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < workers.size(); ++i) {
        threads.emplace_back([&worker = *workers[i]] { worker.run(); });
    }
    workers.front()->run();
    return EXIT_SUCCESS;
}

[[nodiscard]] std::size_t parse_loops(std::string_view text) {
    std::size_t loops = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), loops);
    return error == std::errc{} && end == text.data() + text.size() ? loops : 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t loops = argc == 4 ? parse_loops(argv[3]) : 1;
    if (argc < 3 || argc > 4 || loops == 0 || loops > 256) {
        std::fputs(
            "usage: pulse_bare_relay LISTEN UPSTREAM [LOOPS]    addresses as host:port\n", stderr);
        return EXIT_FAILURE;
    }
    const auto listen = parse_listen_address(argv[1]);
    if (!listen) {
        return say(listen.error());
    }
    const auto upstream = parse_listen_address(argv[2]);
    if (!upstream) {
        return say(upstream.error());
    }
    const auto claim = PortClaim::take(*listen);
    return claim ? serve(*claim, *upstream, loops) : say(claim.error());
}
