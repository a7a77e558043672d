#include "base/assert.h"
#include "policy/access/key_directory.h"

#include <openssl/evp.h>

namespace pulse::policy {

struct KeyHasher::Context {
    struct Free {
        void operator()(EVP_MD* fetched) const { EVP_MD_free(fetched); }
        void operator()(EVP_MD_CTX* reused) const { EVP_MD_CTX_free(reused); }
    };
    std::unique_ptr<EVP_MD, Free> digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

KeyHasher::KeyHasher() : context_(std::make_unique<Context>()) {
    PULSE_ASSERT(context_->digest != nullptr && context_->context != nullptr);
}

KeyHasher::~KeyHasher() = default;

KeyHash KeyHasher::hash(std::string_view key) const {
    KeyHash out{};
    EVP_MD_CTX* context = context_->context.get();
    const bool done = EVP_DigestInit_ex2(context, context_->digest.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(context, key.data(), key.size()) == 1 &&
                      EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
    PULSE_ASSERT(done);
    return out;
}

}  // namespace pulse::policy
