#pragma once

namespace pulse::detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

/// A programmer error in code that guards money or memory: active in every build, ends the process.
#define PULSE_ASSERT(condition)         \
    ((condition) ? static_cast<void>(0) \
                 : ::pulse::detail::assertion_failed(#condition, __FILE__, __LINE__))

/// Names the mutex that guards a member. Checked in the clang build, nothing under g++.
#if defined(__clang__)
#define PULSE_GUARDED_BY(mutex) __attribute__((guarded_by(mutex)))
#else
#define PULSE_GUARDED_BY(mutex)
#endif
