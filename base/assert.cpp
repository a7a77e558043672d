#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace pulse::detail {

void assertion_failed(const char* condition, const char* file, int line) {
    // Plain stdio: the log may be what is broken.
    std::fprintf(stderr, "pulse: assertion failed: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace pulse::detail
