#pragma once

#include "base/uuid.h"
#include "policy/limits/scope_counters.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace pulse::policy::detail {

struct Account;

/// Where a request is counted.
struct AccountHold {
    Account* account = nullptr;
    ScopeHold hold;
};

/// Open reservations by request id: one flat block of memory, a probe of neighbouring places, no
/// allocation for a request of few scopes. It shrinks again when few are left. Value; not
/// thread-safe.
class ReservationTable {
public:
    /// What a request holds of its scopes. One without a scope marks a free place.
    struct Reservation {
        static constexpr std::size_t kFirst = 3;

        Uuid id;
        Money ceiling;
        std::int64_t tokens = 0;
        std::size_t scopes = 0;
        std::array<AccountHold, kFirst> first;
        std::vector<AccountHold> more;  ///< all of them, where they are more than `first` takes

        [[nodiscard]] std::span<AccountHold> holds() {
            return {more.empty() ? first.data() : more.data(), scopes};
        }
    };

    /// False, and nothing changed, when the id is there already. The reservation has a scope.
    [[nodiscard]] bool insert(Reservation&& reservation);
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
