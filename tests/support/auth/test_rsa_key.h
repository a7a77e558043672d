#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>

namespace pulse::tests {

/// A key pair made for one test program.
class TestRsaKey {
public:
    explicit TestRsaKey(unsigned int bits = 2048) : key_(EVP_RSA_gen(bits)) {}

    [[nodiscard]] std::string private_pem() const {
        const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        char* data = nullptr;
        const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &data));
        return {data, size};
    }
    [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const {
        const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        return EVP_DigestVerify(
                   context.get(),
                   reinterpret_cast<const unsigned char*>(signature.data()),
                   signature.size(),
                   reinterpret_cast<const unsigned char*>(message.data()),
                   message.size()) == 1;
    }

private:
    struct Free {
        void operator()(BIO* bio) const { BIO_free(bio); }
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_PKEY, Free> key_;
};

[[nodiscard]] inline const TestRsaKey& test_rsa_key() {
    static const TestRsaKey key;
    return key;
}

}  // namespace pulse::tests
