#include "net/http/detail/name_lookup.h"

#include "net/detail/loop_state.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace pulse::net::detail {

namespace asio = boost::asio;

/// Held by the resolver's callback too, which finds no owner when the look-up was destroyed
/// meanwhile.
struct NameLookup::Running {
    NameLookup* owner;
    OnDone on_done;
};

namespace {

std::string_view without_brackets(std::string_view host) {
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return is_bracketed ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

NameLookup::NameLookup(Loop& loop, const std::string& host, std::uint16_t port)
    : host_(without_brackets(host)), port_(port), resolver_(loop.state().io()) {
    boost::system::error_code error;
    const auto numeric = asio::ip::make_address(host_, error);
    if (!error) {
        addresses_.emplace_back(numeric, port);
        fresh_until_ = SteadyTime::max();
    }
}

NameLookup::~NameLookup() {
    if (running_) {
        running_->owner = nullptr;
    }
}

void NameLookup::start(OnDone on_done) {
    running_ = std::make_shared<Running>(Running{this, std::move(on_done)});
    resolver_.async_resolve(
        host_,
        std::to_string(port_),
        asio::ip::resolver_base::numeric_service,
        [running = running_](
            const boost::system::error_code& error, const Resolver::results_type& results) {
            if (running->owner != nullptr) {
                running->owner->running_.reset();
                running->owner->take(error, results);
                running->on_done();
            }
        });
}

void NameLookup::take(
    const boost::system::error_code& error, const Resolver::results_type& results) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (error || results.empty()) {
        failure_ = error ? error.message() : "no address";
        fresh_until_ = now + kFailureKept;
        return;
    }
    addresses_.clear();
    for (const auto& result : results) {
        addresses_.push_back(result.endpoint());
    }
    failure_.clear();
    fresh_until_ = now + kKept;
}

Result<std::vector<NameLookup::Address>> NameLookup::addresses() const {
    if (addresses_.empty()) {
        return Error{Errc::upstream_unavailable, "cannot look up " + host_ + ": " + failure_};
    }
    return addresses_;
}

void NameLookup::demote(const Address& address) {
    const auto found = std::find(addresses_.begin(), addresses_.end(), address);
    if (found != addresses_.end()) {
        std::rotate(found, found + 1, addresses_.end());
    }
}

}  // namespace pulse::net::detail
