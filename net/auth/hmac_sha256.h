#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct evp_mac_ctx_st;
struct evp_md_st;
struct evp_md_ctx_st;

namespace pulse::net {

using Sha256 = std::array<std::uint8_t, 32>;

/// HMAC-SHA-256 (RFC 2104) under one key, which is taken in once and used again for each message.
/// Value; not thread-safe.
class HmacSha256 {
public:
    explicit HmacSha256(std::span<const std::uint8_t> key);
    explicit HmacSha256(std::string_view key);

    [[nodiscard]] Sha256 of(std::string_view message);

private:
    struct Free {
        void operator()(evp_mac_ctx_st* context) const;
    };
    std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

/// SHA-256 with a context that is made once: for what is hashed on the way of each request.
/// Value; not thread-safe.
class Sha256Hasher {
public:
    Sha256Hasher();

    /// Of the pieces in their order.
    [[nodiscard]] Sha256 of(std::span<const std::string_view> pieces);
    [[nodiscard]] Sha256 of(std::string_view text);

private:
    struct Free {
        void operator()(evp_md_st* digest) const;
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_st, Free> digest_;
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace pulse::net
