#include "pricing/tokens/encoding.h"

#include <array>

// The tables between the program's other constants, so that nothing is read or built at the start.
// PULSE_TOKEN_TABLES is set by CMake, which also names the files as dependencies of this one.
#define PULSE_EMBED_TABLES(name)                              \
    __asm__(                                                  \
        ".pushsection .rodata\n"                              \
        ".balign 64\n"                                        \
        ".global pulse_tokens_" name                          \
        "\n"                                                  \
        ".type pulse_tokens_" name                            \
        ", @object\n"                                         \
        "pulse_tokens_" name                                  \
        ":\n"                                                 \
        ".incbin \"" PULSE_TOKEN_TABLES "/" name              \
        ".tables\"\n"                                         \
        ".size pulse_tokens_" name ", . - pulse_tokens_" name \
        "\n"                                                  \
        ".popsection\n")
PULSE_EMBED_TABLES("o200k_base");
PULSE_EMBED_TABLES("cl100k_base");
PULSE_EMBED_TABLES("p50k_base");

extern "C" const char pulse_tokens_o200k_base[];
extern "C" const char pulse_tokens_cl100k_base[];
extern "C" const char pulse_tokens_p50k_base[];

namespace pulse::pricing {

const Encoding& encoding(EncodingName name) {
    using detail::PieceRule;
    static const Encoding o200k{pulse_tokens_o200k_base, PieceRule::o200k};
    static const Encoding cl100k{pulse_tokens_cl100k_base, PieceRule::cl100k};
    static const Encoding p50k{pulse_tokens_p50k_base, PieceRule::p50k};
    switch (name) {
        case EncodingName::o200k_base:
        case EncodingName::o200k_harmony:
            return o200k;
        case EncodingName::cl100k_base:
            return cl100k;
        case EncodingName::p50k_base:
            break;
    }
    return p50k;
}

}  // namespace pulse::pricing
