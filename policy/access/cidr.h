#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::policy {

/// An IPv4 or IPv6 address in network order. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is the
/// IPv4 one. Value.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};  ///< the first 4 for IPv4
    bool is_v4 = false;
    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Reads "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0" (the zone is dropped); none
/// for anything else.
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text);

/// A block of addresses of one family: "10.0.0.0/8", "2001:db8::/32"; an address alone is a block
/// of one. "::/0" holds no IPv4 address. Value.
struct Cidr {
    IpAddress base;
    int bits = 0;  ///< of the prefix: 0 to 32 for IPv4, to 128 for IPv6

    [[nodiscard]] bool contains(const IpAddress& address) const;
    friend bool operator==(const Cidr&, const Cidr&) = default;
};

/// Errors: invalid_request for text that is no block, and for bits set behind the prefix
/// ("10.0.0.1/8"), which are a mistake more often than not.
[[nodiscard]] Result<Cidr> parse_cidr(std::string_view text);

}  // namespace pulse::policy
