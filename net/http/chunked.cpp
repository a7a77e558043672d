#include "net/http/chunked.h"

#include <algorithm>
#include <charconv>

namespace pulse::net {

namespace {

constexpr std::uint32_t kOverheadMax = 8 * 1024;
constexpr std::uint8_t kDigitsMax = 16;

/// The digit's value, or 16.
constexpr std::uint8_t hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<std::uint8_t>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? static_cast<std::uint8_t>(lower - 'a' + 10) : 16;
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// May stand in an extension or a trailer: no control character, so that no reader sees a line end
/// in it.
constexpr bool is_text(char c) {
    return (static_cast<unsigned char>(c) >= ' ' && c != 0x7f) || c == '\t';
}

}  // namespace

/// Where the next byte stands. Each line end has a step for its LF.
enum class ChunkedDecoder::Step : std::uint8_t {
    size,              ///< first digit of a size
    size_more,         ///< further digits, or what ends them
    before_extension,  ///< blanks behind a size, only before ';'
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,  ///< first byte of a line behind the last chunk
    trailer,
    trailer_lf,
    end_lf,
    done,
    bad,
};

void ChunkedDecoder::reset() {
    *this = ChunkedDecoder{};
}

ChunkedDecoder::State ChunkedDecoder::feed(
    std::string_view bytes, std::vector<std::string_view>& out, std::size_t& consumed) {
    std::size_t at = 0;
    while (at < bytes.size() && step_ != Step::done && step_ != Step::bad) {
        if (step_ == Step::data) {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
            out.push_back(bytes.substr(at, size));
            at += size;
            left_ -= size;
            step_ = left_ == 0 ? Step::data_cr : Step::data;
        } else {
            step_ = after(step_, bytes[at++]);
        }
    }
    consumed = at;
    if (step_ == Step::done) {
        return State::done;
    }
    return step_ == Step::bad ? State::bad : State::more;
}

ChunkedDecoder::Step ChunkedDecoder::after(Step step, char byte) {
    const auto overhead = [&](Step next) {
        return ++overhead_ <= kOverheadMax && is_text(byte) ? next : Step::bad;
    };
    switch (step) {
        case Step::size:
            digits_ = 0;
            left_ = 0;
            [[fallthrough]];
        case Step::size_more:
            if (const std::uint8_t digit = hex_value(byte); digit < 16) {
                left_ = left_ << 4 | digit;
                return ++digits_ <= kDigitsMax ? Step::size_more : Step::bad;
            }
            if (digits_ == 0) {
                return Step::bad;
            }
            [[fallthrough]];
        case Step::before_extension:
            if (byte == '\r' && step != Step::before_extension) {
                return Step::size_lf;
            }
            if (byte == ';') {
                return overhead(Step::extension);
            }
            return is_blank(byte) ? overhead(Step::before_extension) : Step::bad;
        case Step::extension:
            return byte == '\r' ? Step::size_lf : overhead(Step::extension);
        case Step::size_lf:
            if (byte != '\n') {
                return Step::bad;
            }
            return left_ == 0 ? Step::trailer_start : Step::data;
        case Step::data_cr:
            return byte == '\r' ? Step::data_lf : Step::bad;
        case Step::data_lf:
            return byte == '\n' ? Step::size : Step::bad;
        case Step::trailer_start:
            if (byte == '\r') {
                return Step::end_lf;
            }
            return is_blank(byte) || byte == ':' ? Step::bad : overhead(Step::trailer);
        case Step::trailer:
            return byte == '\r' ? Step::trailer_lf : overhead(Step::trailer);
        case Step::trailer_lf:
            return byte == '\n' ? Step::trailer_start : Step::bad;
        case Step::end_lf:
            return byte == '\n' ? Step::done : Step::bad;
        case Step::data:
        case Step::done:
        case Step::bad:
            break;
    }
    return Step::bad;
}

std::string_view chunk_header(std::size_t size, char (&buffer)[20]) {
    char* past = std::to_chars(buffer, buffer + 16, size, 16).ptr;
    *past++ = '\r';
    *past++ = '\n';
    return {buffer, static_cast<std::size_t>(past - buffer)};
}

}  // namespace pulse::net
