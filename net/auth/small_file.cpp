#include "net/auth/small_file.h"

#include <algorithm>
#include <fstream>

namespace pulse::net {

namespace {
constexpr std::size_t kBytesMax = std::size_t{1} << 20;
}

Result<std::string> read_small_file(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        return Error(Errc::not_found, path.string() + " does not exist");
    }
    std::ifstream file(path, std::ios::binary);
    if (status.type() == std::filesystem::file_type::directory || !file) {
        return Error(
            Errc::configuration,
            path.string() + " cannot be read; check its owner and mode for the user Pulse runs as");
    }
    std::string text(kBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kBytesMax) {
        return Error(Errc::configuration, path.string() + " is larger than a file of credentials");
    }
    return text;
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    });
}

}  // namespace pulse::net
