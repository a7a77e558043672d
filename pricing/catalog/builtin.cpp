#include "base/assert.h"
#include "pricing/catalog/catalog.h"

// The file's bytes between two symbols, so that nothing is generated, compiled or copied.
// PULSE_BUILTIN_CATALOGUE is set by CMake, which also names the file as a dependency of this one.
__asm__(
    ".pushsection .rodata\n"
    ".global pulse_builtin_catalogue\n"
    ".global pulse_builtin_catalogue_end\n"
    ".type pulse_builtin_catalogue, @object\n"
    ".type pulse_builtin_catalogue_end, @object\n"
    "pulse_builtin_catalogue:\n"
    ".incbin \"" PULSE_BUILTIN_CATALOGUE
    "\"\n"
    "pulse_builtin_catalogue_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" const char pulse_builtin_catalogue[];
extern "C" const char pulse_builtin_catalogue_end[];

namespace pulse::pricing {

std::shared_ptr<const Catalog> Catalog::builtin() {
    static const auto catalog = [] {
        auto parsed = parse(
            {pulse_builtin_catalogue,
             static_cast<std::size_t>(pulse_builtin_catalogue_end - pulse_builtin_catalogue)});
        PULSE_ASSERT(parsed.has_value());
        return *parsed;
    }();
    return catalog;
}

}  // namespace pulse::pricing
