#pragma once

#include <string>
#include <string_view>

namespace pulse::net::redis {

/// A Lua script and its SHA-1, by which EVALSHA names it. Made once, outlives every call of it.
/// Immutable.
class Script {
public:
    explicit Script(std::string text);
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    [[nodiscard]] std::string_view text() const { return text_; }
    /// 40 characters of lower-case hex.
    [[nodiscard]] std::string_view sha1() const { return sha1_; }

private:
    std::string text_;
    std::string sha1_;
};

}  // namespace pulse::net::redis
