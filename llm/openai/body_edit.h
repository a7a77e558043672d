#pragma once

#include "base/request_facts.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace pulse::llm {

/// A request body as it leaves: the caller's bytes with a few ranges replaced. `parts` are views
/// into the caller's body and into `inserted`, in order; at most seven. Value that must not move
/// once the parts were taken.
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
    friend void edit_body(std::string_view, const RequestFacts&, std::string_view, bool, EditedBody&);
    void add(std::string_view part);
    std::array<std::string_view, 7> parts_{};
    std::size_t count_ = 0;
    std::size_t size_ = 0;
    std::string inserted_model_;
};

/// Makes the body name `model` (an empty one leaves it as it is; a body that names none gets it) and, with
/// `ask_for_usage`, makes `stream_options.include_usage` true whatever form it had (absent, null, {}, false, other keys
/// beside it). All other bytes pass as they came. Of any dialect whose model stands at the top.
void edit_body(
    std::string_view body,
    const RequestFacts& facts,
    std::string_view model,
    bool ask_for_usage,
    EditedBody& out);

}  // namespace pulse::llm
