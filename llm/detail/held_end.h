#pragma once

#include "base/money.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm::detail {

/// The end of a stream that waits until its row is safe: what is held, what goes, and in which
/// order. Events that arrived within one call are views until keep() copies them. Lives on one
/// worker.
class HeldEnd {
public:
    /// Where `cost` can be written: the closing brace of a usage object.
    struct CostPlace {
        std::size_t offset = 0;
        bool is_first_field = false;
    };

    void reset();

    /// A call begins, whose parts are appended to `out`: what left with the call before is gone.
    void begin(const std::vector<std::string_view>& out);
    /// The call ends: what is held no longer points into its bytes.
    void keep();

    void pass(std::string_view raw, std::vector<std::string_view>& out) const;
    void hold(std::string_view raw);
    /// The same; a success ends with it, which a broken stream must not show.
    void hold_terminator(std::string_view raw);
    /// Lets what is held go in front of content that came behind it.
    void pass_held(std::vector<std::string_view>& out);

    /// Of the usage object in the event that is held next, `offset` from the event's begin. Nothing
    /// forgets the place.
    void set_cost_place(std::optional<CostPlace> place);

    [[nodiscard]] bool is_holding() const { return size_ > 0; }
    [[nodiscard]] std::size_t size() const { return size_; }

    void take(const Money* cost, std::string& out);
    void take_broken(std::string& out);

private:
    void forget();

    std::string held_;                        ///< of earlier calls
    std::vector<std::string_view> held_now_;  ///< since this call began, behind held_
    std::size_t size_ = 0;                    ///< of held_ and held_now_
    std::string passed_;                      ///< what was held and goes out with this call
    std::size_t first_part_ = 0;              ///< of `out`, that this call appended
    std::size_t terminator_size_ = 0;         ///< of the last thing held, if it is the terminator
    std::optional<CostPlace> cost_place_;     ///< in held_
};

}  // namespace pulse::llm::detail
