// Host tool of the build: the two-stage table of detail/char_class.h, from the range files of the
// npm packages @unicode/unicode-VERSION. Usage: make_char_classes PACKAGE OUTPUT

#include "pricing/tokens/detail/char_class.h"
#include "pricing/tokens/gen/rank_file.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pulse::pricing::detail;
using pulse::pricing::gen::give_up;

constexpr std::uint32_t kCodePoints = 0x11'0000;

/// The argument of `decodeRanges('…')` in a range file.
std::string encoded_ranges(const std::string& path) {
    std::ifstream file{path};
    const std::string text{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
    constexpr std::string_view kCall = "decodeRanges('";
    const auto call = text.find(kCall);
    const auto end = call == std::string::npos ? call : text.find('\'', call + kCall.size());
    if (end == std::string::npos) {
        give_up("no ranges in " + path);
    }
    return text.substr(call + kCall.size(), end - call - kCall.size());
}

/// Numbers of 5, 10, 15 or 21 bits in the URL alphabet of base64, the highest digit first; its
/// leading bits say how many digits there are.
std::vector<std::uint32_t> decode_numbers(const std::string& text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::vector<std::uint32_t> numbers;
    std::size_t at = 0;
    const auto next_digit = [&] {
        const auto digit = at < text.size() ? kDigits.find(text[at++]) : std::string_view::npos;
        if (digit == std::string_view::npos) {
            give_up("ranges in an unknown form");
        }
        return static_cast<std::uint32_t>(digit);
    };
    while (at < text.size()) {
        auto number = next_digit();
        int more = 0;
        if (number >= 56) {
            number &= 7;
            more = 3;
        } else if (number >= 48) {
            number &= 7;
            more = 2;
        } else if (number >= 32) {
            number &= 15;
            more = 1;
        }
        for (; more > 0; --more) {
            number = number << 6 | next_digit();
        }
        numbers.push_back(number);
    }
    return numbers;
}

/// The numbers are, in turn, the code points between two ranges and those in a range, each less
/// one; before the first range they are not less one.
void mark(std::vector<CharClass>& classes, const std::string& path, CharClass bits) {
    const auto numbers = decode_numbers(encoded_ranges(path));
    std::uint32_t at = 0;
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
        at += i == 0 ? numbers[i] : numbers[i] + 1;
        for (std::uint32_t left = numbers[i + 1] + 1; left > 0; --left, ++at) {
            if (at >= kCodePoints) {
                give_up("ranges beyond Unicode in " + path);
            }
            classes[at] |= bits;
        }
    }
    if (numbers.size() < 2 || numbers.size() % 2 != 0) {
        give_up("ranges in an unknown form in " + path);
    }
}

std::vector<CharClass> read_classes(const std::string& package) {
    struct Property {
        const char* name;
        CharClass bits;
    };
    constexpr std::array<Property, 8> kProperties{{
        {"General_Category/Uppercase_Letter", kUpper},
        {"General_Category/Titlecase_Letter", kUpper},
        {"General_Category/Lowercase_Letter", kLower},
        {"General_Category/Modifier_Letter", kUncased},
        {"General_Category/Other_Letter", kUncased},
        {"General_Category/Mark", kMark},
        {"General_Category/Number", kNumber},
        {"Binary_Property/White_Space", kSpace},
    }};
    std::vector<CharClass> classes(kCodePoints);
    for (const auto& [name, bits] : kProperties) {
        mark(classes, package + "/" + name + "/ranges.mjs", bits);
    }
    classes['\r'] |= kNewline;
    classes['\n'] |= kNewline;
    return classes;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        give_up("usage: make_char_classes PACKAGE OUTPUT");
    }
    const auto classes = read_classes(argv[1]);
    std::map<std::vector<CharClass>, std::size_t> numbers;
    std::vector<CharClass> blocks;
    std::ofstream out{argv[2]};
    out << "// Made by make_char_classes.\nconst std::uint8_t kKindOfBlock[] = {";
    for (std::uint32_t at = 0; at < kCodePoints; at += kCharBlock) {
        const std::vector<CharClass> block(classes.begin() + at, classes.begin() + at + kCharBlock);
        const auto [number, is_new] = numbers.try_emplace(block, numbers.size());
        if (is_new) {
            blocks.insert(blocks.end(), block.begin(), block.end());
        }
        out << number->second << ",";
    }
    if (numbers.size() > 256) {
        give_up("more than 256 different blocks of characters");
    }
    out << "};\nconst CharClass kBlockKinds[] = {";
    for (const auto bits : blocks) {
        out << int{bits} << ",";
    }
    out << "};\n";
    return out.flush() ? 0 : 1;
}
