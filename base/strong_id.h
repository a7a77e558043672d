#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace pulse {

/// A text id that cannot be taken for another kind of id. Value; not thread-safe.
template <class Tag>
class StrongId {
public:
    StrongId() = default;
    explicit StrongId(std::string value) : value_(std::move(value)) {}
    [[nodiscard]] const std::string& value() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }
    friend auto operator<=>(const StrongId&, const StrongId&) = default;
    friend bool operator==(const StrongId&, const StrongId&) = default;

private:
    std::string value_;
};

using KeyId = StrongId<struct KeyIdTag>;
using OrgId = StrongId<struct OrgIdTag>;

}  // namespace pulse

template <class Tag>
struct std::hash<pulse::StrongId<Tag>> {
    std::size_t operator()(const pulse::StrongId<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.value());
    }
};
