#include "net/redis/detail/command.h"

#include "base/assert.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace pulse::net::redis::detail {
namespace {

void append_length(std::string& out, char mark, std::size_t length) {
    std::array<char, 24> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): written first
    text[0] = mark;
    char* end = std::to_chars(text.data() + 1, text.data() + text.size() - 2, length).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append(text.data(), end);
}

void append_word(std::string& out, std::string_view word) {
    append_length(out, '$', word.size());
    out += word;
    out += "\r\n";
}

constexpr std::string_view kEvalsha = "$7\r\nEVALSHA\r\n$40\r\n";
constexpr std::string_view kEval = "$4\r\nEVAL\r\n";
constexpr std::size_t kDigestLine = 40 + 2;

/// CRC-16/XMODEM, polynomial 0x1021.
constexpr std::array<std::uint16_t, 256> make_crc_table() {
    std::array<std::uint16_t, 256> table{};
    for (unsigned int byte = 0; byte < table.size(); ++byte) {
        unsigned int crc = byte << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
        }
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}
constexpr auto kCrcTable = make_crc_table();

std::string_view hashed_part_of(std::string_view key) {
    const std::size_t open = key.find('{');
    if (open == std::string_view::npos) {
        return key;
    }
    const std::size_t close = key.find('}', open + 1);
    const bool has_tag = close != std::string_view::npos && close > open + 1;
    return has_tag ? key.substr(open + 1, close - open - 1) : key;
}

}  // namespace

void append_command(std::string& out, Words words) {
    append_length(out, '*', words.size());
    for (const std::string_view word : words) {
        append_word(out, word);
    }
}

void append_evalsha(std::string& out, const Script& script, Words keys, Words args) {
    append_length(out, '*', 3 + keys.size() + args.size());
    out += kEvalsha;
    out += script.sha1();
    out += "\r\n";
    append_word(out, std::to_string(keys.size()));
    for (const std::string_view key : keys) {
        append_word(out, key);
    }
    for (const std::string_view arg : args) {
        append_word(out, arg);
    }
}

std::string eval_of(std::string_view evalsha, const Script& script) {
    const std::size_t head = evalsha.find('\n') + 1;
    PULSE_ASSERT(evalsha.substr(head, kEvalsha.size()) == kEvalsha);
    std::string eval{evalsha.substr(0, head)};
    eval += kEval;
    append_word(eval, script.text());
    eval += evalsha.substr(head + kEvalsha.size() + kDigestLine);
    return eval;
}

std::uint16_t slot_of(std::string_view key) {
    unsigned int crc = 0;
    for (const char c : hashed_part_of(key)) {
        const auto byte = static_cast<unsigned char>(c);
        crc = ((crc << 8U) ^ kCrcTable[((crc >> 8U) ^ byte) & 0xFFU]) & 0xFFFFU;
    }
    return static_cast<std::uint16_t>(crc % kSlots);
}

}  // namespace pulse::net::redis::detail
