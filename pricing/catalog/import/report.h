#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pulse::pricing {

/// One price, or one thing about names, that a catalogue of ours does not hold as upstream says it.
struct LeftOut {
    std::string where;  ///< "openai/gpt-4o"
    std::string what;   ///< upstream's key
    std::string why;
    bool is_wrong = false;  ///< no price can be that: negative, beyond all bounds, no number
};

/// What became of an upstream file.
struct ImportReport {
    std::size_t models = 0;
    std::size_t prices = 0;          ///< that upstream states, each step of a size tier one
    std::size_t agreed = 0;          ///< overrides, of a catalogue in our own form
    std::size_t exact = 0;           ///< of them held exactly (to 12 significant digits)
    std::size_t denoised = 0;        ///< of those, with more digits than 12 in upstream's text
    std::vector<LeftOut> left_out;   ///< the rest
    std::vector<std::string> notes;  ///< read in a way that is worth knowing
};

}  // namespace pulse::pricing
