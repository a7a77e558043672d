#include "pricing/tokens/gen/rank_file.h"

#include "pricing/tokens/detail/vocabulary_format.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace pulse::pricing::gen {
namespace {

/// One more than the largest id that the tables hold.
constexpr std::uint32_t kIds = detail::kPairIdMask;

std::string sha256_of(const std::string& bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        give_up("SHA-256 failed");
    }
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        constexpr char kDigits[] = "0123456789abcdef";
        hex += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
    }
    return hex;
}

std::string decode_base64(const std::string& text) {
    std::string out(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(out.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size()));
    const auto padding = text.size() - text.find_last_not_of('=') - 1;
    if (size < 0 || static_cast<std::size_t>(size) < padding) {
        give_up("not base64: " + text);
    }
    out.resize(static_cast<std::size_t>(size) - padding);
    return out;
}

}  // namespace

void give_up(const std::string& what) {
    std::fprintf(stderr, "token tables: %s\n", what.c_str());
    std::exit(1);
}

Tokens read_rank_file(const std::string& path, const std::string& sha256) {
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
    if (!file || bytes.empty()) {
        give_up("cannot read " + path);
    }
    if (const auto found = sha256_of(bytes); found != sha256) {
        give_up(path + " has the SHA-256 " + found + ", expected " + sha256);
    }
    Tokens tokens;
    std::istringstream lines{bytes};
    std::string token;
    std::uint32_t id = 0;
    while (lines >> token >> id) {
        if (id >= kIds) {
            give_up(path + ": id " + std::to_string(id) + " is too large");
        }
        if (id >= tokens.size()) {
            tokens.resize(id + 1);
        }
        tokens[id] = decode_base64(token);
        if (tokens[id].size() > detail::kTokenBytesMax) {
            give_up(path + ": token " + std::to_string(id) + " is too long");
        }
    }
    return tokens;
}

}  // namespace pulse::pricing::gen
