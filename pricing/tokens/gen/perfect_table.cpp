#include "pricing/tokens/gen/perfect_table.h"

#include <limits>

namespace pulse::pricing::gen {
namespace {

using Hashes = std::vector<std::uint64_t>;

/// The slots of `bucket` under `number`; empty when one is taken or two are the same.
std::vector<std::uint32_t> free_slots(
    const Hashes& bucket,
    std::uint16_t number,
    detail::TableSize size,
    const std::vector<bool>& is_taken) {
    std::vector<std::uint32_t> slots;
    for (const auto hash : bucket) {
        const auto slot = detail::slot_of(hash, number, size);
        if (is_taken[slot] || std::find(slots.begin(), slots.end(), slot) != slots.end()) {
            return {};
        }
        slots.push_back(slot);
    }
    return slots;
}

}  // namespace

std::vector<std::uint16_t> bucket_numbers(const Hashes& hashes, detail::TableSize size) {
    std::vector<Hashes> buckets(size.buckets);
    for (const auto hash : hashes) {
        buckets[detail::bucket_of(hash, size)].push_back(hash);
    }
    // The fullest first, while most slots are free.
    std::vector<std::uint32_t> order(size.buckets);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return buckets[a].size() > buckets[b].size();
    });
    std::vector<std::uint16_t> numbers(size.buckets);
    std::vector<bool> is_taken(size.slots);
    for (const auto bucket : order) {
        std::vector<std::uint32_t> slots;
        for (std::uint32_t number = 0; slots.size() < buckets[bucket].size(); ++number) {
            if (number > std::numeric_limits<std::uint16_t>::max()) {
                give_up("no hash table without collisions was found");
            }
            numbers[bucket] = static_cast<std::uint16_t>(number);
            slots = free_slots(buckets[bucket], numbers[bucket], size, is_taken);
        }
        for (const auto slot : slots) {
            is_taken[slot] = true;
        }
    }
    return numbers;
}

}  // namespace pulse::pricing::gen
