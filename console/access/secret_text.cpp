#include "console/access/secret_text.h"

#include "base/assert.h"
#include "base/digest.h"
#include "base/hex.h"

#include <sodium.h>

#include <array>

namespace pulse::console {
namespace {

constexpr std::size_t kSecretBytes = 32;

[[nodiscard]] std::string random_bytes(std::size_t count) {
    PULSE_ASSERT(sodium_init() >= 0);
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

[[nodiscard]] const unsigned char* unsigned_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string make_secret() {
    return base64url(random_bytes(kSecretBytes));
}

std::string make_personal_token() {
    return std::string{kPersonalTokenPrefix}.append(make_secret());
}

std::string make_installation_secret() {
    return to_hex(random_bytes(kSecretBytes));
}

std::string hash_of(std::string_view secret) {
    return to_hex(sha256(secret));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::string code(crypto_auth_hmacsha256_BYTES, '\0');
    crypto_auth_hmacsha256_state state{};
    crypto_auth_hmacsha256_init(&state, unsigned_of(key), key.size());
    crypto_auth_hmacsha256_update(&state, unsigned_of(text), text.size());
    crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(code.data()));
    return code;
}

std::string base64url(std::string_view bytes) {
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), unsigned_of(bytes), bytes.size(), kVariant);
    text.pop_back();  // the terminating NUL
    return text;
}

std::string csrf_token(std::string_view installation_secret, std::string_view cookie) {
    return base64url(hmac_sha256(installation_secret, std::string{"csrf "}.append(cookie)));
}

}  // namespace pulse::console
