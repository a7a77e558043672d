#include "net/http/detail/head_scan.h"

#include "net/http/detail/byte_block.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace pulse::net::detail {

namespace {

/// Characters of a token (RFC 9110 §5.6.2).
constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{
             "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}
constexpr std::array<bool, 256> kToken = make_token_table();

/// Walks over one head. Every take_… says false where the head is not plain.
class Scan {
public:
    explicit Scan(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[nodiscard]] bool take(std::string_view text) {
        if (static_cast<std::size_t>(end_ - at_) < text.size() ||
            std::memcmp(at_, text.data(), text.size()) != 0) {
            return false;
        }
        at_ += text.size();
        return true;
    }
    /// Token characters up to `stop`, which is taken too.
    [[nodiscard]] bool take_token(char stop, std::string_view& token) {
        const char* const begin = at_;
        skip_name();
        while (at_ < end_ && kToken[static_cast<unsigned char>(*at_)]) {
            ++at_;
        }
        token = {begin, static_cast<std::size_t>(at_ - begin)};
        return !token.empty() && at_ < end_ && *at_++ == stop;
    }
    /// Visible ASCII up to a space, which is taken too.
    [[nodiscard]] bool take_word(std::string_view& word) {
        const char* const begin = at_;
        while (at_<end_&& * at_> ' ' && *at_ < 0x7f) {
            ++at_;
        }
        word = {begin, static_cast<std::size_t>(at_ - begin)};
        return !word.empty() && at_ < end_ && *at_++ == ' ';
    }
    /// Text up to CR LF, which is taken too; blanks around it are not part of it.
    [[nodiscard]] bool take_line(std::string_view& text) {
        while (at_ < end_ && is_blank(*at_)) {
            ++at_;
        }
        const char* const begin = at_;
        if (!skip_text() || end_ - at_ < 2 || at_[0] != '\r' || at_[1] != '\n') {
            return false;
        }
        const char* last = at_;
        while (last > begin && is_blank(last[-1])) {
            --last;
        }
        text = {begin, static_cast<std::size_t>(last - begin)};
        at_ += 2;
        return true;
    }
    [[nodiscard]] bool is_at_end() const { return at_ == end_; }
    [[nodiscard]] bool is_at_blank_line() const {
        return end_ - at_ == 2 && at_[0] == '\r' && at_[1] == '\n';
    }
    [[nodiscard]] bool take_digit(int& digit) {
        if (at_ == end_ || *at_ < '0' || *at_ > '9') {
            return false;
        }
        digit = *at_++ - '0';
        return true;
    }

private:
    /// Over what names are mostly made of, a block at a time.
    void skip_name() {
        while (static_cast<std::size_t>(end_ - at_) >= ByteBlock::kSize) {
            const unsigned others = ByteBlock(at_).name_characters() ^ ByteBlock::kAll;
            if (others != 0) {
                at_ += std::countr_zero(others);
                return;
            }
            at_ += ByteBlock::kSize;
        }
    }
    /// To the first control character that is not a tab.
    [[nodiscard]] bool skip_text() {
        while (at_ < end_) {
            if (static_cast<std::size_t>(end_ - at_) >= ByteBlock::kSize) {
                const unsigned controls = ByteBlock(at_).controls();
                if (controls == 0) {
                    at_ += ByteBlock::kSize;
                    continue;
                }
                at_ += std::countr_zero(controls);
            } else if (static_cast<unsigned char>(*at_) >= 0x20 && *at_ != 0x7f) {
                ++at_;
                continue;
            }
            if (*at_ != '\t') {
                return true;
            }
            ++at_;
        }
        return false;
    }

    const char* at_;
    const char* end_;
};

/// Tokens and single commas with blanks behind them, as everybody writes a list.
[[nodiscard]] bool is_plain_list(std::string_view value) {
    bool wants_token = true;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (kToken[static_cast<unsigned char>(c)]) {
            if (!wants_token && is_blank(value[i - 1])) {
                return false;
            }
            wants_token = false;
        } else if (c == ',') {
            if (wants_token) {
                return false;
            }
            wants_token = true;
        } else if (!is_blank(c)) {
            return false;
        }
    }
    return !wants_token;
}

/// Beast reads these itself and refuses values that are no lists of tokens.
[[nodiscard]] bool is_list_field(std::string_view name) {
    switch (name.size()) {
        case 7:
            return iequals(name, "upgrade");
        case 10:
            return iequals(name, "connection");
        case 16:
            return iequals(name, "proxy-connection");
        case 17:
            return iequals(name, "transfer-encoding");
        default:
            return false;
    }
}

void read_known(std::string_view name, std::string_view value, bool is_request, HeadFacts& facts) {
    switch (name.size()) {
        case 4:
            if (is_request && iequals(name, "host")) {
                facts.read_host(value);
            }
            return;
        case 6:
            facts.expects_continue |= iequals(name, "expect") && iequals(value, "100-continue");
            return;
        case 7:
            facts.has_upgrade |= iequals(name, "upgrade");
            return;
        case 10:
            if (iequals(name, "connection")) {
                facts.read_connection(value);
            }
            return;
        case 14:
            if (iequals(name, "content-length")) {
                facts.read_length(value);
            }
            return;
        case 17:
            if (iequals(name, "transfer-encoding")) {
                facts.read_coding(value);
            }
            return;
        default:
            return;
    }
}

[[nodiscard]] bool scan_fields(Scan& scan, bool is_request, Fields& fields, HeadFacts& facts) {
    while (!scan.is_at_blank_line()) {
        Field field;
        if (fields.size() == kHeadFieldsMax || !scan.take_token(':', field.name) ||
            !scan.take_line(field.value)) {
            return false;
        }
        if (is_list_field(field.name) && !is_plain_list(field.value)) {
            return false;
        }
        fields.add(field);
        read_known(field.name, field.value, is_request, facts);
    }
    return facts.broken == nullptr && !(facts.has_length && facts.has_coding);
}

}  // namespace

bool scan_request_head(std::string_view bytes, RequestHead& head, HeadFacts& facts) {
    Scan scan(bytes);
    int minor = 0;
    if (!scan.take_token(' ', head.method) || !scan.take_word(head.target) ||
        !scan.take("HTTP/1.") || !scan.take_digit(minor) || minor > 1 || !scan.take("\r\n")) {
        return false;
    }
    head.minor_version = minor;
    return scan_fields(scan, true, head.fields, facts);
}

bool scan_response_head(std::string_view bytes, ResponseHead& head, HeadFacts& facts) {
    Scan scan(bytes);
    int minor = 0;
    int hundreds = 0;
    int tens = 0;
    int ones = 0;
    if (!scan.take("HTTP/1.") || !scan.take_digit(minor) || minor > 1 || !scan.take(" ") ||
        !scan.take_digit(hundreds) || !scan.take_digit(tens) || !scan.take_digit(ones) ||
        !scan.take(" ") || !scan.take_line(head.reason)) {
        return false;
    }
    head.minor_version = minor;
    head.status = hundreds * 100 + tens * 10 + ones;
    return scan_fields(scan, false, head.fields, facts);
}

}  // namespace pulse::net::detail
