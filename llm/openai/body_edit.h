#pragma once

#include "base/request_facts.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pulse::llm {

/// One replacement in a request's body; a range of size 0 inserts.
struct BodyChange {
    ByteRange range;
    std::string text;
};
inline constexpr std::size_t kBodyChangesMax = 4;

/// A request body as it leaves: the caller's bytes with a few ranges replaced. Its parts are views
/// into the caller's body, into texts of its own and into those of the changes it was made with, in
/// order. Value that must not move once the parts were taken.
class EditedBody {
public:
    EditedBody() = default;
    EditedBody(const EditedBody&) = delete;
    EditedBody& operator=(const EditedBody&) = delete;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const std::string_view* begin() const { return parts_.data(); }
    [[nodiscard]] const std::string_view* end() const { return parts_.data() + count_; }

    void clear();

private:
    friend void edit_body(
        std::string_view,
        const RequestFacts&,
        std::string_view,
        bool,
        EditedBody&,
        std::span<const BodyChange>);
    void add(std::string_view part);
    // Two changes of its own; a part before each, a part behind the last.
    std::array<std::string_view, 2 * (2 + kBodyChangesMax) + 1> parts_{};
    std::size_t count_ = 0;
    std::size_t size_ = 0;
    std::string inserted_model_;
};

/// Makes the body name `model` (an empty one leaves it as it is; a body that names none gets it)
/// and, with `ask_for_usage`, makes `stream_options.include_usage` true whatever form it had
/// (absent, null, {}, false, other keys beside it). `more` are further changes, at most
/// kBodyChangesMax, that overlap neither these nor each other; they live as long as `out`. All
/// other bytes pass as they came. Of any dialect whose model stands at the top.
void edit_body(
    std::string_view body,
    const RequestFacts& facts,
    std::string_view model,
    bool ask_for_usage,
    EditedBody& out,
    std::span<const BodyChange> more = {});

}  // namespace pulse::llm
