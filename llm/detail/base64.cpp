#include "llm/detail/base64.h"

#include <openssl/evp.h>

#include <cstddef>
#include <limits>

namespace pulse::llm::detail {

bool decode_base64(std::string_view base64, std::string& bytes) {
    bytes.clear();
    if (base64.empty()) {
        return true;
    }
    if (base64.size() % 4 != 0 || base64.size() > std::numeric_limits<int>::max()) {
        return false;
    }
    const std::size_t padding = base64.ends_with("==") ? 2U : base64.ends_with('=') ? 1U : 0U;
    // OpenSSL takes '=' for 'A' anywhere.
    if (base64.find('=') < base64.size() - padding) {
        return false;
    }
    bytes.resize(base64.size() / 4 * 3);
    // It takes white space at the ends for nothing, which the size shows.
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(base64.data()),
        static_cast<int>(base64.size()));
    if (size < 0 || static_cast<std::size_t>(size) != bytes.size()) {
        bytes.clear();
        return false;
    }
    bytes.resize(bytes.size() - padding);
    return true;
}

}  // namespace pulse::llm::detail
