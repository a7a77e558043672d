#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::console {

/// What somebody may do, ascending: each role may do what those before it may.
enum class Role : std::uint8_t { user, manager, finance, admin };

inline constexpr std::array kRoles{Role::user, Role::manager, Role::finance, Role::admin};

[[nodiscard]] constexpr std::string_view to_string(Role role) {
    switch (role) {
        case Role::user:
            return "user";
        case Role::manager:
            return "manager";
        case Role::finance:
            return "finance";
        case Role::admin:
            return "admin";
    }
    return "user";
}

[[nodiscard]] constexpr std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : kRoles) {
        if (text == to_string(role)) {
            return role;
        }
    }
    return std::nullopt;
}

[[nodiscard]] constexpr bool includes(Role held, Role needed) {
    return held >= needed;
}

}  // namespace pulse::console
