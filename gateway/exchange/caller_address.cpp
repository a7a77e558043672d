#include "gateway/exchange/caller_address.h"

#include "net/http/head.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

[[nodiscard]] bool is_trusted(std::string_view text, const std::vector<policy::Cidr>& trusted) {
    const auto address = policy::parse_address(text);
    return address && std::any_of(trusted.begin(), trusted.end(), [&](const policy::Cidr& block) {
               return block.contains(*address);
           });
}

}  // namespace

std::string_view caller_address(
    std::string_view peer,
    std::string_view forwarded_for,
    const std::vector<policy::Cidr>& trusted) {
    std::string_view address = peer;
    while (is_trusted(address, trusted) && !forwarded_for.empty()) {
        const std::size_t comma = forwarded_for.rfind(',');
        const std::string_view before = net::trimmed(
            comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
        forwarded_for =
            comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
        if (!policy::parse_address(before)) {
            break;
        }
        address = before;
    }
    return address;
}

Result<std::vector<policy::Cidr>> parse_trusted_proxies(const std::vector<std::string>& texts) {
    std::vector<policy::Cidr> blocks;
    for (const std::string& text : texts) {
        const auto block = policy::parse_cidr(text);
        if (!block) {
            return Error(
                Errc::configuration,
                "gateway.trusted_proxies: `" + text + "`: " + block.error().detail());
        }
        blocks.push_back(*block);
    }
    return blocks;
}

}  // namespace pulse::gateway
