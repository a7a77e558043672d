#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <utility>

namespace pulse::storage {

inline constexpr std::string_view kConflictParam = "conflict";

/// A change that does not fit to what is stored, however well it is written. An invalid_request
/// that is_conflict() tells from the others.
[[nodiscard]] inline Error conflict(std::string detail) {
    return Error{Errc::invalid_request, std::move(detail)}.with_param(std::string{kConflictParam});
}

[[nodiscard]] inline bool is_conflict(const Error& error) {
    return error.code() == Errc::invalid_request && error.param() == kConflictParam;
}

/// The version that a change is based on is not the row's any more.
[[nodiscard]] inline Error changed_meanwhile(std::string_view what) {
    return conflict(
        std::string{what} + " was changed meanwhile: read it again and repeat the change");
}

}  // namespace pulse::storage
