#pragma once

#include "base/uuid.h"
#include "policy/limits/key_counters.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace pulse::policy::detail {

struct Account;

/// Open reservations by request id: one flat block of memory, a probe of neighbouring places, no
/// allocation per request. It shrinks again when few are left. Value; not thread-safe.
class ReservationTable {
public:
    struct Reservation {
        Uuid id;
        Account* account = nullptr;  ///< whose counters; null marks a free place
        Hold hold;
    };

    /// False, and nothing changed, when the id is there already. The reservation has an account.
    [[nodiscard]] bool insert(const Reservation& reservation);
    /// Takes it out; none when the id is not there.
    [[nodiscard]] std::optional<Reservation> take(const Uuid& id);
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    [[nodiscard]] std::size_t home(const Uuid& id) const;
    [[nodiscard]] std::size_t next(std::size_t place) const;
    /// The id's place, or the free one where it would go.
    [[nodiscard]] std::size_t find(const Uuid& id) const;
    void close_gap(std::size_t gap);
    void rebuild(std::size_t places);

    std::vector<Reservation> places_;  ///< a power of two, at most half of it used
    std::size_t size_ = 0;
};

/// Mixes all of an id: the time in it and the random part.
[[nodiscard]] std::size_t hash_of(const Uuid& id);

}  // namespace pulse::policy::detail
