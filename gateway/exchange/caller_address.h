#pragma once

#include <string_view>
#include <vector>

#include "policy/access/cidr.h"

namespace pulse::gateway {

/// The caller's address: the peer's, or, where the peer is a trusted proxy, the last address of `forwarded_for` (the X-Forwarded-For
/// field) that is not one itself. What a stranger writes into the field is never believed. The view points into an argument.
[[nodiscard]] std::string_view caller_address(
    std::string_view peer, std::string_view forwarded_for, const std::vector<policy::Cidr>& trusted);

/// Errors: configuration that names the entry.
[[nodiscard]] Result<std::vector<policy::Cidr>> parse_trusted_proxies(const std::vector<std::string>& texts);

}  // namespace pulse::gateway
