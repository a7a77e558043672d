#include "pricing/catalog/detail/name_table.h"

#include "base/assert.h"
#include "pricing/catalog/detail/folded_text.h"

#include <utility>

namespace pulse::pricing::detail {
namespace {

constexpr std::size_t kSlotsMin = 16;

}  // namespace

std::size_t NameTable::locate(
    std::uint32_t space, std::string_view name, std::uint64_t hash) const {
    const auto mask = slots_.size() - 1;
    auto at = hash & mask;
    while (slots_[at].used) {
        const auto& slot = slots_[at];
        if (slot.hash == hash && slot.space == space && slot.size == name.size() &&
            folds_to(name, names_.data() + slot.offset)) {
            break;
        }
        at = (at + 1) & mask;
    }
    return at;
}

void NameTable::grow() {
    auto old =
        std::exchange(slots_, std::vector<Slot>(slots_.empty() ? kSlotsMin : slots_.size() * 2));
    const auto mask = slots_.size() - 1;
    for (const auto& slot : old) {
        if (slot.used) {
            auto at = slot.hash & mask;
            while (slots_[at].used) {
                at = (at + 1) & mask;
            }
            slots_[at] = slot;
        }
    }
}

bool NameTable::insert(std::uint32_t space, std::string_view name, std::uint32_t value) {
    if (count_ * 2 >= slots_.size()) {
        grow();
    }
    const auto hash = hash_folded(space, name);
    auto& slot = slots_[locate(space, name, hash)];
    if (slot.used) {
        return false;
    }
    PULSE_ASSERT(names_.size() + name.size() <= UINT32_MAX);
    slot = {
        .hash = hash,
        .offset = static_cast<std::uint32_t>(names_.size()),
        .size = static_cast<std::uint32_t>(name.size()),
        .space = space,
        .value = value,
        .used = true,
    };
    names_ += folded(name);
    ++count_;
    return true;
}

void NameTable::replace(std::uint32_t space, std::string_view name, std::uint32_t value) {
    PULSE_ASSERT(!slots_.empty());
    auto& slot = slots_[locate(space, name, hash_folded(space, name))];
    PULSE_ASSERT(slot.used);
    slot.value = value;
}

std::optional<std::uint32_t> NameTable::find(std::uint32_t space, std::string_view name) const {
    if (slots_.empty()) {
        return std::nullopt;
    }
    const auto& slot = slots_[locate(space, name, hash_folded(space, name))];
    return slot.used ? std::optional{slot.value} : std::nullopt;
}

}  // namespace pulse::pricing::detail
