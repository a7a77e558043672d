#include "net/auth/hmac_sha256.h"

#include "base/assert.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <string>

namespace pulse::net {

namespace {

[[nodiscard]] const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

struct FreeMac {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};

}  // namespace

HmacSha256::HmacSha256(std::span<const std::uint8_t> key) {
    const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    context_.reset(mac != nullptr ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    PULSE_ASSERT(context_ != nullptr);
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    // A null key would mean "the key of before", and there is none.
    static constexpr std::uint8_t kNoKey = 0;
    const std::uint8_t* const data = key.empty() ? &kNoKey : key.data();
    const int done = EVP_MAC_init(context_.get(), data, key.size(), params.data());
    PULSE_ASSERT(done == 1);
}

HmacSha256::HmacSha256(std::string_view key) : HmacSha256(std::span(bytes_of(key), key.size())) {}

Sha256 HmacSha256::of(std::string_view message) {
    Sha256 out{};
    std::size_t size = 0;
    EVP_MAC_CTX* const context = context_.get();
    const bool done = EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
                      EVP_MAC_update(context, bytes_of(message), message.size()) == 1 &&
                      EVP_MAC_final(context, out.data(), &size, out.size()) == 1;
    PULSE_ASSERT(done && size == out.size());
    return out;
}

void HmacSha256::Free::operator()(EVP_MAC_CTX* context) const {
    EVP_MAC_CTX_free(context);
}

Sha256Hasher::Sha256Hasher()
    : digest_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    PULSE_ASSERT(digest_ != nullptr && context_ != nullptr);
}

Sha256 Sha256Hasher::of(std::span<const std::string_view> pieces) {
    EVP_MD_CTX* const context = context_.get();
    bool done = EVP_DigestInit_ex2(context, digest_.get(), nullptr) == 1;
    for (const std::string_view piece : pieces) {
        done = done && EVP_DigestUpdate(context, piece.data(), piece.size()) == 1;
    }
    Sha256 out{};
    done = done && EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
    PULSE_ASSERT(done);
    return out;
}

Sha256 Sha256Hasher::of(std::string_view text) {
    return of(std::span(&text, 1));
}

void Sha256Hasher::Free::operator()(EVP_MD* digest) const {
    EVP_MD_free(digest);
}

void Sha256Hasher::Free::operator()(EVP_MD_CTX* context) const {
    EVP_MD_CTX_free(context);
}

}  // namespace pulse::net
