#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/uuid.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pulse::storage::sql {

/// What a statement's parameter holds. Times are bound as the engine keeps them (`timestamptz`,
/// INTEGER microseconds), money and ids as text. Owns its text. Value; not thread-safe.
class Value {
public:
    using Held = std::variant<std::monostate, std::int64_t, bool, std::string, TimePoint>;

    Value() = default;  ///< NULL
    // Implicit: a parameter list reads like the row it makes.
    template <std::integral Integer>
    Value(Integer value) {
        if constexpr (std::same_as<Integer, bool>) {
            held_ = value;
        } else {
            held_ = static_cast<std::int64_t>(value);
        }
    }
    Value(std::string text) : held_(std::move(text)) {}
    Value(std::string_view text) : held_(std::string{text}) {}
    Value(const char* text) : held_(std::string{text}) {}
    Value(TimePoint time) : held_(time) {}
    Value(Money money) : held_(money.to_string()) {}
    Value(const Uuid& id) : held_(id.to_string()) {}
    template <class T>
    Value(const std::optional<T>& value) {
        if (value) {
            held_ = Value{*value}.held_;
        }
    }

    [[nodiscard]] const Held& held() const { return held_; }

private:
    Held held_;
};

/// Empty text is "not said": NULL.
[[nodiscard]] inline Value or_null(std::string_view text) {
    return text.empty() ? Value{} : Value{text};
}

}  // namespace pulse::storage::sql
