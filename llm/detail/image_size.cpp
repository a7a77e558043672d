#include "llm/detail/image_size.h"

#include <openssl/evp.h>

#include <string>

namespace pulse::llm::detail {
namespace {

// A photograph's JPEG states its size behind what the camera added: previews of some hundred KB at
// most.
constexpr std::size_t kHeadBytesMax = std::size_t{512} * 1024;
constexpr std::int32_t kPixelsMax = 1 << 20;  // of a side; above it nobody would be billed by it

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}
std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value = value << 8 | byte_at(bytes, at + i);
    }
    return value;
}
std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value |= byte_at(bytes, at + i) << (8 * i);
    }
    return value;
}

std::optional<ImageSize> sensible(std::uint32_t width, std::uint32_t height) {
    const auto is_sensible = [](std::uint32_t side) {
        return side > 0 && side <= static_cast<std::uint32_t>(kPixelsMax);
    };
    if (!is_sensible(width) || !is_sensible(height)) {
        return std::nullopt;
    }
    return ImageSize{static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)};
}

std::optional<ImageSize> png_size(std::string_view bytes) {
    constexpr std::size_t kSizeAt = 16;
    if (bytes.size() < kSizeAt + 8 || bytes.substr(12, 4) != "IHDR") {
        return std::nullopt;
    }
    return sensible(big_endian(bytes, kSizeAt, 4), big_endian(bytes, kSizeAt + 4, 4));
}

/// Walks over the segments to the first frame header.
std::optional<ImageSize> jpeg_size(std::string_view bytes) {
    std::size_t at = 2;
    while (at + 9 <= bytes.size() && byte_at(bytes, at) == 0xff) {
        const std::uint32_t marker = byte_at(bytes, at + 1);
        if (marker == 0xff) {
            ++at;  // fill byte
            continue;
        }
        const bool is_frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (is_frame) {
            return sensible(big_endian(bytes, at + 7, 2), big_endian(bytes, at + 5, 2));
        }
        const bool is_bare = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
        at += is_bare ? 2 : 2 + big_endian(bytes, at + 2, 2);
    }
    return std::nullopt;
}

std::optional<ImageSize> webp_size(std::string_view bytes) {
    if (bytes.size() < 30 || bytes.substr(8, 4) != "WEBP") {
        return std::nullopt;
    }
    const std::string_view chunk = bytes.substr(12, 4);
    if (chunk == "VP8X") {
        return sensible(1 + little_endian(bytes, 24, 3), 1 + little_endian(bytes, 27, 3));
    }
    if (chunk == "VP8 ") {
        return sensible(little_endian(bytes, 26, 2) & 0x3fff, little_endian(bytes, 28, 2) & 0x3fff);
    }
    if (chunk == "VP8L") {
        const std::uint32_t bits = little_endian(bytes, 21, 4);
        return sensible(1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff));
    }
    return std::nullopt;
}

/// Whole groups of four characters; nothing when one of them is not base64.
std::string decode_base64(std::string_view text) {
    text = text.substr(0, text.size() / 4 * 4);
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size()));
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
}

}  // namespace

std::optional<ImageSize> image_size(std::string_view bytes) {
    using namespace std::string_view_literals;
    if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) {
        return png_size(bytes);
    }
    if (bytes.starts_with("\xff\xd8"sv)) {
        return jpeg_size(bytes);
    }
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) {
        return bytes.size() < 10 ? std::nullopt
                                 : sensible(little_endian(bytes, 6, 2), little_endian(bytes, 8, 2));
    }
    return bytes.starts_with("RIFF"sv) ? webp_size(bytes) : std::nullopt;
}

std::optional<ImageSize> image_size_of_base64(std::string_view text) {
    return image_size(decode_base64(text.substr(0, kHeadBytesMax / 3 * 4)));
}

std::optional<ImageSize> image_size_of_data_url(std::string_view url) {
    constexpr std::string_view kBase64 = ";base64,";
    if (!url.starts_with("data:image/")) {
        return std::nullopt;
    }
    const std::size_t at = url.substr(0, 128).find(kBase64);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return image_size_of_base64(url.substr(at + kBase64.size()));
}

}  // namespace pulse::llm::detail
