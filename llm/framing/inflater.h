#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm {

enum class ContentCoding : std::uint8_t { gzip, deflate, brotli, zstd };

/// By the name in `content-encoding`, without regard to case; nothing for `identity`, for lists of
/// several codings and for those that Pulse does not know.
[[nodiscard]] std::optional<ContentCoding> parse_content_coding(std::string_view name);

/// Inflates a compressed body as it arrives, however it is split. What comes out is bounded: at
/// most kOutputMax in all and kRatioMax times what went in (beyond a first allowance), so that a
/// small body cannot cost much memory or time. Lives on one worker.
class Inflater {
public:
    explicit Inflater(ContentCoding coding);
    ~Inflater();
    Inflater(Inflater&&) noexcept;
    Inflater& operator=(Inflater&&) noexcept;

    /// Appends what `bytes` inflate to. False, now and ever after, when they are not of the coding
    /// or a bound is passed; `out` then has what came before.
    [[nodiscard]] bool feed(std::string_view bytes, std::string& out);

    static constexpr std::size_t kOutputMax = std::size_t{64} << 20;
    static constexpr std::size_t kRatioMax = 200;
    static constexpr std::size_t kFreeOutput = std::size_t{1} << 20;

    /// One library's stream.
    class Decoder {
    public:
        virtual ~Decoder() = default;
        /// Takes from `in`, appends at most `room` bytes to `out`. False: not of the coding.
        [[nodiscard]] virtual bool run(
            std::string_view& in, std::string& out, std::size_t room) = 0;
    };

private:
    std::unique_ptr<Decoder> decoder_;
    std::size_t taken_ = 0;
    std::size_t given_ = 0;
    bool has_failed_ = false;
};

}  // namespace pulse::llm
