#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// A map from names, compared without regard to case, to numbers; a space separates the names of
/// one provider from the next's. Open addressing at half load, one allocation for all names: a
/// look-up reads two cache lines and allocates nothing. Built once, then immutable.
class NameTable {
public:
    /// False, and nothing changed, when the name is there.
    bool insert(std::uint32_t space, std::string_view name, std::uint32_t value);
    /// Puts `value` in place of what the name had; the name must be there.
    void replace(std::uint32_t space, std::string_view name, std::uint32_t value);

    [[nodiscard]] std::optional<std::uint32_t> find(
        std::uint32_t space, std::string_view name) const;

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
        std::uint32_t space = 0;
        std::uint32_t value = 0;
        bool used = false;
    };
    /// The slot of the name, or the free one where it belongs. There is always a free one.
    [[nodiscard]] std::size_t locate(
        std::uint32_t space, std::string_view name, std::uint64_t hash) const;
    void grow();

    std::vector<Slot> slots_;
    std::string names_;  ///< folded, one behind the other
    std::size_t count_ = 0;
};

}  // namespace pulse::pricing::detail
