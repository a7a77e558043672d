#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pulse {

/// Who a request is for: the key's defaults, overridden by the caller's `x-pulse-*` headers where
/// the key allows it. Empty means "not said". Value; not thread-safe.
struct Attribution {
    std::string org;
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string client;
    std::vector<std::pair<std::string, std::string>> tags;
    friend bool operator==(const Attribution&, const Attribution&) = default;
};

}  // namespace pulse
