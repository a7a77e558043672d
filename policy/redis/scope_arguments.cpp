#include "policy/redis/scope_arguments.h"

#include <algorithm>
#include <cstddef>

namespace pulse::policy::redis {
namespace {

/// With its length in front, four bytes, as struct.unpack('<I4c0') reads it.
void add_with_length(std::string& out, std::string_view text) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out += static_cast<char>((text.size() >> shift) & 0xFFU);
    }
    out += text;
}

}  // namespace

std::span<const std::string_view> ScopeArguments::write(
    std::string_view epoch, const OpenWindows& windows, const ScopesAsk& ask) {
    const std::size_t count = ask.scopes.size();
    numbers_.clear();
    numbers_.add(ask.now);
    numbers_.add(windows.from);
    numbers_.add(windows.to);
    numbers_.add(ask.amount);
    numbers_.add(ask.tokens);
    numbers_.add(static_cast<std::int64_t>(count));
    names_.clear();
    fields_.resize(std::max(fields_.size(), count));
    all_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        numbers_.add_limits(*ask.scopes[i]);
        write_field(fields_[i], *ask.scopes[i]);
        add_with_length(names_, fields_[i]);
    }
    all_.assign({epoch, numbers_.text(), windows.text.text(), ask.word, names_});
    for (std::size_t i = 0; i < count; ++i) {
        all_.emplace_back(fields_[i]);
    }
    return all_;
}

std::string ScopeArguments::posted() const {
    std::string text;
    add_with_length(text, numbers_.text());
    text += names_;
    return text;
}

}  // namespace pulse::policy::redis
