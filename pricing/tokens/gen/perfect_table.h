#pragma once

#include "pricing/tokens/detail/vocabulary_format.h"
#include "pricing/tokens/gen/rank_file.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace pulse::pricing::gen {

/// A hash table without collisions (detail::TableSize says how).
template <class Slot>
struct PerfectTable {
    detail::TableSize size;
    std::vector<std::uint16_t> buckets;
    std::vector<Slot> slots;
};

/// The number for each bucket under which no two of `hashes` have the same slot. Ends the process
/// when there is none.
[[nodiscard]] std::vector<std::uint16_t> bucket_numbers(
    const std::vector<std::uint64_t>& hashes, detail::TableSize size);

/// `hash_of(entry)` is of the entry's key alone.
template <class Slot, class HashOf>
[[nodiscard]] PerfectTable<Slot> make_table(const std::vector<Slot>& entries, HashOf hash_of) {
    constexpr std::size_t kEntriesPerBucket = 4;
    constexpr std::size_t kFreeOneIn = 20;
    PerfectTable<Slot> table;
    table.size = {
        static_cast<std::uint32_t>(entries.size() / kEntriesPerBucket + 1),
        static_cast<std::uint32_t>(entries.size() + entries.size() / kFreeOneIn + 1)};
    std::vector<std::uint64_t> hashes(entries.size());
    std::transform(entries.begin(), entries.end(), hashes.begin(), hash_of);
    table.buckets = bucket_numbers(hashes, table.size);
    table.slots.resize(table.size.slots);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto number = table.buckets[detail::bucket_of(hashes[i], table.size)];
        table.slots[detail::slot_of(hashes[i], number, table.size)] = entries[i];
    }
    return table;
}

}  // namespace pulse::pricing::gen
