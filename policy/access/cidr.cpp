#include "policy/access/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace pulse::policy {
namespace {

constexpr std::size_t kAddressTextMax = 64;
constexpr int kV4Bits = 32;
constexpr int kV6Bits = 128;
constexpr int kMappedBits = 96;
constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

[[nodiscard]] bool is_mapped(const IpAddress& address) {
    return !address.is_v4 &&
           std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
}

[[nodiscard]] IpAddress unmapped(const IpAddress& address) {
    IpAddress v4;
    v4.is_v4 = true;
    std::copy_n(address.bytes.begin() + kMappedPrefix.size(), 4, v4.bytes.begin());
    return v4;
}

/// As written: a mapped address stays IPv6, because the length of its prefix counts from there.
[[nodiscard]] std::optional<IpAddress> parse_as_written(std::string_view text) {
    if (text.size() >= kAddressTextMax || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::array<char, kAddressTextMax> terminated{};
    std::copy(text.begin(), text.end(), terminated.begin());
    IpAddress address;
    address.is_v4 = text.find(':') == std::string_view::npos;
    const int family = address.is_v4 ? AF_INET : AF_INET6;
    if (inet_pton(family, terminated.data(), address.bytes.data()) != 1) {
        return std::nullopt;
    }
    return address;
}

[[nodiscard]] bool same_prefix(const IpAddress& a, const IpAddress& b, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(
            a.bytes.begin(),
            a.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
            b.bytes.begin())) {
        return false;
    }
    const int rest = bits % 8;
    return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest)) == 0;
}

[[nodiscard]] bool has_bits_behind(const IpAddress& address, int bits) {
    const int all = address.is_v4 ? kV4Bits : kV6Bits;
    for (int bit = bits; bit < all; ++bit) {
        const unsigned byte = address.bytes[static_cast<std::size_t>(bit / 8)];
        if (((byte >> (7 - bit % 8)) & 1U) != 0) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] Error not_a_block(std::string_view text, std::string_view why) {
    return Error{
        Errc::invalid_request,
        "\"" + std::string{text} + "\" is no block of addresses (" + std::string{why} +
            "); write it like 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32"};
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
    if (text.find(':') != std::string_view::npos) {
        text = text.substr(0, text.find('%'));
    }
    std::optional<IpAddress> address = parse_as_written(text);
    if (address && is_mapped(*address)) {
        return unmapped(*address);
    }
    return address;
}

bool Cidr::contains(const IpAddress& address) const {
    return address.is_v4 == base.is_v4 && same_prefix(base, address, bits);
}

Result<Cidr> parse_cidr(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::optional<IpAddress> base = parse_as_written(text.substr(0, slash));
    if (!base) {
        return not_a_block(text, "its address cannot be read");
    }
    Cidr block{*base, base->is_v4 ? kV4Bits : kV6Bits};
    if (slash != std::string_view::npos) {
        const std::string_view length = text.substr(slash + 1);
        int bits = -1;
        const auto [end, error] =
            std::from_chars(length.data(), length.data() + length.size(), bits);
        if (error != std::errc{} || end != length.data() + length.size() || bits < 0 ||
            bits > block.bits) {
            return not_a_block(text, "its prefix length is out of range");
        }
        block.bits = bits;
    }
    if (has_bits_behind(block.base, block.bits)) {
        return not_a_block(text, "bits are set behind the prefix");
    }
    if (is_mapped(block.base) && block.bits >= kMappedBits) {
        return Cidr{unmapped(block.base), block.bits - kMappedBits};
    }
    return block;
}

}  // namespace pulse::policy
