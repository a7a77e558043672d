#include "net/redis/script.h"

#include "base/assert.h"
#include "base/hex.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <utility>

namespace pulse::net::redis {
namespace {

std::string sha1_of(std::string_view text) {
    std::array<std::uint8_t, 20> digest{};
    const int made =
        EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    PULSE_ASSERT(made == 1);
    return to_hex(digest);
}

}  // namespace

Script::Script(std::string text) : text_(std::move(text)), sha1_(sha1_of(text_)) {}

}  // namespace pulse::net::redis
