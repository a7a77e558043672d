#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::storage {

/// The claim of the one gateway that counts limits on a database in its own memory: a lock of a
/// PostgreSQL session, or a locked file beside a SQLite database. It goes with the process, however
/// that dies, and with the session. Blocking; one thread at a time, but for give_up().
class SoleGateway {
public:
    enum class Standing : std::uint8_t {
        held,
        taken,       ///< by another gateway, see holder()
        unknowable,  ///< behind a pooler, which hands sessions on
    };

    SoleGateway() = default;
    SoleGateway(const SoleGateway&) = delete;
    SoleGateway& operator=(const SoleGateway&) = delete;
    virtual ~SoleGateway() = default;

    /// Makes the claim, or looks whether it still stands, and makes it again where its session was
    /// lost. Errors: storage_unavailable: the server does not answer, and nothing is known.
    [[nodiscard]] virtual Result<Standing> hold() = 0;
    /// Who holds it, for people; where it is taken.
    [[nodiscard]] virtual const std::string& holder() const = 0;
    /// hold() waits for the server no longer: for the end of a process. Thread-safe.
    virtual void give_up() = 0;
};

/// For a database as in open_database(), whose schema is there. Errors: configuration;
/// storage_unavailable where a file cannot be made.
[[nodiscard]] Result<std::unique_ptr<SoleGateway>> open_sole_gateway(std::string_view url);

}  // namespace pulse::storage
