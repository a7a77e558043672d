#pragma once

#include "console/access/role.h"

#include <cstdint>
#include <string>
#include <vector>

namespace pulse::console {

/// How somebody showed who they are.
enum class Proof : std::uint8_t { none, session, login_token, personal_token };

/// Who asks, and as what: computed once per request. Value.
struct Access {
    Proof proof = Proof::none;
    std::string org;
    std::string user;
    std::string email;
    std::string name;
    Role role = Role::user;          ///< no more than a token's own, where it has one
    std::vector<std::string> teams;  ///< that a manager sees
    std::string proof_id;            ///< of the session (its hash) or the token

    [[nodiscard]] bool is_known() const { return proof != Proof::none; }
};

}  // namespace pulse::console
