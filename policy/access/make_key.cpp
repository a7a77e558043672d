#include "base/assert.h"
#include "policy/access/key_directory.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

namespace pulse::policy {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kRandomCharacters = 40;
constexpr std::size_t kShownCharacters = 4;

/// Bytes from here on are thrown away: a remainder over all 256 would favour the first eight
/// characters.
constexpr std::size_t kUnbiased = 256 - 256 % kAlphabet.size();

}  // namespace

std::string make_key() {
    std::string key{kKeyPrefix};
    key.reserve(kKeyPrefix.size() + kRandomCharacters);
    std::array<unsigned char, 64> random{};
    while (key.size() < kKeyPrefix.size() + kRandomCharacters) {
        PULSE_ASSERT(RAND_priv_bytes(random.data(), static_cast<int>(random.size())) == 1);
        for (const unsigned char byte : random) {
            if (byte < kUnbiased && key.size() < kKeyPrefix.size() + kRandomCharacters) {
                key += kAlphabet[byte % kAlphabet.size()];
            }
        }
    }
    OPENSSL_cleanse(random.data(), random.size());
    return key;
}

std::string shown_prefix(std::string_view key) {
    if (key.starts_with(kKeyPrefix) && key.size() >= kKeyPrefix.size() + kRandomCharacters) {
        return std::string{key.substr(0, kKeyPrefix.size() + kShownCharacters)};
    }
    // A key that somebody chose may be short: never more than a quarter of it.
    return std::string{key.substr(0, std::min(kShownCharacters, key.size() / 4))};
}

}  // namespace pulse::policy
