#include "policy/access/key_directory.h"

#include "base/assert.h"
#include "base/digest.h"
#include "policy/access/detail/policy_book.h"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace pulse::policy {
namespace {

/// Stands in for the record that is not there, so that a miss costs what a hit costs.
const KeyRecord nobody{};

/// SHA-256 is uniform: any of its words is a hash.
[[nodiscard]] std::size_t slot_of(const KeyHash& hash, std::size_t slots) {
    std::uint64_t word = 0;
    std::memcpy(&word, hash.data(), sizeof word);
    return word & (slots - 1);
}

}  // namespace

KeyDirectory::KeyDirectory(
    std::vector<KeyRecord> keys,
    std::int64_t version,
    std::vector<ScopedPolicy> policies,
    const std::vector<ScopedBudget>& budgets,
    const std::vector<OrgCalendar>& calendars)
    : keys_(std::move(keys)),
      slots_(std::bit_ceil(2 * keys_.size() + 1), std::uint32_t{0}),
      version_(version),
      book_(std::make_unique<const detail::PolicyBook>(
          keys_, std::move(policies), budgets, calendars)) {
    PULSE_ASSERT(keys_.size() < std::numeric_limits<std::uint32_t>::max());
    for (std::size_t index = 0; index < keys_.size(); ++index) {
        std::size_t slot = slot_of(keys_[index].hash, slots_.size());
        while (slots_[slot] != 0) {
            slot = (slot + 1) & (slots_.size() - 1);
        }
        slots_[slot] = static_cast<std::uint32_t>(index + 1);
    }
}

KeyDirectory::~KeyDirectory() = default;

const KeyRecord* KeyDirectory::find_usable(const KeyHash& hash, TimePoint now) const {
    const KeyRecord* record = &nobody;
    bool found = false;
    for (std::size_t slot = slot_of(hash, slots_.size()); slots_[slot] != 0 && !found;
         slot = (slot + 1) & (slots_.size() - 1)) {
        record = &keys_[slots_[slot] - 1];
        found = constant_time_equal(record->hash, hash);
    }
    const bool expired = record->expires_at && *record->expires_at <= now;
    // No short cut: why a key is refused must not show in the time.
    const unsigned refused = unsigned{!found} | unsigned{record->revoked} | unsigned{expired};
    return refused == 0 ? record : nullptr;
}

void KeyDirectory::policies_on(
    const KeyRecord& key, const Attribution& attribution, std::vector<AppliedPolicy>& out) const {
    out.clear();
    out.push_back({Scope::key, key.id.value(), &key.policy});
    book_->append_policies(attribution, out);
}

void KeyDirectory::limits_on(
    const KeyRecord& key,
    const Attribution& attribution,
    std::string_view provider,
    std::string_view model,
    std::vector<const ScopeLimits*>& out) const {
    out.clear();
    const auto index = static_cast<std::size_t>(&key - keys_.data());
    PULSE_ASSERT(index < keys_.size());
    const ScopeLimits& own = book_->key_limits(index);
    if (!own.is_empty()) {
        out.push_back(&own);
    }
    book_->append_limits(attribution, provider, model, out);
}

std::vector<const ScopeLimits*> KeyDirectory::limits() const {
    return book_->all_limits();
}

}  // namespace pulse::policy
