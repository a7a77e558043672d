#include "net/auth/base64url.h"

#include <openssl/evp.h>

#include <algorithm>

namespace pulse::net {

std::string base64url(std::span<const std::uint8_t> bytes) {
    // EVP_EncodeBlock writes a NUL behind its text, where std::string keeps one anyway.
    std::string out((bytes.size() + 2) / 3 * 4, '\0');
    EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(out.data()), bytes.data(), static_cast<int>(bytes.size()));
    std::replace(out.begin(), out.end(), '+', '-');
    std::replace(out.begin(), out.end(), '/', '_');
    out.erase(out.find_last_not_of('=') + 1);
    return out;
}

std::string base64url(std::string_view text) {
    return base64url(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace pulse::net
