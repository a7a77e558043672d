#include "net/auth/rsa_signature.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace pulse::net {

namespace {

constexpr int kBitsMin = 2048;

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// OpenSSL would ask on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writes*/, void* /*data*/) {
    return -1;
}

[[nodiscard]] Error unusable(std::string_view why) {
    ERR_clear_error();
    return Error(
        Errc::configuration,
        "its private_key " + std::string(why) + "; make a new key of the service account");
}

}  // namespace

Result<std::string> sign_rs256(std::string_view pem, std::string_view message) {
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::unique_ptr<EVP_PKEY, Free> key(
        bio == nullptr ? nullptr
                       : PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    if (key == nullptr) {
        return unusable("is no PEM private key");
    }
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA ||
        EVP_PKEY_get_bits(key.get()) < kBitsMin) {
        return unusable("is no RSA key of 2048 bits or more");
    }
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
    std::size_t size = 0;
    bool done = context != nullptr &&
                EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) == 1;
    std::string signature(size, '\0');
    done = done && EVP_DigestSign(
                       context.get(),
                       reinterpret_cast<unsigned char*>(signature.data()),
                       &size,
                       bytes,
                       message.size()) == 1;
    if (!done) {
        return unusable("does not sign");
    }
    signature.resize(size);
    return signature;
}

}  // namespace pulse::net
