#pragma once

#include "llm/framing/inflater.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

namespace pulse::llm {

/// `text` as a server would send it with this `content-encoding`.
inline std::string compressed(std::string_view text, ContentCoding coding) {
    std::string body;
    if (coding == ContentCoding::zstd) {
        body.resize(ZSTD_compressBound(text.size()));
        body.resize(ZSTD_compress(body.data(), body.size(), text.data(), text.size(), 1));
        return body;
    }
    if (coding == ContentCoding::brotli) {
        std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
        body.resize(size);
        BrotliEncoderCompress(
            1,
            BROTLI_DEFAULT_WINDOW,
            BROTLI_MODE_TEXT,
            text.size(),
            reinterpret_cast<const std::uint8_t*>(text.data()),
            &size,
            reinterpret_cast<std::uint8_t*>(body.data()));
        body.resize(size);
        return body;
    }
    z_stream stream{};
    const int window = coding == ContentCoding::gzip ? 16 + MAX_WBITS : MAX_WBITS;
    deflateInit2(&stream, 1, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    body.resize(deflateBound(&stream, text.size()));
    std::string input{text};
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(body.data());
    stream.avail_out = static_cast<uInt>(body.size());
    deflate(&stream, Z_FINISH);
    body.resize(stream.total_out);
    deflateEnd(&stream);
    return body;
}

}  // namespace pulse::llm
