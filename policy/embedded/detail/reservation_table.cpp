#include "policy/embedded/detail/reservation_table.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace pulse::policy::detail {
namespace {

constexpr std::size_t kPlacesMin = 16;    // there is a table a shard: together they stay in a cache
constexpr std::size_t kShrinkBelow = 16;  // one place in so many is used

}  // namespace

std::size_t hash_of(const Uuid& id) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes.data(), sizeof high);
    std::memcpy(&low, id.bytes.data() + sizeof high, sizeof low);
    // Multiply and fold: the high bits of the product depend on all bits of the id.
    std::uint64_t mixed = (low ^ (high * 0x9e3779b97f4a7c15U)) * 0xd6e8feb86659fd93U;
    mixed ^= mixed >> 32U;
    return mixed;
}

std::size_t ReservationTable::home(const Uuid& id) const {
    return hash_of(id) & (places_.size() - 1);
}

std::size_t ReservationTable::next(std::size_t place) const {
    return (place + 1) & (places_.size() - 1);
}

std::size_t ReservationTable::find(const Uuid& id) const {
    std::size_t place = home(id);
    while (places_[place].scopes != 0 && places_[place].id != id) {
        place = next(place);
    }
    return place;
}

bool ReservationTable::insert(Reservation&& reservation) {
    if (2 * (size_ + 1) > places_.size()) {
        rebuild(places_.empty() ? kPlacesMin : 2 * places_.size());
    }
    Reservation& place = places_[find(reservation.id)];
    if (place.scopes != 0) {
        return false;
    }
    place = std::move(reservation);
    ++size_;
    return true;
}

std::optional<ReservationTable::Reservation> ReservationTable::take(const Uuid& id) {
    if (size_ == 0) {
        return std::nullopt;
    }
    const std::size_t place = find(id);
    if (places_[place].scopes == 0) {
        return std::nullopt;
    }
    std::optional<Reservation> taken{std::move(places_[place])};
    close_gap(place);
    --size_;
    if (places_.size() > kPlacesMin && size_ * kShrinkBelow < places_.size()) {
        rebuild(places_.size() / 4 < kPlacesMin ? kPlacesMin : places_.size() / 4);
    }
    return taken;
}

/// Moves back what lies behind the gap and could not be reached across it.
void ReservationTable::close_gap(std::size_t gap) {
    for (std::size_t place = next(gap); places_[place].scopes != 0; place = next(place)) {
        const std::size_t mask = places_.size() - 1;
        const std::size_t from_home = (place - home(places_[place].id)) & mask;
        const std::size_t from_gap = (place - gap) & mask;
        if (from_home >= from_gap) {
            places_[gap] = std::move(places_[place]);
            gap = place;
        }
    }
    places_[gap] = {};
}

void ReservationTable::rebuild(std::size_t places) {
    std::vector<Reservation> old = std::exchange(places_, std::vector<Reservation>(places));
    for (Reservation& reservation : old) {
        if (reservation.scopes != 0) {
            places_[find(reservation.id)] = std::move(reservation);
        }
    }
}

}  // namespace pulse::policy::detail
