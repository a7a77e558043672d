#include "llm/framing/inflater.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <climits>

namespace pulse::llm {
namespace {

constexpr std::size_t kStep = std::size_t{16} << 10;

/// gzip and deflate. Some servers send deflate without zlib's two bytes in front; the first byte
/// tells.
class ZlibDecoder : public Inflater::Decoder {
public:
    explicit ZlibDecoder(ContentCoding coding) : coding_(coding) {}
    ZlibDecoder(const ZlibDecoder&) = delete;
    ZlibDecoder& operator=(const ZlibDecoder&) = delete;
    ~ZlibDecoder() override {
        if (is_open_) {
            inflateEnd(&stream_);
        }
    }

    [[nodiscard]] bool run(std::string_view& in, std::string& out, std::size_t room) override {
        constexpr int kGzipWindow = 16 + MAX_WBITS;
        if (!is_open_) {
            if (in.empty()) {
                return true;
            }
            const bool has_zlib_head =
                (static_cast<unsigned char>(in.front()) & 0x0FU) == Z_DEFLATED;
            const int window = coding_ == ContentCoding::gzip ? kGzipWindow
                               : has_zlib_head                ? MAX_WBITS
                                                              : -MAX_WBITS;
            is_open_ = inflateInit2(&stream_, window) == Z_OK;
        }
        return is_open_ && inflate_some(in, out, room);
    }

private:
    bool inflate_some(std::string_view& in, std::string& out, std::size_t room) {
        const std::size_t before = out.size();
        const std::size_t size = std::min<std::size_t>(in.size(), INT_MAX);
        out.resize(before + room);
        // zlib's interface takes input without const and does not write to it.
        stream_.next_in = const_cast<Bytef*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
            reinterpret_cast<const Bytef*>(in.data()));
        stream_.avail_in = static_cast<uInt>(size);
        stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        stream_.avail_out = static_cast<uInt>(room);
        const int code = ::inflate(&stream_, Z_NO_FLUSH);
        out.resize(before + room - stream_.avail_out);
        in.remove_prefix(size - stream_.avail_in);
        if (code == Z_STREAM_END) {
            // gzip allows several members in a row.
            return inflateReset(&stream_) == Z_OK;
        }
        return code == Z_OK || code == Z_BUF_ERROR;
    }

    ContentCoding coding_;
    z_stream stream_{};
    bool is_open_ = false;
};

class BrotliDecoder : public Inflater::Decoder {
public:
    BrotliDecoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
    BrotliDecoder(const BrotliDecoder&) = delete;
    BrotliDecoder& operator=(const BrotliDecoder&) = delete;
    ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }

    [[nodiscard]] bool run(std::string_view& in, std::string& out, std::size_t room) override {
        const std::size_t before = out.size();
        out.resize(before + room);
        std::size_t available_in = in.size();
        std::size_t available_out = room;
        const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
        auto* next_out = reinterpret_cast<std::uint8_t*>(out.data() + before);
        const auto result = BrotliDecoderDecompressStream(
            state_, &available_in, &next_in, &available_out, &next_out, nullptr);
        out.resize(before + room - available_out);
        in.remove_prefix(in.size() - available_in);
        if (result == BROTLI_DECODER_RESULT_SUCCESS) {
            in = {};
        }
        return state_ != nullptr && result != BROTLI_DECODER_RESULT_ERROR;
    }

private:
    BrotliDecoderState* state_;
};

class ZstdDecoder : public Inflater::Decoder {
public:
    ZstdDecoder() : stream_(ZSTD_createDStream()) {
        // A frame may ask for a window of gigabytes; those of HTTP are at most 8 MiB (RFC 8878
        // §3.1.1.1.2).
        constexpr int kWindowLogMax = 23;
        ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kWindowLogMax);
    }
    ZstdDecoder(const ZstdDecoder&) = delete;
    ZstdDecoder& operator=(const ZstdDecoder&) = delete;
    ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }

    [[nodiscard]] bool run(std::string_view& in, std::string& out, std::size_t room) override {
        const std::size_t before = out.size();
        out.resize(before + room);
        ZSTD_inBuffer input{in.data(), in.size(), 0};
        ZSTD_outBuffer output{out.data() + before, room, 0};
        const std::size_t code = ZSTD_decompressStream(stream_, &output, &input);
        out.resize(before + output.pos);
        in.remove_prefix(input.pos);
        return ZSTD_isError(code) == 0;
    }

private:
    ZSTD_DStream* stream_;
};

std::unique_ptr<Inflater::Decoder> make_decoder(ContentCoding coding) {
    switch (coding) {
        case ContentCoding::brotli:
            return std::make_unique<BrotliDecoder>();
        case ContentCoding::zstd:
            return std::make_unique<ZstdDecoder>();
        default:
            return std::make_unique<ZlibDecoder>(coding);
    }
}

struct CodingName {
    std::string_view name;
    ContentCoding coding;
};
constexpr std::array kCodingNames{
    CodingName{"gzip", ContentCoding::gzip},
    CodingName{"x-gzip", ContentCoding::gzip},
    CodingName{"deflate", ContentCoding::deflate},
    CodingName{"br", ContentCoding::brotli},
    CodingName{"zstd", ContentCoding::zstd},
};

bool is_same_word(std::string_view one, std::string_view other) {
    return std::equal(
        one.begin(), one.end(), other.begin(), other.end(), [](char left, char right) {
            return (left >= 'A' && left <= 'Z' ? static_cast<char>(left - 'A' + 'a') : left) ==
                   right;
        });
}

}  // namespace

std::optional<ContentCoding> parse_content_coding(std::string_view name) {
    while (name.starts_with(' ') || name.starts_with('\t')) {
        name.remove_prefix(1);
    }
    while (name.ends_with(' ') || name.ends_with('\t')) {
        name.remove_suffix(1);
    }
    for (const CodingName& known : kCodingNames) {
        if (is_same_word(name, known.name)) {
            return known.coding;
        }
    }
    return std::nullopt;
}

Inflater::Inflater(ContentCoding coding) : decoder_(make_decoder(coding)) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

bool Inflater::feed(std::string_view bytes, std::string& out) {
    taken_ += bytes.size();
    const std::size_t given_max = std::min(kOutputMax, kFreeOutput + taken_ * kRatioMax);
    bool has_more = true;
    while (!has_failed_ && has_more) {
        const std::size_t in_before = bytes.size();
        const std::size_t out_before = out.size();
        has_failed_ =
            given_ >= given_max || !decoder_->run(bytes, out, std::min(kStep, given_max - given_));
        const std::size_t made = out.size() - out_before;
        given_ += made;
        // A step that filled its room may have left more behind.
        has_more = !bytes.empty() || made == kStep;
        has_failed_ = has_failed_ || (!bytes.empty() && made == 0 && bytes.size() == in_before);
    }
    return !has_failed_;
}

}  // namespace pulse::llm
