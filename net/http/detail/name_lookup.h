#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "net/loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pulse::net::detail {

/// The addresses of one host, IPv6 and IPv4 in the resolver's order. A name is looked up off the
/// loop and its addresses are kept for 30 s, a failure for 1 s; addresses that were had before
/// outlive a failure. A numeric host is never looked up. Lives on one worker.
class NameLookup {
public:
    using Address = boost::asio::ip::tcp::endpoint;
    using OnDone = std::function<void()>;

    static constexpr std::chrono::seconds kKept{30};
    static constexpr std::chrono::seconds kFailureKept{1};

    NameLookup(Loop& loop, const std::string& host, std::uint16_t port);
    ~NameLookup();
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;

    /// What was found, or the failure, is still to be believed.
    [[nodiscard]] bool is_fresh(SteadyTime now) const { return now < fresh_until_; }
    [[nodiscard]] bool is_running() const { return running_ != nullptr; }
    /// Looks the name up and calls `on_done`, never inside this. Not while it is running.
    void start(OnDone on_done);

    /// Errors: upstream_unavailable.
    [[nodiscard]] Result<std::vector<Address>> addresses() const;
    /// Moves an address that did not answer behind the others until the next look-up.
    void demote(const Address& address);

private:
    using Resolver = boost::asio::ip::
        basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
    struct Running;

    void take(const boost::system::error_code& error, const Resolver::results_type& results);

    std::string host_;
    std::uint16_t port_;
    Resolver resolver_;
    std::vector<Address> addresses_;
    std::string failure_;
    SteadyTime fresh_until_ = SteadyTime::min();
    std::shared_ptr<Running> running_;
};

}  // namespace pulse::net::detail
