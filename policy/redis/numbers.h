#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "policy/limits/scope_limits.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How numbers travel to a script and back: little-endian doubles, which is what Lua computes in.
/// They are exact to 2^53, so that money is two of them: whole micro-units and the rest in 10^-12.
namespace pulse::policy::redis {

/// The numbers of one argument.
class NumberText {
public:
    void clear() { text_.clear(); }
    void add(double number);
    void add(std::int64_t number) { add(static_cast<double>(number)); }
    /// Two numbers. What is above 9 * 10^9 USD is taken as that, for it is no limit any more.
    void add(Money amount);
    /// Microseconds since the epoch; the ends of time as +-9 * 10^15.
    void add(TimePoint at);
    /// A scope's limits, as scripts/scopes.lua has them.
    void add_limits(const ScopeLimits& limits);
    [[nodiscard]] std::string_view text() const { return text_; }

private:
    std::string text_;
};

/// The numbers of an answer, read from its front. What is missing reads as -1.
class NumberReader {
public:
    explicit NumberReader(std::string_view text) : text_(text) {}
    [[nodiscard]] std::int64_t whole();
    [[nodiscard]] Money money();
    [[nodiscard]] TimePoint time();
    void skip(int numbers);
    [[nodiscard]] bool is_at_end() const { return text_.empty(); }

private:
    std::string_view text_;
};

/// A scope's field in its organisation's hash: "t:search".
void write_field(std::string& out, const ScopeLimits& limits);

}  // namespace pulse::policy::redis
