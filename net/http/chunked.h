#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net {

/// Takes the chunked transfer coding (RFC 9112 §7.1) off, strictly: hex sizes of at most 16 digits,
/// CRLF everywhere, extensions and trailers skipped within 8 KiB together. No copy. Lives on one
/// worker.
class ChunkedDecoder {
public:
    enum class State : std::uint8_t { more, done, bad };
    void reset();
    /// Reads `bytes`, appends views of the data in them to `out`, and sets `consumed`; less than
    /// all is consumed only when the body ended (`done`) or is `bad`.
    [[nodiscard]] State feed(
        std::string_view bytes, std::vector<std::string_view>& out, std::size_t& consumed);

private:
    enum class Step : std::uint8_t;

    [[nodiscard]] Step after(Step step, char byte);

    std::uint64_t left_ = 0;      ///< of the chunk's data
    std::uint32_t overhead_ = 0;  ///< bytes of extensions and trailers so far
    std::uint8_t digits_ = 0;     ///< of the chunk's size
    Step step_{};
};

/// "1a4\r\n" for a chunk of `size` bytes. Never for zero. At most 18 bytes, in `buffer`.
[[nodiscard]] std::string_view chunk_header(std::size_t size, char (&buffer)[20]);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace pulse::net
