#include "storage/spool/open_admissions.h"

#include <cstring>

namespace pulse::storage {

std::size_t OpenAdmissions::Hash::operator()(const Uuid& id) const {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes.data() + id.bytes.size() - sizeof value, sizeof value);
    return value;
}

void OpenAdmissions::open(const Uuid& id, Place place) {
    const auto [at, is_new] = places_.try_emplace(id, place);
    if (!is_new) {
        --at->second.segment->open_admissions;
        at->second = place;
    }
    ++place.segment->open_admissions;
    size_.store(places_.size(), std::memory_order_relaxed);
}

void OpenAdmissions::close(const Uuid& id) {
    const auto found = places_.find(id);
    if (found == places_.end()) {
        return;
    }
    --found->second.segment->open_admissions;
    places_.erase(found);
    size_.store(places_.size(), std::memory_order_relaxed);
}

void OpenAdmissions::each(
    const std::function<void(const Uuid& id, const Place& place)>& visit) const {
    for (const auto& [id, place] : places_) {
        visit(id, place);
    }
}

}  // namespace pulse::storage
